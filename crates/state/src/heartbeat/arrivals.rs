use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::json;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use super::Time;
use crate::{Condition, Documents, StateError};

const FOLDER: &str = "runs/arrivals";

/// How often a process writes down that events of one type arrive.
const EVERY: Duration = Duration::MINUTE;

/// The most types that are read: there are fewer.
const MOST: usize = 64;

/// When events of each type last arrived: one document for each type.
///
/// Each process notes it when an event comes and it has noted none of that type for a minute. So the time is up to a minute too early; and
/// one that a process could not write before it was ended is not known.
#[derive(Clone)]
pub struct Arrivals {
    documents: Arc<dyn Documents>,
    noted: Arc<Mutex<HashMap<&'static str, OffsetDateTime>>>,
}

impl Arrivals {
    /// The arrivals among documents.
    #[must_use]
    pub fn new(documents: Arc<dyn Documents>) -> Self {
        Self {
            documents,
            noted: Arc::default(),
        }
    }

    /// Whether an arrival is due to be written down with [`Arrivals::write`]. No call; the next time it is due is a minute later.
    #[must_use]
    pub fn is_due(&self, event_type: &'static str, now: OffsetDateTime) -> bool {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let before = noted.get(event_type);
        let is_due = before.is_none_or(|before| now - *before >= EVERY || now < *before);
        if is_due {
            noted.insert(event_type, now);
        }
        is_due
    }

    /// Writes an arrival down. One call; of two processes that do it at one time, the later one wins, which is right to a minute.
    ///
    /// # Errors
    /// [`StateError`]; the type then seems to have been silent for a while.
    pub async fn write(
        &self,
        event_type: &'static str,
        now: OffsetDateTime,
    ) -> Result<(), StateError> {
        let value = json!({"at": now.format(&Rfc3339).unwrap_or_default()});
        let path = format!("{FOLDER}/{event_type}");
        self.documents
            .write(&path, &value, &Condition::Always)
            .await?;
        Ok(())
    }

    /// When events of each type last arrived, as far as it was written down.
    ///
    /// # Errors
    /// [`StateError`] when it cannot be read.
    pub async fn read(&self) -> Result<BTreeMap<String, Time>, StateError> {
        let mut arrivals = BTreeMap::new();
        let prefix = format!("{FOLDER}/");
        for path in self.documents.list(&prefix, MOST).await? {
            let document = self.documents.read(&path).await?;
            let at = document.and_then(|document| {
                OffsetDateTime::parse(document.value["at"].as_str()?, &Rfc3339).ok()
            });
            if let (Some(at), Some(event_type)) = (at, path.strip_prefix(&prefix)) {
                arrivals.insert(event_type.to_owned(), Time(at));
            }
        }
        Ok(arrivals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryDocuments;
    use time::macros::datetime;

    #[tokio::test]
    async fn a_type_is_noted_at_most_once_a_minute_by_each_process() {
        let documents = Arc::new(MemoryDocuments::default());
        let (one, other) = (
            Arrivals::new(Arc::clone(&documents) as _),
            Arrivals::new(documents),
        );
        let start = datetime!(2026-01-01 00:00 UTC);
        let after = |seconds| start + Duration::seconds(seconds);
        assert!(one.is_due("a", start) && one.is_due("b", start));
        assert!(!one.is_due("a", after(59)));
        assert!(other.is_due("a", after(59)));
        one.write("a", start).await.unwrap();
        other.write("a", after(59)).await.unwrap();
        assert!(one.is_due("a", after(60)));
        let read = one.read().await.unwrap();
        assert_eq!(read, [("a".to_owned(), Time(after(59)))].into());
    }
}
