//! An account from the inside: filled and looked into without a request.

use std::sync::Arc;

use time::{Duration, OffsetDateTime};

use crate::copies::CopyEnd;
use crate::seed::{BlobState, Seed};
use crate::server::Shared;
use crate::store::{Account, Container, Metadata, Queue};
use crate::sync::lock;
use crate::{Paging, blob};

/// An account of the fake. Nothing done through it is a request, and nothing is in the journal.
///
/// Containers and queues that a method needs are made if they are not there. What is looked for and not
/// there is `None` or empty.
#[derive(Debug, Clone)]
pub struct AccountHandle {
    shared: Arc<Shared>,
    name: String,
}

impl AccountHandle {
    pub(crate) fn new(shared: Arc<Shared>, name: &str) -> Self {
        Self {
            shared,
            name: name.to_owned(),
        }
    }

    /// Makes a container, or gives the one there is this metadata.
    pub fn set_container<'a>(
        &self,
        container: &str,
        metadata: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) {
        let metadata: Metadata = metadata
            .into_iter()
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .collect();
        self.with_container(container, |container| container.metadata = metadata);
    }

    /// The metadata of a container, if it is there.
    #[must_use]
    pub fn container(&self, container: &str) -> Option<Metadata> {
        self.with(|account| {
            account
                .containers
                .get(container)
                .map(|container| container.metadata.clone())
        })
    }

    /// The names of the containers.
    #[must_use]
    pub fn containers(&self) -> Vec<String> {
        self.with(|account| account.containers.keys().cloned().collect())
    }

    /// Takes a container away, with all in it. Whether it was there.
    pub fn remove_container(&self, container: &str) -> bool {
        self.with(|account| account.containers.remove(container).is_some())
    }

    /// Puts a blob and returns its ETag, without quotes.
    pub fn put(&self, container: &str, name: &str, seed: Seed) -> String {
        let stamp = lock(&self.shared.store).stamp(&self.name);
        let blob = seed.into_blob(stamp);
        let etag = blob.stamp.etag.clone();
        self.with_container(container, |container| container.put(name, blob));
        etag
    }

    /// Takes a blob away. Whether it was there.
    pub fn remove(&self, container: &str, name: &str) -> bool {
        self.with(|account| {
            account
                .containers
                .get_mut(container)
                .is_some_and(|container| container.slots.remove(name).is_some())
        })
    }

    /// A blob, if it is there.
    #[must_use]
    pub fn blob(&self, container: &str, name: &str) -> Option<BlobState> {
        self.with(|account| {
            Some(BlobState::of(
                account.containers.get(container)?.blob(name).ok()?,
            ))
        })
    }

    /// The names of a container's blobs, in the order of listings.
    #[must_use]
    pub fn blobs(&self, container: &str) -> Vec<String> {
        self.with(|account| {
            let slots = account
                .containers
                .get(container)
                .into_iter()
                .flat_map(|container| &container.slots);
            slots
                .filter(|(_, slot)| slot.blob.is_some())
                .map(|(name, _)| name.clone())
                .collect()
        })
    }

    /// How many uncommitted blocks stand under a name.
    #[must_use]
    pub fn uncommitted_blocks(&self, container: &str, name: &str) -> usize {
        self.with(|account| {
            let slot = account
                .containers
                .get(container)
                .and_then(|container| container.slots.get(name));
            slot.map_or(0, |slot| slot.uncommitted.len())
        })
    }

    /// Ends the pending copy onto a blob. Whether there was one.
    pub fn end_copy(&self, container: &str, name: &str, end: CopyEnd) -> bool {
        blob::end_copy(
            &mut lock(&self.shared.store),
            &self.name,
            container,
            name,
            Some(end),
        )
        .is_ok()
    }

    /// Makes a queue.
    pub fn create_queue(&self, queue: &str) {
        self.with(|account| {
            account.queues.entry(queue.to_owned()).or_default();
        });
    }

    /// Sends a message, as it is, without an end.
    pub fn send(&self, queue: &str, text: &str) {
        let now = lock(&self.shared.store).now(&self.name);
        self.with(|account| {
            let queue = account
                .queues
                .entry(queue.to_owned())
                .or_insert_with(Queue::default);
            queue.put(text.to_owned(), now, Duration::ZERO, None);
        });
    }

    /// The texts of a queue's messages, visible or not, oldest first.
    #[must_use]
    pub fn messages(&self, queue: &str) -> Vec<String> {
        self.with(|account| {
            let messages = account
                .queues
                .get(queue)
                .into_iter()
                .flat_map(|queue| &queue.messages);
            messages.map(|message| message.text.clone()).collect()
        })
    }

    /// Sets this account's clock: how far it is ahead of the machine's (behind, when negative). It is the clock
    /// of `Date`, `Last-Modified`, SAS, and messages, so moving it ahead makes hidden messages visible.
    pub fn set_clock_offset(&self, offset: Duration) {
        self.with(|account| account.clock_offset = offset);
    }

    /// The time by this account's clock.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        lock(&self.shared.store).now(&self.name)
    }

    /// Changes how listings are cut into pages.
    pub fn set_paging(&self, paging: Paging) {
        self.with(|account| account.paging = paging);
    }

    /// Makes anonymous reads meet `PublicAccessNotPermitted` (409), as accounts made today do, instead of the
    /// 404 of a private container.
    pub fn forbid_public_access(&self, forbidden: bool) {
        self.with(|account| account.public_access_forbidden = forbidden);
    }

    fn with<T>(&self, work: impl FnOnce(&mut Account) -> T) -> T {
        work(
            lock(&self.shared.store)
                .accounts
                .entry(self.name.clone())
                .or_default(),
        )
    }

    fn with_container(&self, name: &str, work: impl FnOnce(&mut Container)) {
        let stamp = lock(&self.shared.store).stamp(&self.name);
        self.with(|account| {
            let container = account
                .containers
                .entry(name.to_owned())
                .or_insert_with(|| Container::new(Metadata::new(), stamp));
            work(container);
        });
    }
}
