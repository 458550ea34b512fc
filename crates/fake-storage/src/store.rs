//! Everything the fake remembers.

mod blob;
mod copy;
mod message;
mod stamp;

use std::collections::BTreeMap;

use time::{Duration, OffsetDateTime};

pub(crate) use blob::{Blob, Block, ContentHeaders, Slot, Tier, md5_from_base64, md5_to_base64};
pub(crate) use copy::{CopyRecord, CopyStatus, Pending};
pub(crate) use message::{Message, Queue};
pub(crate) use stamp::{Stamp, http_time, iso_time_7};

use crate::refusal::Refusal;

/// Metadata of a blob, a container or a queue: names in lower case, as HTTP carries them.
pub type Metadata = BTreeMap<String, String>;

/// All accounts.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) accounts: BTreeMap<String, Account>,
    pub(crate) stamps: stamp::Stamps,
}

impl Store {
    pub(crate) fn account(&self, name: &str) -> Result<&Account, Refusal> {
        self.accounts
            .get(name)
            .ok_or_else(Refusal::account_not_found)
    }

    pub(crate) fn account_mut(&mut self, name: &str) -> Result<&mut Account, Refusal> {
        self.accounts
            .get_mut(name)
            .ok_or_else(Refusal::account_not_found)
    }

    /// The time by this account's clock.
    pub(crate) fn now(&self, account: &str) -> OffsetDateTime {
        let offset = self
            .accounts
            .get(account)
            .map_or(Duration::ZERO, |account| account.clock_offset);
        OffsetDateTime::now_utc() + offset
    }

    /// A new ETag and the present time by this account's clock.
    pub(crate) fn stamp(&mut self, account: &str) -> Stamp {
        let now = self.now(account);
        self.stamps.next(now)
    }
}

/// One storage account.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) containers: BTreeMap<String, Container>,
    pub(crate) queues: BTreeMap<String, Queue>,
    /// How far this account's clock is ahead of the machine's.
    pub(crate) clock_offset: Duration,
    /// Whether anonymous reads meet `PublicAccessNotPermitted` rather than a private container's 404.
    pub(crate) public_access_forbidden: bool,
    pub(crate) paging: crate::Paging,
}

impl Account {
    pub(crate) fn container(&self, name: &str) -> Result<&Container, Refusal> {
        self.containers
            .get(name)
            .ok_or_else(Refusal::container_not_found)
    }

    pub(crate) fn container_mut(&mut self, name: &str) -> Result<&mut Container, Refusal> {
        self.containers
            .get_mut(name)
            .ok_or_else(Refusal::container_not_found)
    }

    pub(crate) fn queue_mut(&mut self, name: &str) -> Result<&mut Queue, Refusal> {
        self.queues
            .get_mut(name)
            .ok_or_else(Refusal::queue_not_found)
    }
}

/// One container.
#[derive(Debug)]
pub(crate) struct Container {
    pub(crate) metadata: Metadata,
    pub(crate) stamp: Stamp,
    pub(crate) slots: BTreeMap<String, Slot>,
}

impl Container {
    pub(crate) fn new(metadata: Metadata, stamp: Stamp) -> Self {
        Self {
            metadata,
            stamp,
            slots: BTreeMap::new(),
        }
    }

    pub(crate) fn blob(&self, name: &str) -> Result<&Blob, Refusal> {
        self.slots
            .get(name)
            .and_then(|slot| slot.blob.as_ref())
            .ok_or_else(Refusal::blob_not_found)
    }

    pub(crate) fn blob_mut(&mut self, name: &str) -> Result<&mut Blob, Refusal> {
        self.slots
            .get_mut(name)
            .and_then(|slot| slot.blob.as_mut())
            .ok_or_else(Refusal::blob_not_found)
    }

    /// Puts a blob under its name: uncommitted blocks of that name are gone.
    pub(crate) fn put(&mut self, name: &str, blob: Blob) {
        self.slots.insert(
            name.to_owned(),
            Slot {
                blob: Some(blob),
                uncommitted: BTreeMap::new(),
            },
        );
    }
}
