use std::{collections::BTreeMap, sync::Arc};

use change::{Depth, Kind};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::{Condition, Documents, StateError, Written};

const FOLDER: &str = "runs";

/// How often a document is written anew when somebody else was first. Then its figures are left to be behind.
const TRIES: usize = 8;

/// The most names that a run keeps of those that it would delete.
pub const MAX_CANDIDATES: usize = 100;

/// Whether a run goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// It goes on.
    #[default]
    Running,
    /// Its messages wait in their queues until it is resumed.
    Paused,
    /// Its messages are dropped as they come.
    Cancelled,
}

impl RunState {
    /// The word in documents and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How far a run is with one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Progress {
    /// Whether the walk went through the whole kind.
    pub walked: bool,
    /// The reason for which it could not, as a code of the closed set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// Pages read of both lists.
    pub pages: u64,
    /// Resources in the primary's list.
    pub primary: u64,
    /// Resources in the secondary's list.
    pub secondary: u64,
    /// Resources that the secondary does not have.
    pub missing: u64,
    /// Resources in which the lists differ.
    pub different: u64,
    /// Resources that only the secondary has.
    pub extra: u64,
    /// Names put into the queue.
    pub enqueued: u64,
    /// Names of them that were in sync.
    pub in_sync: u64,
    /// Names of them for which something was written.
    pub applied: u64,
    /// Names of them that were left alone on purpose.
    pub skipped: u64,
    /// Names of them that failed for good.
    pub failed: u64,
    /// When its names were last worked on.
    #[serde(
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub worked: Option<OffsetDateTime>,
    /// Replicas without a source that the walk would delete, at most the cap and one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<String>,
    /// More about why it stopped, or why nothing is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Progress {
    /// Names that are settled, whatever became of them.
    #[must_use]
    pub const fn done(&self) -> u64 {
        self.in_sync + self.applied + self.skipped + self.failed
    }

    /// Whether the kind is through. A message that was handed out twice counts twice, so it can be a little early, and never late.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        (self.walked && self.done() >= self.enqueued) || self.stopped.is_some()
    }
}

/// One run: a backfill, or the latest sweep of a depth. It is for people: nothing depends on it but pausing and cancelling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Its ID.
    pub id: String,
    /// `sweep` or `backfill`.
    pub what: String,
    /// How closely it looks.
    pub depth: String,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    pub started: OffsetDateTime,
    /// When this was written.
    #[serde(with = "time::serde::rfc3339")]
    pub updated: OffsetDateTime,
    /// Whether it goes on.
    #[serde(default)]
    pub state: RunState,
    /// How far it is, by kind.
    #[serde(default)]
    pub kinds: BTreeMap<String, Progress>,
}

impl Run {
    /// A run that begins.
    #[must_use]
    pub fn new(id: &str, what: &str, depth: Depth, kinds: &[Kind], now: OffsetDateTime) -> Self {
        let mut run = Self {
            id: id.to_owned(),
            what: what.to_owned(),
            depth: depth.as_str().to_owned(),
            started: now,
            updated: now,
            state: RunState::Running,
            kinds: BTreeMap::new(),
        };
        for kind in kinds {
            run.progress(*kind);
        }
        run
    }

    /// How far it is with a kind.
    pub fn progress(&mut self, kind: Kind) -> &mut Progress {
        self.kinds.entry(kind.as_str().to_owned()).or_default()
    }

    /// Whether every kind is through.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.state == RunState::Cancelled || self.kinds.values().all(Progress::is_finished)
    }
}

/// The runs, one document each.
#[derive(Clone)]
pub struct Runs(Arc<dyn Documents>);

impl Runs {
    /// The runs among documents.
    #[must_use]
    pub fn new(documents: Arc<dyn Documents>) -> Self {
        Self(documents)
    }

    /// Begins a run in place of one with its ID.
    ///
    /// # Errors
    /// [`StateError`]; the run can go on without its document.
    pub async fn begin(&self, run: &Run) -> Result<(), StateError> {
        let path = path(&run.id)?;
        let value = serde_json::to_value(run).unwrap_or(Value::Null);
        self.0.write(&path, &value, &Condition::Always).await?;
        Ok(())
    }

    /// A run; `None` when there is no such, or its document was lost.
    ///
    /// # Errors
    /// [`StateError`] when it cannot be read.
    pub async fn get(&self, id: &str) -> Result<Option<Run>, StateError> {
        let document = self.0.read(&path(id)?).await?;
        Ok(document.and_then(|document| serde_json::from_value(document.value).ok()))
    }

    /// Changes a run's document; nothing where it was lost. `None` when there is none, or others were first every time.
    ///
    /// # Errors
    /// [`StateError`]; its figures are then behind.
    pub async fn update(
        &self,
        id: &str,
        now: OffsetDateTime,
        change: impl Fn(&mut Run) + Send + Sync,
    ) -> Result<Option<Run>, StateError> {
        let path = path(id)?;
        for _ in 0..TRIES {
            let Some(document) = self.0.read(&path).await? else {
                return Ok(None);
            };
            let Ok(mut run) = serde_json::from_value::<Run>(document.value) else {
                return Ok(None);
            };
            change(&mut run);
            run.updated = now;
            let value = serde_json::to_value(&run).unwrap_or(Value::Null);
            let condition = Condition::Version(document.version);
            if let Written::Done(_) = self.0.write(&path, &value, &condition).await? {
                return Ok(Some(run));
            }
        }
        Ok(None)
    }

    /// The IDs of at most so many runs.
    ///
    /// # Errors
    /// [`StateError`] when they cannot be listed.
    pub async fn ids(&self, at_most: usize) -> Result<Vec<String>, StateError> {
        let prefix = format!("{FOLDER}/run-");
        let paths = self.0.list(&prefix, at_most).await?;
        Ok(paths
            .iter()
            .filter_map(|path| path.strip_prefix(&prefix).map(ToOwned::to_owned))
            .collect())
    }
}

/// An ID is a word: it comes from the command line, and out of messages that anybody may have enqueued.
fn path(id: &str) -> Result<String, StateError> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if id.is_empty() || id.len() > 80 || !id.bytes().all(plain) {
        return Err(StateError {
            path: FOLDER.to_owned(),
            what: "a run's ID consists of at most 80 letters, digits and hyphens".to_owned(),
        });
    }
    Ok(format!("{FOLDER}/run-{id}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryDocuments;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

    #[tokio::test]
    async fn a_run_counts_what_many_do_at_once_and_its_loss_is_no_error() {
        let runs = Runs::new(Arc::new(MemoryDocuments::default()));
        let kinds = [Kind::Assets, Kind::StreamingLocators];
        let run = Run::new("backfill-1", "backfill", Depth::Keys, &kinds, NOW);
        runs.begin(&run).await.unwrap();
        assert_eq!(runs.get("backfill-1").await.unwrap(), Some(run));
        let count = |n: u64| {
            let runs = runs.clone();
            async move {
                runs.update("backfill-1", NOW, move |run| {
                    run.progress(Kind::Assets).applied += n;
                })
                .await
                .unwrap()
            }
        };
        let counted = tokio::join!(count(1), count(2), count(4));
        assert!(counted.0.is_some() && counted.1.is_some() && counted.2.is_some());
        let mut run = runs.get("backfill-1").await.unwrap().unwrap();
        assert_eq!(run.progress(Kind::Assets).done(), 7);
        assert_eq!(runs.ids(10).await.unwrap(), ["backfill-1"]);
        assert_eq!(runs.update("lost", NOW, |_| {}).await.unwrap(), None);
        assert!(runs.get("../exceptions").await.is_err());
    }

    #[test]
    fn a_run_is_finished_when_every_kind_is() {
        let kinds = [Kind::Assets, Kind::StreamingLocators];
        let mut run = Run::new("a", "backfill", Depth::List, &kinds, NOW);
        let through = Progress {
            walked: true,
            enqueued: 3,
            in_sync: 1,
            applied: 1,
            failed: 1,
            ..Progress::default()
        };
        *run.progress(Kind::Assets) = through;
        assert!(!run.is_finished());
        run.progress(Kind::StreamingLocators).stopped = Some("source-denied".to_owned());
        assert!(run.is_finished());
        run.progress(Kind::Assets).failed = 0;
        assert!(!run.is_finished());
        run.state = RunState::Cancelled;
        assert!(run.is_finished());
    }
}
