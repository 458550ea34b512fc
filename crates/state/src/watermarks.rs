use std::{collections::BTreeMap, sync::Arc};

use change::{Depth, Kind};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::{Condition, Documents, StateError, Written};

const PATH: &str = "runs/walked";

/// How often the document is written anew when somebody else was first.
const TRIES: usize = 8;

/// The latest complete walk of a kind at a depth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walked {
    /// When it began: what changed before was seen.
    #[serde(with = "time::serde::rfc3339")]
    pub started: OffsetDateTime,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339")]
    pub finished: OffsetDateTime,
    /// How many resources the primary had.
    pub primary: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Content {
    /// Complete walks, `kind/depth`.
    #[serde(default)]
    walked: BTreeMap<String, Walked>,
    /// When a sweep last asked for walks, by depth.
    #[serde(default)]
    asked: BTreeMap<String, String>,
}

/// When everything was last looked at. Where this is lost, walks begin sooner than they must, and how long ago the last one was is
/// unknown.
#[derive(Clone)]
pub struct Watermarks(Arc<dyn Documents>);

/// What was known at one time.
#[derive(Clone, Debug, Default)]
pub struct Marks(Content);

impl Marks {
    /// The latest complete walk of a kind at a depth.
    #[must_use]
    pub fn walked(&self, kind: Kind, depth: Depth) -> Option<&Walked> {
        self.0.walked.get(&key(kind, depth))
    }

    /// The latest walk of a kind that went through the whole list, whatever its depth.
    #[must_use]
    pub fn latest_full(&self, kind: Kind) -> Option<&Walked> {
        let full = Depth::ALL
            .into_iter()
            .filter(|depth| *depth != Depth::Updated);
        full.filter_map(|depth| self.walked(kind, depth))
            .max_by_key(|walked| walked.started)
    }

    /// When a sweep last asked for walks of a depth.
    #[must_use]
    pub fn asked(&self, depth: Depth) -> Option<OffsetDateTime> {
        let text = self.0.asked.get(depth.as_str())?;
        OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()
    }
}

impl Watermarks {
    /// The watermarks among documents.
    #[must_use]
    pub fn new(documents: Arc<dyn Documents>) -> Self {
        Self(documents)
    }

    /// What is known now.
    ///
    /// # Errors
    /// [`StateError`] when it cannot be read.
    pub async fn read(&self) -> Result<Marks, StateError> {
        let document = self.0.read(PATH).await?;
        Ok(Marks(document.map_or_else(Content::default, |document| {
            serde_json::from_value(document.value).unwrap_or_default()
        })))
    }

    /// Notes a complete walk.
    ///
    /// # Errors
    /// [`StateError`]; the walk is then not known.
    pub async fn walked(
        &self,
        kind: Kind,
        depth: Depth,
        walked: &Walked,
    ) -> Result<(), StateError> {
        self.change(|content| {
            content.walked.insert(key(kind, depth), walked.clone());
        })
        .await
    }

    /// Notes that a sweep asks for walks.
    ///
    /// # Errors
    /// [`StateError`]; the next sweep then asks again.
    pub async fn asked(&self, depth: Depth, now: OffsetDateTime) -> Result<(), StateError> {
        let text = now
            .format(&time::format_description::well_known::Rfc3339)
            .unwrap_or_default();
        self.change(|content| {
            content
                .asked
                .insert(depth.as_str().to_owned(), text.clone());
        })
        .await
    }

    async fn change(&self, change: impl Fn(&mut Content) + Send + Sync) -> Result<(), StateError> {
        for _ in 0..TRIES {
            let document = self.0.read(PATH).await?;
            let (value, condition) = document.map_or((Value::Null, Condition::New), |document| {
                (document.value, Condition::Version(document.version))
            });
            let mut content: Content = serde_json::from_value(value).unwrap_or_default();
            change(&mut content);
            let value = serde_json::to_value(&content).unwrap_or(Value::Null);
            if let Written::Done(_) = self.0.write(PATH, &value, &condition).await? {
                return Ok(());
            }
        }
        Err(StateError {
            path: PATH.to_owned(),
            what: "somebody else was first every time".to_owned(),
        })
    }
}

fn key(kind: Kind, depth: Depth) -> String {
    format!("{kind}/{depth}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryDocuments;
    use time::{Duration, macros::datetime};

    #[tokio::test]
    async fn what_was_walked_and_asked_for_is_known_and_may_be_lost() {
        let documents = Arc::new(MemoryDocuments::default());
        let marks = Watermarks::new(Arc::clone(&documents) as _);
        let started = datetime!(2026-01-01 00:00 UTC);
        let walked = Walked {
            started,
            finished: started + Duration::seconds(9),
            primary: 7,
        };
        assert!(marks.read().await.unwrap().asked(Depth::List).is_none());
        marks
            .walked(Kind::Assets, Depth::List, &walked)
            .await
            .unwrap();
        marks.asked(Depth::Bytes, started).await.unwrap();
        let known = marks.read().await.unwrap();
        assert_eq!(known.walked(Kind::Assets, Depth::List), Some(&walked));
        assert_eq!(known.walked(Kind::Assets, Depth::Keys), None);
        assert_eq!(known.latest_full(Kind::Assets), Some(&walked));
        let later = Walked {
            started: started + Duration::HOUR,
            primary: 9,
            ..walked.clone()
        };
        for depth in [Depth::Updated, Depth::Bytes] {
            assert_eq!(
                marks.read().await.unwrap().latest_full(Kind::Assets),
                Some(&walked)
            );
            marks.walked(Kind::Assets, depth, &later).await.unwrap();
        }
        let known = marks.read().await.unwrap();
        assert_eq!(known.latest_full(Kind::Assets), Some(&later));
        assert_eq!(known.asked(Depth::Bytes), Some(started));
        documents.remove(PATH).await.unwrap();
        assert!(
            marks
                .read()
                .await
                .unwrap()
                .walked(Kind::Assets, Depth::List)
                .is_none()
        );
    }
}
