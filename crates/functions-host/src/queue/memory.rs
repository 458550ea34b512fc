//! Queues in memory, with visibility timeouts and pop receipts, for tests that need no storage service.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;
use tokio::time::Instant;
use uuid::Uuid;

use super::{QueueError, QueueService, ReceivedMessage};

/// The service's default time to live.
const TIME_TO_LIVE: Duration = Duration::from_secs(7 * 24 * 3_600);

/// Queues in memory.
#[derive(Debug, Default)]
pub struct MemoryQueues {
    queues: Mutex<BTreeMap<String, Vec<Message>>>,
}

#[derive(Clone, Debug)]
struct Message {
    id: String,
    pop_receipt: String,
    text: String,
    dequeue_count: i64,
    inserted: OffsetDateTime,
    visible_from: Instant,
}

impl MemoryQueues {
    /// No queues at all.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Message>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The stored texts of a queue's messages, hidden ones included, oldest first; `None` when there is no such queue.
    pub fn texts(&self, queue: &str) -> Option<Vec<String>> {
        self.lock().get(queue).map(|messages| {
            messages
                .iter()
                .map(|message| message.text.clone())
                .collect()
        })
    }

    /// How often each message of a queue was received, and for how long it is still hidden.
    pub fn states(&self, queue: &str) -> Vec<(i64, Duration)> {
        let now = Instant::now();
        let state = |message: &Message| {
            (
                message.dequeue_count,
                message.visible_from.saturating_duration_since(now),
            )
        };
        self.lock()
            .get(queue)
            .map(|messages| messages.iter().map(state).collect())
            .unwrap_or_default()
    }

    fn with<T>(
        &self,
        queue: &str,
        id: &str,
        pop_receipt: &str,
        act: impl FnOnce(&mut Vec<Message>, usize) -> T,
    ) -> Result<T, QueueError> {
        let mut queues = self.lock();
        let messages = queues.get_mut(queue).ok_or(QueueError::NoQueue)?;
        let at = messages
            .iter()
            .position(|message| message.id == id && message.pop_receipt == pop_receipt)
            .ok_or(QueueError::StaleReceipt)?;
        Ok(act(messages, at))
    }
}

#[async_trait]
impl QueueService for MemoryQueues {
    async fn exists(&self, queue: &str) -> Result<bool, QueueError> {
        Ok(self.lock().contains_key(queue))
    }

    async fn create(&self, queue: &str) -> Result<(), QueueError> {
        self.lock().entry(queue.to_owned()).or_default();
        Ok(())
    }

    async fn send(&self, queue: &str, text: &str) -> Result<(), QueueError> {
        let mut queues = self.lock();
        let messages = queues.get_mut(queue).ok_or(QueueError::NoQueue)?;
        messages.push(Message {
            id: Uuid::new_v4().to_string(),
            pop_receipt: Uuid::new_v4().to_string(),
            text: text.to_owned(),
            dequeue_count: 0,
            inserted: OffsetDateTime::now_utc(),
            visible_from: Instant::now(),
        });
        Ok(())
    }

    async fn receive(
        &self,
        queue: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<ReceivedMessage>, QueueError> {
        let now = Instant::now();
        let mut queues = self.lock();
        let messages = queues.get_mut(queue).ok_or(QueueError::NoQueue)?;
        let take = |message: &mut Message| {
            message.dequeue_count += 1;
            message.pop_receipt = Uuid::new_v4().to_string();
            message.visible_from = now + visibility;
            ReceivedMessage {
                id: message.id.clone(),
                pop_receipt: message.pop_receipt.clone(),
                text: message.text.clone(),
                dequeue_count: message.dequeue_count,
                inserted: Some(message.inserted),
                expires: Some(message.inserted + TIME_TO_LIVE),
                next_visible: Some(OffsetDateTime::now_utc() + visibility),
            }
        };
        Ok(messages
            .iter_mut()
            .filter(|message| message.visible_from <= now)
            .take(max)
            .map(take)
            .collect())
    }

    async fn update(
        &self,
        queue: &str,
        id: &str,
        pop_receipt: &str,
        visibility: Duration,
    ) -> Result<String, QueueError> {
        self.with(queue, id, pop_receipt, |messages, at| {
            messages[at].visible_from = Instant::now() + visibility;
            messages[at].pop_receipt = Uuid::new_v4().to_string();
            messages[at].pop_receipt.clone()
        })
    }

    async fn delete(&self, queue: &str, id: &str, pop_receipt: &str) -> Result<(), QueueError> {
        self.with(queue, id, pop_receipt, |messages, at| {
            messages.remove(at);
        })
    }

    async fn count(&self, queue: &str) -> Result<u64, QueueError> {
        self.lock()
            .get(queue)
            .map(|messages| messages.len() as u64)
            .ok_or(QueueError::NoQueue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn messages_hide_come_back_and_refuse_stale_receipts() {
        let queues = MemoryQueues::new();
        assert!(matches!(
            queues.send("q", "x").await,
            Err(QueueError::NoQueue)
        ));
        queues.create("q").await.unwrap();
        queues.send("q", "x").await.unwrap();
        let first = queues
            .receive("q", 32, Duration::from_millis(300))
            .await
            .unwrap()
            .remove(0);
        let span = Duration::from_secs(600);
        assert!(
            queues.receive("q", 32, span).await.unwrap().is_empty(),
            "hidden"
        );
        assert_eq!(queues.count("q").await.unwrap(), 1);
        let deadline = Instant::now() + Duration::from_secs(10);
        let second = loop {
            match queues.receive("q", 32, span).await.unwrap().pop() {
                Some(message) => break message,
                None => assert!(Instant::now() < deadline, "it never came back"),
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        assert_eq!(
            (second.id.as_str(), second.dequeue_count),
            (first.id.as_str(), 2)
        );
        let stale = queues.delete("q", &first.id, &first.pop_receipt).await;
        assert!(matches!(stale, Err(QueueError::StaleReceipt)));
        let receipt = queues
            .update("q", &second.id, &second.pop_receipt, Duration::ZERO)
            .await
            .unwrap();
        queues.delete("q", &second.id, &receipt).await.unwrap();
        assert_eq!(queues.count("q").await.unwrap(), 0);
    }
}
