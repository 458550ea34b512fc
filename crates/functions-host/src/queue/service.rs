//! What the host needs of a queue service.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;

/// A queue call that did not succeed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum QueueError {
    /// The queue does not exist. Create it and try again.
    #[error("the queue does not exist")]
    NoQueue,
    /// The message is gone, or somebody else received it since: the pop receipt is stale. Nothing can be done with
    /// this receipt any more; the message will be received again if it still exists.
    #[error("the message is gone or its pop receipt is stale")]
    StaleReceipt,
    /// Anything else, with the service's own words. Worth another try later.
    #[error("{0}")]
    Service(String),
}

/// A received message, its text as stored (not yet decoded).
#[derive(Clone, Debug)]
pub struct ReceivedMessage {
    /// The message's ID.
    pub id: String,
    /// The receipt to update or delete it with, until it is received or updated again.
    pub pop_receipt: String,
    /// The text as stored.
    pub text: String,
    /// How often it was received, this time included.
    pub dequeue_count: i64,
    /// When it was put into the queue.
    pub inserted: Option<OffsetDateTime>,
    /// When it will be thrown away.
    pub expires: Option<OffsetDateTime>,
    /// When it will be visible again.
    pub next_visible: Option<OffsetDateTime>,
}

/// The queue calls the host makes. One implementation speaks to a real service, another one keeps everything in
/// memory.
#[async_trait]
pub trait QueueService: Send + Sync + fmt::Debug {
    /// Whether the queue exists.
    async fn exists(&self, queue: &str) -> Result<bool, QueueError>;
    /// Creates the queue; that it exists already is no error.
    async fn create(&self, queue: &str) -> Result<(), QueueError>;
    /// Puts a message into the queue: visible at once, with the service's default time to live.
    async fn send(&self, queue: &str, text: &str) -> Result<(), QueueError>;
    /// Receives up to `max` messages (1 to 32) and hides them for `visibility` (whole seconds).
    async fn receive(
        &self,
        queue: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<ReceivedMessage>, QueueError>;
    /// Hides a received message for another `visibility` (whole seconds, 0 releases it) and returns its new receipt.
    async fn update(
        &self,
        queue: &str,
        id: &str,
        pop_receipt: &str,
        visibility: Duration,
    ) -> Result<String, QueueError>;
    /// Deletes a received message.
    async fn delete(&self, queue: &str, id: &str, pop_receipt: &str) -> Result<(), QueueError>;
    /// How many messages there are, hidden ones included.
    async fn count(&self, queue: &str) -> Result<u64, QueueError>;
}
