//! What passes through the app's queues, kept for whoever wants to see it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use functions_host::{QueueError, QueueService, ReceivedMessage};

/// How many messages are kept.
const KEPT: usize = 10_000;

/// A message that was put into a queue or received from one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedMessage {
    /// The queue.
    pub queue: String,
    /// The text as stored: base64, as the Functions host wants it.
    pub text: String,
}

/// The app's queues with a record of every message that this process sends or receives. The handler sends its own messages, and
/// the host receives them: so each of them is in the record as soon as a function looks at it.
#[derive(Debug)]
pub struct RecordedQueues {
    queues: Arc<dyn QueueService>,
    passed: Mutex<VecDeque<PassedMessage>>,
}

impl RecordedQueues {
    pub(crate) fn new(queues: Arc<dyn QueueService>) -> Self {
        Self {
            queues,
            passed: Mutex::default(),
        }
    }

    /// The last 10,000 messages, oldest first. One that was received more than once is there more than once.
    #[must_use]
    pub fn passed(&self) -> Vec<PassedMessage> {
        let passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        passed.iter().cloned().collect()
    }

    fn note(&self, queue: &str, text: &str) {
        let mut passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        if passed.len() == KEPT {
            passed.pop_front();
        }
        passed.push_back(PassedMessage {
            queue: queue.to_owned(),
            text: text.to_owned(),
        });
    }
}

#[async_trait]
impl QueueService for RecordedQueues {
    async fn exists(&self, queue: &str) -> Result<bool, QueueError> {
        self.queues.exists(queue).await
    }

    async fn create(&self, queue: &str) -> Result<(), QueueError> {
        self.queues.create(queue).await
    }

    async fn send(&self, queue: &str, text: &str) -> Result<(), QueueError> {
        self.note(queue, text);
        self.queues.send(queue, text).await
    }

    async fn receive(
        &self,
        queue: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<ReceivedMessage>, QueueError> {
        let messages = self.queues.receive(queue, max, visibility).await?;
        for message in &messages {
            self.note(queue, &message.text);
        }
        Ok(messages)
    }

    async fn update(
        &self,
        queue: &str,
        id: &str,
        pop_receipt: &str,
        visibility: Duration,
    ) -> Result<String, QueueError> {
        self.queues.update(queue, id, pop_receipt, visibility).await
    }

    async fn delete(&self, queue: &str, id: &str, pop_receipt: &str) -> Result<(), QueueError> {
        self.queues.delete(queue, id, pop_receipt).await
    }

    async fn count(&self, queue: &str) -> Result<u64, QueueError> {
        self.queues.count(queue).await
    }
}
