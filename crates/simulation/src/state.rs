//! Everything that outlives a process: both accounts, both regions' storage, and what is noted about them.

use std::collections::{BTreeMap, BTreeSet};

use change::{Kind, ResourceId};
use media::Side;
use mirror::rules::Backend;
use serde_json::json;
use time::OffsetDateTime;

use crate::{
    account::{Account, Fields, Record, Refused, Service, Verb, Writing},
    chance::Chance,
    documents::Papers,
    mkio::{Served, Switches},
    promises::watch::Watch,
    storage::Storage,
    weather::Part,
};

pub(crate) struct State {
    pub(crate) primary: Account,
    pub(crate) secondary: Account,
    pub(crate) storage: Storage,
    pub(crate) journal: Journal,
    pub(crate) chronicle: Chronicle,
    pub(crate) watch: Watch,
    pub(crate) papers: Papers,
    pub(crate) served: Served,
}

impl State {
    pub(crate) const fn account(&self, side: Side) -> &Account {
        match side {
            Side::Primary => &self.primary,
            Side::Secondary => &self.secondary,
        }
    }

    pub(crate) const fn account_and_storage(&mut self, side: Side) -> (&mut Account, &mut Storage) {
        let account = match side {
            Side::Primary => &mut self.primary,
            Side::Secondary => &mut self.secondary,
        };
        (account, &mut self.storage)
    }

    /// The service that both accounts are of.
    pub(crate) const fn backend(&self) -> Backend {
        self.primary.service.backend()
    }

    /// How the replica's service is in what is uncertain, if it is MK.IO.
    pub(crate) const fn switches(&self) -> Option<Switches> {
        match self.secondary.service {
            Service::Ams => None,
            Service::Mkio(switches) => Some(switches),
        }
    }

    /// A resource changed and nobody is told: what was told of it, and of what names it, says nothing any more.
    pub(crate) fn forget_told(&mut self, changed: &ResourceId) {
        let name = json!(changed.name().as_str()).to_string();
        let names_it = |id: &ResourceId| {
            let record = self.primary.get(id);
            record.is_some_and(|record| json!(record.properties).to_string().contains(&name))
        };
        let stale: Vec<ResourceId> = self
            .chronicle
            .told
            .iter()
            .filter(|id| *id == changed || names_it(id))
            .cloned()
            .collect();
        for id in stale {
            self.chronicle.told.remove(&id);
        }
    }

    /// Creates or updates a resource of an account.
    pub(crate) fn write(
        &mut self,
        side: Side,
        verb: Verb,
        id: &ResourceId,
        body: &Fields,
        now: OffsetDateTime,
        chance: &Chance,
    ) -> Result<Record, Refused> {
        let other = match side {
            Side::Primary => &self.secondary,
            Side::Secondary => &self.primary,
        };
        let ids_elsewhere = other.locator_ids();
        let (account, storage) = self.account_and_storage(side);
        let mut writing = Writing {
            now,
            chance,
            storage,
            ids_elsewhere,
        };
        let there = account.get(id).is_some();
        let record = account.write(verb, id, body, &mut writing)?;
        if let Some(switches) = self.switches()
            && id.kind() == Kind::StreamingLocators
            && !there
        {
            self.served.provide(switches, side, &record.properties);
        }
        Ok(record)
    }

    /// Deletes a resource of an account. With a locator its content keys go from the servers that hand out licences.
    pub(crate) fn delete(&mut self, side: Side, id: &ResourceId) -> Option<Record> {
        let (account, storage) = self.account_and_storage(side);
        let record = account.delete(id, storage)?;
        if let Some(switches) = self.switches()
            && id.kind() == Kind::StreamingLocators
        {
            self.served.withdraw(switches, side, &record.properties);
        }
        Some(record)
    }
}

/// Every state that a resource of the primary ever had, deletions left out, and those that a replica had before the mirror came.
#[derive(Default)]
pub(crate) struct Chronicle {
    pub(crate) sources: BTreeMap<ResourceId, Vec<Fields>>,
    pub(crate) found: BTreeMap<ResourceId, Vec<Fields>>,
    /// Locators that are withdrawn and whose deletion was announced to the mirror: how long the log was then.
    pub(crate) announced: BTreeMap<ResourceId, usize>,
    /// Locators as the last webhook that came through had them.
    pub(crate) heard: BTreeMap<ResourceId, Fields>,
    /// What events told of.
    pub(crate) told: BTreeSet<ResourceId>,
    /// Assets that a job finished into.
    pub(crate) jobs: Vec<ResourceId>,
}

/// Every call that reached a service.
#[derive(Default)]
pub(crate) struct Journal {
    pub(crate) calls: Vec<Noted>,
    on: bool,
    pub(crate) counted: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Noted {
    pub(crate) part: Part,
    pub(crate) what: String,
    pub(crate) writes: bool,
    /// Whether it was a write that the storage service refused: what it was to replace, or its source, is not as it was.
    pub(crate) in_vain: bool,
}

impl Journal {
    /// Forgets what was noted and notes everything from now on.
    pub(crate) fn start(&mut self) {
        self.calls.clear();
        self.on = true;
    }

    /// The last call was a write in vain.
    pub(crate) fn in_vain(&mut self) {
        if let Some(last) = self.calls.last_mut() {
            last.in_vain = true;
        }
    }

    pub(crate) fn note(&mut self, part: Part, what: &str, writes: bool) {
        self.counted += 1;
        if self.on {
            self.calls.push(Noted {
                part,
                what: what.to_owned(),
                writes,
                in_vain: false,
            });
        }
    }
}
