//! What all functions share, built once from the settings.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use change::Depth;
use cloud::{QueueError, Queues};
use health::Watch;
use mirror::Mirror;
use settings::{AccountIdentity, EventTopics, Settings, Webhook};
use state::{Arrivals, Documents, Exceptions, Runs, Watermarks};
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use wiring::{Parts, TokenExpiry, WiringError};

use crate::{BlobEvents, backoff};

/// Puts messages into the app's queues.
#[async_trait]
pub trait Enqueue: Send + Sync {
    /// Puts a text into a queue, never to expire, invisible for `delay`.
    ///
    /// # Errors
    /// [`QueueError`]; the message may or may not be in the queue then.
    async fn send(&self, queue: &str, text: &str, delay: Duration) -> Result<(), QueueError>;
}

#[async_trait]
impl Enqueue for Arc<Queues> {
    async fn send(&self, queue: &str, text: &str, delay: Duration) -> Result<(), QueueError> {
        Queues::send(self, queue, text, delay).await
    }
}

/// What all functions share.
pub struct App {
    /// Carries out changes.
    pub mirror: Mirror,
    /// The app's queues.
    pub queues: Box<dyn Enqueue>,
    /// What failed, or has waited for more than a minute.
    pub exceptions: Exceptions,
    /// What walks need to know.
    pub walks: Walks,
    /// Measures how far the secondary is behind.
    pub watch: Watch,
    /// When events of each type last arrived.
    pub arrivals: Arrivals,
    /// The account whose events count.
    pub primary: AccountIdentity,
    /// Who may send webhooks.
    pub webhook: Webhook,
    /// Whose events are accepted.
    pub event_topics: EventTopics,
    /// Which events of storage accounts count.
    pub blob_events: BlobEvents,
    /// What time it is.
    pub clock: fn() -> OffsetDateTime,
    /// Numbers between 0 and 1, different from call to call: they spread out what is put back into a queue.
    pub jitter: Box<dyn Fn() -> f64 + Send + Sync>,
}

/// What walks need to know.
pub struct Walks {
    /// How far they are.
    pub runs: Runs,
    /// When everything was last looked at.
    pub watermarks: Watermarks,
    /// How often a sweep asks for each depth.
    pub sweep: BTreeMap<Depth, Duration>,
    /// How many names the batches that are worked on may look at at once, all together.
    pub names: Semaphore,
}

impl Walks {
    /// Walks at these intervals, with their state among documents; so many of the names that they find are looked at at once.
    #[must_use]
    pub fn new(
        documents: &Arc<dyn Documents>,
        sweep: BTreeMap<Depth, Duration>,
        at_once: usize,
    ) -> Self {
        Self {
            runs: Runs::new(Arc::clone(documents)),
            watermarks: Watermarks::new(Arc::clone(documents)),
            sweep,
            names: Semaphore::new(at_once),
        }
    }
}

impl App {
    /// Builds the real thing.
    ///
    /// # Errors
    /// [`WiringError`], when a client cannot be built; the error says why.
    pub fn from_settings(settings: &Settings) -> Result<Self, WiringError> {
        let parts = Parts::from_settings(settings)?;
        for token in &parts.tokens {
            warn_of_expiry(token);
        }
        Ok(Self {
            mirror: parts.mirror,
            watch: parts.watch,
            arrivals: Arrivals::new(Arc::clone(&parts.documents)),
            queues: Box::new(parts.queues),
            walks: Walks::new(
                &parts.documents,
                settings.sweep.clone(),
                wiring::names_at_once(settings),
            ),
            exceptions: Exceptions::new(parts.documents),
            primary: settings.primary.identity.clone(),
            webhook: settings.webhook.clone(),
            event_topics: settings.event_topics.clone(),
            blob_events: BlobEvents::new(
                &settings.primary.identity,
                &settings.storage_map,
                settings.blob_debounce,
            ),
            clock: OffsetDateTime::now_utc,
            jitter: Box::new(backoff::jitter),
        })
    }
}

/// How long before it expires a token is warned about.
const WARNING: time::Duration = time::Duration::days(30);

fn warn_of_expiry(token: &TokenExpiry) {
    let left = token.at - OffsetDateTime::now_utc();
    if left < WARNING {
        tracing::warn!(
            target: "handler",
            side = token.side.as_str(),
            days_left = left.whole_days(),
            "the token expires soon; make a new one and put it into the app's settings"
        );
    }
}
