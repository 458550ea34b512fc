use std::sync::Arc;

use change::{Kind, ResourceId};
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use tokio::time::Instant;

use crate::{
    Condition, Documents, StateError,
    documents::path_of,
    known::{Known, MANY, Step},
};

const FOLDER: &str = "exceptions";

/// The most names that are listed at a time: one page of the blob service.
const LISTED: usize = 5000;

/// How many records are read at once.
const AT_ONCE: usize = 16;

/// A resource that is not mirrored and should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its parent, for asset filters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// `waiting` or `failed`.
    pub outcome: String,
    /// The reason's code.
    pub reason: String,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// When the primary changed.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// When this was written.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// How often it was tried.
    pub attempt: u32,
}

/// The exceptions of one kind, as far as they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// How many there are.
    pub count: usize,
    /// Whether there are no more than that: a listing ends after 5,000 names, of assets and asset filters together.
    pub is_all: bool,
    /// Those that were read: the first ones by name. One that was removed meanwhile is not among them.
    pub read: Vec<Exception>,
    /// How many were asked for and could not be understood.
    pub unreadable: usize,
}

/// What failed, or has waited for more than a minute.
#[derive(Clone)]
pub struct Exceptions {
    documents: Arc<dyn Documents>,
    known: Arc<Known>,
}

impl Exceptions {
    /// The exceptions among documents.
    #[must_use]
    pub fn new(documents: Arc<dyn Documents>) -> Self {
        Self {
            documents,
            known: Arc::default(),
        }
    }

    /// Records an exception in place of what was recorded about the resource before.
    ///
    /// # Errors
    /// [`StateError`]; nothing but the record is lost.
    pub async fn record(&self, id: &ResourceId, exception: &Exception) -> Result<(), StateError> {
        let path = path_of(FOLDER, id);
        let value = serde_json::to_value(exception).unwrap_or(Value::Null);
        let written = self
            .documents
            .write(&path, &value, &Condition::Always)
            .await;
        // A write that failed may have been done.
        self.known.recorded(&path);
        written.map(drop)
    }

    /// Removes what was recorded about a resource.
    ///
    /// # Errors
    /// [`StateError`]; the record then stays until the resource is looked at again.
    pub async fn clear(&self, id: &ResourceId) -> Result<(), StateError> {
        self.documents.remove(&path_of(FOLDER, id)).await
    }

    /// Removes what was recorded about a resource, without a call where this process can know that there is nothing.
    ///
    /// It knows while many resources are mirrored at a time: then one listing, used for 5 seconds from its beginning, stands for a call
    /// each. What another process records within these seconds can be overlooked, and stays until the resource is looked at again: so
    /// where something was most likely recorded, as about a hint that was put back, [`Exceptions::clear`] is the right call.
    ///
    /// # Errors
    /// [`StateError`]; the record then stays until the resource is looked at again.
    pub async fn clear_if_recorded(&self, id: &ResourceId) -> Result<(), StateError> {
        let path = path_of(FOLDER, id);
        let now = Instant::now();
        let mut step = self.known.step(&path, now);
        if step == Step::List {
            let paths = self.documents.list(&format!("{FOLDER}/"), MANY + 1).await;
            step = self.known.listed(&path, now, paths.ok());
        }
        match step {
            Step::Skip => Ok(()),
            Step::Ask | Step::List => self.documents.remove(&path).await,
        }
    }

    /// The exceptions of a kind. All are counted, up to 5,000, and at most `read_up_to` of them are read: one call each, beside the
    /// listing.
    ///
    /// # Errors
    /// [`StateError`] when they cannot be listed, or one cannot be read.
    pub async fn of(&self, kind: Kind, read_up_to: usize) -> Result<Listed, StateError> {
        // The records of an asset's filters lie below the asset's.
        let root = kind.parent().unwrap_or(kind);
        let below = format!("/{}/", Kind::AssetFilters);
        let mut paths = self
            .documents
            .list(&format!("{FOLDER}/{root}/"), LISTED + 1)
            .await?;
        let is_all = paths.len() <= LISTED;
        paths.truncate(LISTED);
        paths.retain(|path| path.contains(&below) == kind.parent().is_some());
        let mut listed = Listed {
            count: paths.len(),
            is_all,
            ..Listed::default()
        };
        paths.truncate(read_up_to);
        for some in paths.chunks(AT_ONCE) {
            let documents = some.iter().map(|path| self.documents.read(path));
            for document in join_all(documents).await {
                match document?.map(|document| serde_json::from_value(document.value)) {
                    Some(Ok(exception)) => listed.read.push(exception),
                    Some(Err(_)) => listed.unreadable += 1,
                    None => listed.count -= 1,
                }
            }
        }
        Ok(listed)
    }

    /// What is recorded about a resource.
    ///
    /// # Errors
    /// [`StateError`] when it cannot be read.
    pub async fn get(&self, id: &ResourceId) -> Result<Option<Exception>, StateError> {
        let path = path_of(FOLDER, id);
        let document = self.documents.read(&path).await?;
        Ok(document.and_then(|document| serde_json::from_value(document.value).ok()))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering::Relaxed},
        time::Duration,
    };

    use async_trait::async_trait;
    use change::{Kind, Name};

    use super::*;
    use crate::{Document, MemoryDocuments, Written};

    /// Documents that several processes share, with a count of the calls.
    #[derive(Default)]
    struct Shared {
        documents: MemoryDocuments,
        calls: AtomicUsize,
    }

    #[async_trait]
    impl Documents for Shared {
        async fn read(&self, path: &str) -> Result<Option<Document>, StateError> {
            self.documents.read(path).await
        }

        async fn write(
            &self,
            path: &str,
            value: &Value,
            condition: &Condition,
        ) -> Result<Written, StateError> {
            self.documents.write(path, value, condition).await
        }

        async fn remove(&self, path: &str) -> Result<(), StateError> {
            self.calls.fetch_add(1, Relaxed);
            self.documents.remove(path).await
        }

        async fn list(&self, prefix: &str, at_most: usize) -> Result<Vec<String>, StateError> {
            self.calls.fetch_add(1, Relaxed);
            self.documents.list(prefix, at_most).await
        }
    }

    fn locator(name: &str) -> ResourceId {
        ResourceId::new(Kind::StreamingLocators, Name::new(name).unwrap())
    }

    fn failed() -> Exception {
        Exception {
            kind: "streamingLocators".to_owned(),
            name: "a".to_owned(),
            parent: None,
            outcome: "failed".to_owned(),
            reason: "replica-conflict".to_owned(),
            detail: None,
            since: OffsetDateTime::UNIX_EPOCH,
            at: OffsetDateTime::UNIX_EPOCH,
            attempt: 0,
        }
    }

    async fn is_recorded(exceptions: &Exceptions, id: &ResourceId) -> bool {
        exceptions.get(id).await.unwrap().is_some()
    }

    #[tokio::test(start_paused = true)]
    async fn many_changes_cost_few_calls_and_no_record_outlives_its_reason() {
        let shared = Arc::new(Shared::default());
        let (one, other) = (
            Exceptions::new(Arc::clone(&shared) as _),
            Exceptions::new(Arc::clone(&shared) as _),
        );
        let (mine, theirs, later) = (locator("mine."), locator("theirs"), locator("later"));
        other.record(&theirs, &failed()).await.unwrap();
        for n in 0..1_000 {
            let id = locator(&format!("film-{n}"));
            one.clear_if_recorded(&id).await.unwrap();
        }
        assert_eq!(shared.calls.load(Relaxed), 11);
        one.record(&mine, &failed()).await.unwrap();
        other.record(&later, &failed()).await.unwrap();
        for id in [&mine, &theirs, &later] {
            one.clear_if_recorded(id).await.unwrap();
        }
        assert!(!is_recorded(&one, &mine).await && !is_recorded(&one, &theirs).await);
        // The price: known to this process only with the next listing.
        assert!(is_recorded(&one, &later).await);
        tokio::time::advance(Duration::from_secs(5)).await;
        one.clear_if_recorded(&later).await.unwrap();
        assert!(!is_recorded(&one, &later).await);
    }

    #[tokio::test(start_paused = true)]
    async fn few_changes_are_asked_for_one_by_one() {
        let shared = Arc::new(Shared::default());
        let (one, other) = (
            Exceptions::new(Arc::clone(&shared) as _),
            Exceptions::new(Arc::clone(&shared) as _),
        );
        for _ in 0..100 {
            other.record(&locator("a"), &failed()).await.unwrap();
            one.clear_if_recorded(&locator("a")).await.unwrap();
            assert!(!is_recorded(&one, &locator("a")).await);
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert_eq!(shared.calls.load(Relaxed), 100);
    }
}
