use std::{sync::Arc, time::Duration};

use change::ResourceId;
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{Condition, Documents, StateError, Written, documents::path_of};

const FOLDER: &str = "runs/copies";

/// One copy run per asset at a time.
///
/// A lock has a holder and an end, so that a killed run blocks nobody for long. It saves work; correctness does not rest on it, because
/// every write to the replica is conditional.
#[derive(Clone)]
pub struct CopyLocks(Arc<dyn Documents>);

/// A lock that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Taken {
    /// Ours until the time that was asked for, with what the holder before left in it.
    Ours(Value),
    /// Another run's, for so long at most.
    Theirs(Duration),
}

impl CopyLocks {
    /// The locks among documents.
    #[must_use]
    pub fn new(documents: Arc<dyn Documents>) -> Self {
        Self(documents)
    }

    /// Takes the lock of an asset, or finds it taken. `holder` names the run: the same holder may take it again.
    ///
    /// # Errors
    /// [`StateError`]; the caller goes on without a lock.
    pub async fn take(
        &self,
        asset: &ResourceId,
        holder: &str,
        now: OffsetDateTime,
        length: Duration,
        note: &Value,
    ) -> Result<Taken, StateError> {
        let path = path_of(FOLDER, asset);
        let present = self.0.read(&path).await?;
        let mut before = Value::Null;
        let condition = match &present {
            None => Condition::New,
            Some(document) => {
                let held_by = document.value["holder"].as_str().unwrap_or_default();
                let until = document.value["until"].as_str().unwrap_or_default();
                let left = OffsetDateTime::parse(until, &Rfc3339).map(|until| until - now);
                match left {
                    Ok(left) if left.is_positive() && held_by != holder => {
                        return Ok(Taken::Theirs(left.unsigned_abs()));
                    }
                    _ => {}
                }
                before = document.value["note"].clone();
                Condition::Version(document.version.clone())
            }
        };
        let until = (now + length).format(&Rfc3339).unwrap_or_default();
        let value = json!({"holder": holder, "until": until, "note": note});
        Ok(match self.0.write(&path, &value, &condition).await? {
            Written::Done(_) => Taken::Ours(before),
            Written::Lost => Taken::Theirs(length),
        })
    }

    /// Gives the lock back.
    ///
    /// # Errors
    /// [`StateError`]; the lock then ends by itself.
    pub async fn release(&self, asset: &ResourceId) -> Result<(), StateError> {
        self.0.remove(&path_of(FOLDER, asset)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryDocuments;
    use change::{Kind, Name};
    use time::macros::datetime;

    const MINUTE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_lock_has_one_holder_until_it_ends() {
        let locks = CopyLocks::new(Arc::new(MemoryDocuments::default()));
        let asset = ResourceId::new(Kind::Assets, Name::new("a").unwrap());
        let now = datetime!(2026-01-01 00:00 UTC);
        let take = |holder: &'static str, now, note: Value| {
            let (locks, asset) = (locks.clone(), asset.clone());
            async move {
                locks
                    .take(&asset, holder, now, MINUTE, &note)
                    .await
                    .unwrap()
            }
        };
        assert_eq!(take("one", now, json!(1)).await, Taken::Ours(Value::Null));
        assert_eq!(take("two", now, json!(2)).await, Taken::Theirs(MINUTE));
        assert_eq!(take("one", now, json!(3)).await, Taken::Ours(json!(1)));
        assert_eq!(
            take("two", now + MINUTE, json!(4)).await,
            Taken::Ours(json!(3))
        );
        locks.release(&asset).await.unwrap();
        assert_eq!(take("one", now, json!(5)).await, Taken::Ours(Value::Null));
    }
}
