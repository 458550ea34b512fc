use std::sync::Arc;

use change::ResourceId;
use futures::future::join_all;
use serde_json::json;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{Condition, Documents, StateError, documents::path_of};

const FOLDER: &str = "runs/deletions";
const CONFIRMATION: &str = "runs/deletions-confirmed";

/// How many documents are read at once.
const AT_ONCE: usize = 16;

/// A deletion that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingDeletion {
    /// The resource, as `kind/name`.
    pub resource: String,
    /// From when on it may be done; `None` where the document does not say it.
    pub due: Option<OffsetDateTime>,
}

/// Deletions that the primary announced and that are not done yet: one document each, so that they can be counted.
#[derive(Clone)]
pub struct Deletions(Arc<dyn Documents>);

impl Deletions {
    /// The deletions among documents.
    #[must_use]
    pub fn new(documents: Arc<dyn Documents>) -> Self {
        Self(documents)
    }

    /// Notes a deletion that waits.
    ///
    /// # Errors
    /// [`StateError`]; the deletion is then not counted.
    pub async fn announce(&self, id: &ResourceId, due: OffsetDateTime) -> Result<(), StateError> {
        let due = due.format(&Rfc3339).unwrap_or_default();
        let value = json!({"resource": id.to_string(), "due": due});
        self.0
            .write(&path_of(FOLDER, id), &value, &Condition::Always)
            .await?;
        Ok(())
    }

    /// Notes a deletion that waits, unless one was noted that was due after `since`: that one has a message of its own. Whether it was noted.
    ///
    /// # Errors
    /// [`StateError`]; the deletion is then not counted.
    pub async fn announce_anew(
        &self,
        id: &ResourceId,
        due: OffsetDateTime,
        since: OffsetDateTime,
    ) -> Result<bool, StateError> {
        if self.due(id).await?.is_some_and(|due| due > since) {
            return Ok(false);
        }
        self.announce(id, due).await?;
        Ok(true)
    }

    /// From when on a deletion may be done, as its note says; `None` where it is not noted, and so not counted. A note without a time
    /// holds nothing back.
    ///
    /// # Errors
    /// [`StateError`]; the caller then deletes nothing.
    pub async fn due(&self, id: &ResourceId) -> Result<Option<OffsetDateTime>, StateError> {
        let note = self.0.read(&path_of(FOLDER, id)).await?;
        Ok(note.map(|note| {
            let due = note.value["due"].as_str();
            due.and_then(|due| OffsetDateTime::parse(due, &Rfc3339).ok())
                .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        }))
    }

    /// Forgets a deletion that was done, or is not needed any more.
    ///
    /// # Errors
    /// [`StateError`]; the deletion is then counted until somebody removes it.
    pub async fn done(&self, id: &ResourceId) -> Result<(), StateError> {
        self.0.remove(&path_of(FOLDER, id)).await
    }

    /// Whether more deletions wait than `cap`.
    ///
    /// # Errors
    /// [`StateError`]; the caller then deletes nothing.
    pub async fn exceed(&self, cap: usize) -> Result<bool, StateError> {
        let prefix = format!("{FOLDER}/");
        Ok(self.0.list(&prefix, cap.saturating_add(1)).await?.len() > cap)
    }

    /// The deletions that wait, in the order of their names: at most so many, one call each beside the listing. One that was done
    /// meanwhile is not among them.
    ///
    /// # Errors
    /// [`StateError`] when they cannot be listed, or one cannot be read.
    pub async fn waiting(&self, at_most: usize) -> Result<Vec<WaitingDeletion>, StateError> {
        let paths = self.0.list(&format!("{FOLDER}/"), at_most).await?;
        let mut waiting = Vec::new();
        for some in paths.chunks(AT_ONCE) {
            let documents = some.iter().map(|path| self.0.read(path));
            for document in join_all(documents).await {
                let Some(document) = document? else { continue };
                let text = |name: &str| document.value[name].as_str();
                waiting.push(WaitingDeletion {
                    resource: text("resource").unwrap_or_default().to_owned(),
                    due: text("due").and_then(|due| OffsetDateTime::parse(due, &Rfc3339).ok()),
                });
            }
        }
        Ok(waiting)
    }

    /// Whether an operator confirmed what waits, and the time is not over.
    ///
    /// # Errors
    /// [`StateError`] when it cannot be read.
    pub async fn confirmed(&self, now: OffsetDateTime) -> Result<bool, StateError> {
        let until = self.confirmed_until().await?;
        Ok(until.is_some_and(|until| until > now))
    }

    /// Until when an operator confirmed what waits, even if the time is over; `None` where nobody did.
    ///
    /// # Errors
    /// [`StateError`] when it cannot be read.
    pub async fn confirmed_until(&self) -> Result<Option<OffsetDateTime>, StateError> {
        let document = self.0.read(CONFIRMATION).await?;
        Ok(document
            .as_ref()
            .and_then(|document| document.value["until"].as_str())
            .and_then(|until| OffsetDateTime::parse(until, &Rfc3339).ok()))
    }

    /// Confirms what waits, whatever the cap, until a time.
    ///
    /// # Errors
    /// [`StateError`]; nothing is confirmed then.
    pub async fn confirm(&self, until: OffsetDateTime) -> Result<(), StateError> {
        let until = until.format(&Rfc3339).unwrap_or_default();
        self.0
            .write(CONFIRMATION, &json!({"until": until}), &Condition::Always)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryDocuments;
    use change::{Kind, Name};
    use time::{Duration, macros::datetime};

    #[tokio::test]
    async fn deletions_are_counted_and_can_be_confirmed_for_a_while() {
        let deletions = Deletions::new(Arc::new(MemoryDocuments::default()));
        let now = datetime!(2026-01-01 00:00 UTC);
        let id = |name: &str| ResourceId::new(Kind::StreamingLocators, Name::new(name).unwrap());
        for name in ["a", "b", "b", "c"] {
            deletions.announce(&id(name), now).await.unwrap();
        }
        let hour = Duration::hours(1);
        let a = id("a");
        assert_eq!(deletions.due(&a).await.unwrap(), Some(now));
        let anew = |now| deletions.announce_anew(&a, now, now - hour);
        assert!(!anew(now + hour / 2).await.unwrap());
        assert!(anew(now + hour).await.unwrap());
        assert_eq!(deletions.due(&a).await.unwrap(), Some(now + hour));
        assert!(!deletions.exceed(3).await.unwrap());
        assert!(deletions.exceed(2).await.unwrap());
        deletions.done(&a).await.unwrap();
        assert_eq!(deletions.due(&a).await.unwrap(), None);
        assert!(!deletions.exceed(2).await.unwrap());
        let waiting = deletions.waiting(9).await.unwrap();
        let b = WaitingDeletion {
            resource: "streamingLocators/b".to_owned(),
            due: Some(now),
        };
        assert_eq!((waiting.len(), &waiting[0]), (2, &b));
        assert_eq!(deletions.waiting(1).await.unwrap(), [b]);
        assert_eq!(deletions.confirmed_until().await.unwrap(), None);
        assert!(!deletions.confirmed(now).await.unwrap());
        deletions.confirm(now + Duration::hours(1)).await.unwrap();
        assert_eq!(deletions.confirmed_until().await.unwrap(), Some(now + hour));
        assert!(deletions.confirmed(now).await.unwrap());
        assert!(!deletions.confirmed(now + Duration::hours(2)).await.unwrap());
    }
}
