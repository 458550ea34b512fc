//! `deletions`: what waits to be deleted in the secondary, and the operator's word for more than the cap.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use state::{Deletions, Run, Runs, StateError, WaitingDeletion};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    arguments::Global,
    configuration::{Configured, configured},
    confirm::confirm,
    failure::{Failure, Verdict},
    output::{FAINT, NOTE, Output, columns, counted, plain},
};

/// The most deletions that are read.
const MOST: usize = 1_000;
/// The most runs that are looked through for what a walk would delete.
const RUNS: usize = 1_000;
/// Held deletions are looked at every ten minutes, so a shorter time may pass without one of them being done.
const SHORTEST: Duration = Duration::from_secs(15 * 60);
/// A confirmation is about what somebody has seen, not about what comes next week.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// What to do when the app's own storage cannot be used.
const NEXT: &str = "Check the app's own storage with `media-mirror config check`. Nothing is deleted while it is unknown what waits.";

/// Shows which replicas wait to be deleted, and confirms them where there are more than the cap.
///
/// A replica is deleted when its source is gone and the setting of its kind allows it. If more wait than MIRROR_DELETE_CAP, none is deleted,
/// and nobody's mistake in the primary empties the secondary, until somebody has looked.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  media-mirror deletions list")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows what waits, what a walk would delete, and whether it is held back.
    ///
    /// Exit code: 0 nothing is held back, 2 something waits for an operator, 1 an error.
    #[command(after_help = "Examples:\n  \
        media-mirror deletions list\n  \
        media-mirror deletions list --json")]
    List,
    /// Lets what is held back be deleted for a while, whatever its number. Shows it first, and asks.
    ///
    /// Until then the cap holds nothing back, also of what comes meanwhile. Each is still deleted only if the primary says that it is gone.
    /// What waits is looked at every ten minutes; what a walk held back, the next walk of that depth deletes. To let some stay, name them
    /// in MIRROR_KEEP first, or put their sources back.
    #[command(after_help = "Examples:\n  \
        media-mirror deletions confirm\n  \
        media-mirror deletions confirm --for 2h --yes")]
    Confirm {
        /// For how long: 15m to 24h.
        #[arg(long = "for", value_name = "TIME", value_parser = span, default_value = "1h")]
        span: Duration,
    },
}

/// What a walk would delete and did not.
#[derive(Debug, PartialEq, Eq)]
struct HeldWalk {
    run: String,
    kind: String,
    /// At most the cap and one.
    candidates: Vec<String>,
    why: String,
}

/// What there is to delete.
#[derive(Debug, PartialEq, Eq)]
struct Waiting {
    deletions: Vec<WaitingDeletion>,
    walks: Vec<HeldWalk>,
    cap: usize,
    confirmed_until: Option<OffsetDateTime>,
    now: OffsetDateTime,
}

impl Waiting {
    async fn look(
        deletions: &Deletions,
        runs: &Runs,
        cap: usize,
        now: OffsetDateTime,
    ) -> Result<Self, StateError> {
        let mut walks = Vec::new();
        for id in runs.ids(RUNS).await? {
            if let Some(run) = runs.get(&id).await? {
                walks.extend(held(run));
            }
        }
        Ok(Self {
            deletions: deletions.waiting(MOST).await?,
            walks,
            cap,
            confirmed_until: deletions.confirmed_until().await?,
            now,
        })
    }

    fn is_empty(&self) -> bool {
        self.deletions.is_empty() && self.walks.is_empty()
    }

    fn is_confirmed(&self) -> bool {
        self.confirmed_until.is_some_and(|until| until > self.now)
    }

    /// Whether something waits for an operator.
    fn is_held(&self) -> bool {
        !self.is_confirmed() && (self.deletions.len() > self.cap || !self.walks.is_empty())
    }

    fn to_json(&self) -> Value {
        let waiting = self.deletions.iter();
        let waiting =
            waiting.map(|one| json!({"resource": one.resource, "due": one.due.and_then(text)}));
        let walks = self.walks.iter().map(|walk| {
            json!({"run": walk.run, "kind": walk.kind, "candidates": walk.candidates, "why": walk.why})
        });
        json!({
            "held": self.is_held(),
            "cap": self.cap,
            "confirmed_until": self.confirmed_until.filter(|_| self.is_confirmed()).and_then(text),
            "waiting": waiting.collect::<Vec<_>>(),
            "more": self.deletions.len() >= MOST,
            "walks": walks.collect::<Vec<_>>(),
        })
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.is_empty() {
            lines.push("Nothing waits to be deleted.".to_owned());
        }
        if !self.deletions.is_empty() {
            let number = counted(self.deletions.len(), "deletion");
            let more = if self.deletions.len() >= MOST {
                " at least"
            } else {
                ""
            };
            lines.push(format!("Waiting:{more} {number} (the cap is {})", self.cap));
            let rows: Vec<Vec<String>> = self.deletions.iter().map(|one| self.row(one)).collect();
            lines.extend(columns(&rows).into_iter().map(|row| format!("  {row}")));
        }
        for walk in &self.walks {
            lines.push(format!(
                "Run {} found {}: {}",
                walk.run,
                walk.kind,
                plain(&walk.why)
            ));
            let names = walk.candidates.iter();
            lines.extend(names.map(|name| format!("  {}", plain(name))));
        }
        match self.confirmed_until.and_then(text) {
            Some(until) if self.is_confirmed() => {
                lines.push(format!("{NOTE}Confirmed until {until}.{NOTE:#}"));
            }
            _ if self.is_held() => lines.push(format!(
                "{NOTE}Held back.{NOTE:#} {FAINT}When all of it may go: media-mirror deletions confirm{FAINT:#}"
            )),
            _ => {}
        }
        lines
    }

    fn row(&self, one: &WaitingDeletion) -> Vec<String> {
        let due = match one.due {
            Some(due) if due <= self.now => "due".to_owned(),
            Some(due) => text(due).map_or_else(String::new, |due| format!("due at {due}")),
            None => String::new(),
        };
        vec![plain(&one.resource), due]
    }
}

/// What a run would delete and says why it does not.
fn held(run: Run) -> Vec<HeldWalk> {
    let id = run.id;
    let kinds = run.kinds.into_iter();
    let held =
        kinds.filter(|(_, progress)| progress.stopped.is_none() && !progress.candidates.is_empty());
    held.filter_map(|(kind, progress)| {
        Some(HeldWalk {
            run: id.clone(),
            kind,
            candidates: progress.candidates,
            why: progress.detail?,
        })
    })
    .collect()
}

pub(crate) async fn run(
    arguments: &Arguments,
    global: &Global,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    let Configured { settings, parts } = configured(global)?;
    let deletions = Deletions::new(parts.documents.clone());
    let runs = Runs::new(parts.documents.clone());
    let now = OffsetDateTime::now_utc();
    let waiting = Waiting::look(&deletions, &runs, settings.delete_cap, now).await;
    let waiting = waiting.map_err(|error| Failure::new(error, NEXT))?;
    output.value(&waiting.to_json())?;
    for line in waiting.lines() {
        output.text(line)?;
    }
    match arguments.command {
        Command::List if waiting.is_held() => Ok(Verdict::Attention),
        Command::List => Ok(Verdict::Good),
        Command::Confirm { .. } if !waiting.is_held() => {
            output.text("Nothing is held back, so there is nothing to confirm.")?;
            Ok(Verdict::Good)
        }
        Command::Confirm { span } => confirmed(&deletions, span, global, output).await,
    }
}

async fn confirmed(
    deletions: &Deletions,
    span: Duration,
    global: &Global,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    let minutes = span.as_secs() / 60;
    let question = format!("Let all of these be deleted in the secondary, for {minutes} minutes?");
    if !confirm(global.yes, &question).await? {
        output.text("Nothing was changed.")?;
        return Ok(Verdict::Good);
    }
    let until = OffsetDateTime::now_utc() + span;
    let written = deletions.confirm(until).await;
    written.map_err(|error| Failure::new(error, NEXT))?;
    output.value(&json!({"confirmed_until": text(until)}))?;
    output.text(format!(
        "Confirmed until {}. See how it goes: media-mirror deletions list",
        text(until).unwrap_or_default()
    ))?;
    Ok(Verdict::Good)
}

fn text(at: OffsetDateTime) -> Option<String> {
    at.replace_nanosecond(0).ok()?.format(&Rfc3339).ok()
}

fn span(text: &str) -> Result<Duration, String> {
    let span = settings::duration(text)?;
    if (SHORTEST..=LONGEST).contains(&span) {
        Ok(span)
    } else {
        Err("expected 15m to 24h: what is held back is looked at every ten minutes".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use change::{Depth, Kind, Name, ResourceId};
    use state::{Documents, MemoryDocuments, Progress};
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-02 12:00 UTC);

    fn parts() -> (Deletions, Runs) {
        let documents: Arc<dyn Documents> = Arc::new(MemoryDocuments::default());
        (Deletions::new(documents.clone()), Runs::new(documents))
    }

    async fn announce(deletions: &Deletions, name: &str, due: OffsetDateTime) {
        let id = ResourceId::new(Kind::StreamingLocators, Name::new(name).unwrap());
        deletions.announce(&id, due).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_within_the_cap_is_shown_and_not_held() {
        let (deletions, runs) = parts();
        let nothing = Waiting::look(&deletions, &runs, 1, NOW).await.unwrap();
        assert_eq!(nothing.lines(), ["Nothing waits to be deleted."]);
        announce(&deletions, "later", NOW + Duration::from_secs(60)).await;
        let one = Waiting::look(&deletions, &runs, 1, NOW).await.unwrap();
        assert!(!one.is_held());
        assert_eq!(
            one.lines(),
            [
                "Waiting: 1 deletion (the cap is 1)",
                "  streamingLocators/later  due at 2026-01-02T12:01:00Z"
            ]
        );
    }

    #[tokio::test]
    async fn more_than_the_cap_is_held_until_it_is_confirmed_and_then_again() {
        let (deletions, runs) = parts();
        announce(&deletions, "a", NOW).await;
        announce(&deletions, "b", NOW).await;
        let held = Waiting::look(&deletions, &runs, 1, NOW).await.unwrap();
        assert!(held.is_held() && held.lines().last().unwrap().contains("deletions confirm"));
        let until = NOW + Duration::from_secs(3600);
        deletions.confirm(until).await.unwrap();
        let confirmed = Waiting::look(&deletions, &runs, 1, NOW).await.unwrap();
        assert!(!confirmed.is_held());
        assert_eq!(
            confirmed.to_json()["confirmed_until"],
            "2026-01-02T13:00:00Z"
        );
        let over = Waiting::look(&deletions, &runs, 1, until).await.unwrap();
        assert!(over.is_held());
        assert_eq!(over.to_json()["confirmed_until"], Value::Null);
    }

    #[tokio::test]
    async fn what_a_walk_held_back_is_shown_with_its_reason() {
        let (deletions, runs) = parts();
        let kinds = [Kind::Assets, Kind::StreamingLocators, Kind::AccountFilters];
        let mut run = Run::new("sweep-list", "sweep", Depth::List, &kinds, NOW);
        let candidates = || vec!["streamingLocators/a".to_owned()];
        *run.progress(Kind::StreamingLocators) = Progress {
            candidates: candidates(),
            detail: Some("more than 0".to_owned()),
            ..Progress::default()
        };
        // Enqueued, since nothing speaks against it.
        run.progress(Kind::Assets).candidates = candidates();
        // Not even walked to its end.
        let stopped = run.progress(Kind::AccountFilters);
        stopped.stopped = Some("source-denied".to_owned());
        stopped.detail = Some("403".to_owned());
        runs.begin(&run).await.unwrap();
        let held = Waiting::look(&deletions, &runs, 10, NOW).await.unwrap();
        assert!(held.is_held());
        assert_eq!(held.walks.len(), 1);
        assert_eq!(
            held.lines()[..2],
            [
                "Run sweep-list found streamingLocators: more than 0",
                "  streamingLocators/a"
            ]
        );
    }

    #[test]
    fn a_confirmation_is_neither_too_short_to_work_nor_for_ever() {
        assert_eq!(span("2h"), Ok(Duration::from_secs(7200)));
        for bad in ["10m", "25h", "2", ""] {
            assert!(span(bad).is_err(), "{bad}");
        }
    }
}
