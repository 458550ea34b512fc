use async_trait::async_trait;
use change::Kind;
use cloud::{Peeked, QueueError, Queues};

/// The queue of what backfills and walks have named.
pub const BACKFILL: &str = "backfill";

/// The queue of deletions whose grace is not over, of any kind.
pub(crate) const DELETIONS: &str = "deletions";

/// The queue of shares of large assets.
const SHARES: &str = "copy-blobs";

/// The queues that functions work on. Each has a poison queue beside it, `<queue>-poison`.
pub const QUEUES: &[&str] = &[
    "mirror-asset",
    "mirror-locator",
    "mirror-content-key-policy",
    "mirror-streaming-policy",
    "mirror-filter",
    SHARES,
    DELETIONS,
    "walk",
    BACKFILL,
];

/// Looks into the app's queues without changing them.
#[async_trait]
pub trait ReadQueues: Send + Sync {
    /// See [`Queues::count`].
    ///
    /// # Errors
    /// [`QueueError`] when the queue cannot be asked.
    async fn count(&self, queue: &str) -> Result<Option<u64>, QueueError>;

    /// See [`Queues::peek`].
    ///
    /// # Errors
    /// [`QueueError`] when the queue cannot be read.
    async fn peek(&self, queue: &str, up_to: usize) -> Result<Vec<Peeked>, QueueError>;
}

#[async_trait]
impl ReadQueues for Queues {
    async fn count(&self, queue: &str) -> Result<Option<u64>, QueueError> {
        Self::count(self, queue).await
    }

    async fn peek(&self, queue: &str, up_to: usize) -> Result<Vec<Peeked>, QueueError> {
        Self::peek(self, queue, up_to).await
    }
}

/// Queues of which none exists, for a process that nobody asks how it is.
#[derive(Clone, Copy, Debug)]
pub struct NoQueues;

#[async_trait]
impl ReadQueues for NoQueues {
    async fn count(&self, _: &str) -> Result<Option<u64>, QueueError> {
        Ok(None)
    }

    async fn peek(&self, _: &str, _: usize) -> Result<Vec<Peeked>, QueueError> {
        Ok(Vec::new())
    }
}

/// Whether changes of a kind can wait in a queue. Those of every kind can in `deletions` and, found by a walk, in `backfill`.
pub(crate) fn carries(queue: &str, kind: Kind) -> bool {
    match queue {
        DELETIONS | BACKFILL => true,
        SHARES => kind == Kind::Assets,
        _ => queue == kind.queue(),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use serde_json::Value;

    use super::*;

    #[test]
    fn every_queue_with_a_function_is_looked_at_and_no_other() {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../functions"));
        let mut triggers = BTreeSet::new();
        for entry in fs::read_dir(folder).unwrap() {
            let function = fs::read(entry.unwrap().path().join("function.json")).unwrap();
            let function: Value = serde_json::from_slice(&function).unwrap();
            for binding in function["bindings"].as_array().unwrap() {
                if binding["type"] == "queueTrigger" {
                    triggers.insert(binding["queueName"].as_str().unwrap().to_owned());
                }
            }
        }
        let queues: BTreeSet<String> = QUEUES.iter().map(ToString::to_string).collect();
        assert_eq!(queues, triggers);
    }

    #[test]
    fn every_kind_waits_in_a_queue_that_is_looked_at() {
        for kind in Kind::ALL {
            assert!(QUEUES.contains(&kind.queue()), "{kind}");
        }
    }
}
