//! A media-services account in memory: what both services have in common. What each refuses, fills in, masks and rounds stands in
//! [`ams`](crate::ams) and [`mkio`](crate::mkio).
//!
//! Nothing here is shared with the local world's simulator or the mirror: where they misread a service, this need not agree.

pub(crate) mod caller;
mod fields;
pub(crate) mod filters;
pub(crate) mod keys;
mod lists;
mod policies;
mod secrets;

use std::collections::{BTreeMap, BTreeSet};

use change::{Kind, Name, ResourceId};
use media::ErrorKind;
use mirror::rules::Backend;
use time::OffsetDateTime;

use crate::{
    ams,
    chance::Chance,
    mkio::{self, Switches},
    storage::Storage,
};

pub(crate) use fields::{Fields, flat, of_names, parsed, text, written};
pub(crate) use lists::{Lie, Lists};
pub(crate) use policies::{PREDEFINED, SCHEMES, labels_of, policies_named, predefined};
pub(crate) use secrets::{has_fair_play, masked, without_fair_play};

/// Which service an account is of, with what nobody knows of it for certain.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Service {
    Ams,
    Mkio(Switches),
}

impl Service {
    pub(crate) const fn backend(self) -> Backend {
        match self {
            Self::Ams => Backend::Ams,
            Self::Mkio(_) => Backend::Mkio,
        }
    }
}

/// What an account does with a property that it does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// Keeps it: the service has learned it already.
    Kept,
    /// Refuses the whole request.
    Refused,
}

/// How a resource is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Put,
    Patch,
}

impl Verb {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Put => "PUT",
            Self::Patch => "PATCH",
        }
    }
}

/// In answer to what a resource is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    Get,
    Put,
    List,
}

/// One resource as it is, secrets and all. Among the properties are the labels of an asset.
#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) properties: Fields,
    pub(crate) created: OffsetDateTime,
    pub(crate) modified: OffsetDateTime,
    /// Since when it can be used.
    pub(crate) usable: OffsetDateTime,
}

pub(crate) struct Account {
    pub(crate) service: Service,
    pub(crate) records: BTreeMap<ResourceId, Record>,
    /// Its storage, by the name that assets give it, with the storage account; the first is the primary one.
    pub(crate) storage: Vec<(&'static str, &'static str)>,
    pub(crate) unknown: Unknown,
    /// Content key IDs that other accounts of the region use.
    pub(crate) taken: BTreeSet<String>,
    pub(crate) lists: Lists,
}

/// Why the service refused.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused {
    pub(crate) kind: ErrorKind,
    pub(crate) status: u16,
    pub(crate) code: &'static str,
}

impl Refused {
    pub(crate) const BAD_REQUEST: Self = Self {
        kind: ErrorKind::Refused,
        status: 400,
        code: "BadRequest",
    };
    /// As a client understands the service's own 404 in answer to a write.
    pub(crate) const NOT_FOUND: Self = Self {
        kind: ErrorKind::Unavailable,
        status: 404,
        code: "NotFound",
    };
    pub(crate) const CONFLICT: Self = Self {
        kind: ErrorKind::Conflict,
        status: 409,
        code: "Conflict",
    };
    pub(crate) const KEY_ID_TAKEN: Self = Self {
        kind: ErrorKind::KeyIdTaken,
        status: 400,
        code: "BadRequest",
    };
    pub(crate) const CONTAINER_TAKEN: Self = Self {
        kind: ErrorKind::ContainerTaken,
        status: 400,
        code: "BadRequest",
    };
}

/// What a write needs besides the account.
pub(crate) struct Writing<'a> {
    pub(crate) now: OffsetDateTime,
    pub(crate) chance: &'a Chance,
    pub(crate) storage: &'a mut Storage,
    /// The streaming locator IDs of the other account.
    pub(crate) ids_elsewhere: BTreeSet<String>,
}

impl Account {
    pub(crate) fn get(&self, id: &ResourceId) -> Option<&Record> {
        self.records.get(id)
    }

    pub(crate) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = (&ResourceId, &Record)> {
        self.records.iter().filter(move |(id, _)| id.kind() == kind)
    }

    /// Whether a streaming policy can be named: its own, or one that every account has.
    pub(crate) fn has_policy(&self, name: &str) -> bool {
        predefined(name).is_some() || self.has(Kind::StreamingPolicies, Some(name))
    }

    /// Whether the resource is there that a field names, if it names one.
    pub(crate) fn has(&self, kind: Kind, name: Option<&str>) -> bool {
        name.is_none_or(|name| {
            Name::new(name)
                .is_ok_and(|name| self.records.contains_key(&ResourceId::new(kind, name)))
        })
    }

    /// The storage account behind the name that assets give it.
    pub(crate) fn storage_account(&self, name: &str) -> Option<&'static str> {
        let known = self.storage.iter().find(|(known, _)| *known == name);
        known.map(|(_, account)| *account)
    }

    /// Where an asset's blobs are: storage account and container.
    pub(crate) fn place(&self, asset: &Fields) -> Option<(String, String)> {
        let account = self.storage_account(text(asset, "storageAccountName")?)?;
        Some((account.to_owned(), text(asset, "container")?.to_owned()))
    }

    /// Where the blobs of an asset that it has are.
    pub(crate) fn place_of(&self, asset: &ResourceId) -> Option<(String, String)> {
        self.place(&self.get(asset)?.properties)
    }

    /// Whether another asset has its blobs there.
    pub(crate) fn is_bound(&self, storage: &str, container: &str) -> bool {
        self.of_kind(Kind::Assets).any(|(_, other)| {
            text(&other.properties, "container") == Some(container)
                && text(&other.properties, "storageAccountName") == Some(storage)
        })
    }

    /// The IDs of its locators, in lower case.
    pub(crate) fn locator_ids(&self) -> BTreeSet<String> {
        self.of_kind(Kind::StreamingLocators)
            .filter_map(|(_, other)| text(&other.properties, "streamingLocatorId"))
            .map(str::to_ascii_lowercase)
            .collect()
    }

    /// Creates, or updates what can be updated. Answers with the properties as they are then.
    pub(crate) fn write(
        &mut self,
        verb: Verb,
        id: &ResourceId,
        body: &Fields,
        writing: &mut Writing<'_>,
    ) -> Result<Record, Refused> {
        let wanted = flat(body).ok_or(Refused::BAD_REQUEST)?;
        let properties = match self.service {
            Service::Ams => ams::write(self, id, &wanted, writing)?,
            Service::Mkio(switches) => mkio::write(self, switches, verb, id, &wanted, writing)?,
        };
        let now = writing.now;
        let old = self.get(id);
        let moves = match self.service {
            Service::Ams => true,
            Service::Mkio(switches) => switches.stamps_move,
        };
        let record = Record {
            properties,
            created: old.map_or(now, |old| old.created),
            modified: old.filter(|_| !moves).map_or(now, |old| old.modified),
            usable: old.map_or_else(
                || match self.service {
                    Service::Ams => now,
                    Service::Mkio(switches) => now + switches.creation(id.kind(), writing.chance),
                },
                |old| old.usable,
            ),
        };
        self.records.insert(id.clone(), record.clone());
        Ok(record)
    }

    /// Whether the service updates a resource that is there.
    pub(crate) const fn updates(&self, kind: Kind) -> bool {
        match self.service {
            Service::Ams => !matches!(kind, Kind::StreamingLocators | Kind::StreamingPolicies),
            Service::Mkio(switches) => {
                !matches!(kind, Kind::StreamingPolicies) || switches.policies_update
            }
        }
    }

    /// A resource as a call answers with it.
    pub(crate) fn shown(
        &self,
        id: &ResourceId,
        record: &Record,
        how: Shown,
        now: OffsetDateTime,
        chance: &Chance,
    ) -> Fields {
        match self.service {
            Service::Ams => ams::shown(record, id, how, chance),
            Service::Mkio(switches) => mkio::shown(record, id, how, switches, now, chance),
        }
    }

    /// DELETE. With an asset go its filters and, as the service has it, its container.
    pub(crate) fn delete(&mut self, id: &ResourceId, storage: &mut Storage) -> Option<Record> {
        if self.service.backend() == Backend::Mkio && filters::is_named(self, id) {
            return None;
        }
        let record = self.records.remove(id)?;
        if id.kind() == Kind::Assets {
            self.records
                .retain(|other, _| other.parent() != Some(id.name()));
            let goes = match self.service {
                // Even one that was there before.
                Service::Ams => true,
                Service::Mkio(_) => {
                    text(&record.properties, "containerDeletionPolicy") == Some("Delete")
                }
            };
            if let Some((account, container)) = self.place(&record.properties).filter(|_| goes) {
                storage.delete_container(&account, &container);
            }
        }
        Some(record)
    }

    /// The locators that publish an asset.
    pub(crate) fn locators_of(&self, asset: &Name) -> Vec<Name> {
        self.of_kind(Kind::StreamingLocators)
            .filter(|(_, record)| text(&record.properties, "assetName") == Some(asset.as_str()))
            .map(|(id, _)| id.name().clone())
            .collect()
    }
}
