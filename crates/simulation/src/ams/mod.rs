//! A media-services account in memory, as the Azure Media Services v3 API behaves: what it refuses, what it fills in, what it
//! masks, what it rounds.
//!
//! Nothing here is shared with the local world's simulator or the mirror: where they misread the service, this need not agree.

mod assets;
pub(crate) mod client;
mod content_key_policies;
mod filters;
mod locators;
mod render;
mod streaming_policies;

use std::collections::{BTreeMap, BTreeSet};

use change::{Kind, Name, ResourceId};
use media::ErrorKind;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::{chance::Chance, storage::Storage};

pub(crate) use render::{Shown, parsed, text, written};
pub(crate) use streaming_policies::{labels_of, policies_named};

pub(crate) type Fields = Map<String, Value>;

/// What an account does with a property that it does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// Keeps it: the service has learned it already.
    Kept,
    /// Refuses the whole request.
    Refused,
}

/// One resource as it is, secrets and all.
#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) properties: Fields,
    pub(crate) created: OffsetDateTime,
    pub(crate) modified: OffsetDateTime,
}

impl Record {
    /// Whether PUT updates it.
    pub(crate) const fn can_change(&self, kind: Kind) -> bool {
        !matches!(kind, Kind::StreamingLocators | Kind::StreamingPolicies)
    }
}

pub(crate) struct Account {
    pub(crate) records: BTreeMap<ResourceId, Record>,
    /// Its storage accounts; the first is the primary one.
    pub(crate) storage: Vec<&'static str>,
    pub(crate) unknown: Unknown,
    /// Content key IDs that other accounts of the region use.
    pub(crate) taken: BTreeSet<String>,
    /// How many resources a page of a list has.
    pub(crate) page: usize,
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
}

impl Account {
    pub(crate) fn get(&self, id: &ResourceId) -> Option<&Record> {
        self.records.get(id)
    }

    pub(crate) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = (&ResourceId, &Record)> {
        self.records.iter().filter(move |(id, _)| id.kind() == kind)
    }

    /// Whether a streaming policy can be named: its own, or one that every account has.
    fn has_policy(&self, name: &str) -> bool {
        streaming_policies::predefined(name).is_some()
            || self.has(Kind::StreamingPolicies, Some(name))
    }

    /// Whether the resource is there that a field names, if it names one.
    fn has(&self, kind: Kind, name: Option<&str>) -> bool {
        name.is_none_or(|name| {
            Name::new(name)
                .is_ok_and(|name| self.records.contains_key(&ResourceId::new(kind, name)))
        })
    }

    /// PUT: creates, or updates what can be updated. Answers with the properties as they are then.
    pub(crate) fn put(
        &mut self,
        id: &ResourceId,
        body: &Fields,
        writing: &mut Writing<'_>,
    ) -> Result<Record, Refused> {
        let Some(Value::Object(wanted)) = body.get("properties") else {
            return Err(Refused::BAD_REQUEST);
        };
        let properties = match id.kind() {
            Kind::Assets => assets::write(self, id, wanted, writing)?,
            Kind::AssetFilters | Kind::AccountFilters => filters::write(self, id, wanted)?,
            Kind::ContentKeyPolicies => {
                content_key_policies::write(self, id, wanted, writing.chance)?
            }
            Kind::StreamingPolicies => streaming_policies::write(self, id, wanted)?,
            Kind::StreamingLocators => locators::write(self, id, wanted, writing.chance)?,
        };
        let record = Record {
            properties,
            created: self.get(id).map_or(writing.now, |old| old.created),
            modified: writing.now,
        };
        self.records.insert(id.clone(), record.clone());
        Ok(record)
    }

    /// DELETE. With an asset go its filters and its container, blobs and all, even one that was there before.
    pub(crate) fn delete(&mut self, id: &ResourceId, storage: &mut Storage) -> Option<Record> {
        let record = self.records.remove(id)?;
        if id.kind() == Kind::Assets {
            self.records
                .retain(|other, _| other.parent() != Some(id.name()));
            let of = |field| {
                text(&record.properties, field)
                    .unwrap_or_default()
                    .to_owned()
            };
            storage.delete_container(&of("storageAccountName"), &of("container"));
        }
        Some(record)
    }

    /// One page of a list, by name.
    pub(crate) fn list(
        &self,
        kind: Kind,
        parent: Option<&Name>,
        after: Option<&str>,
    ) -> (Vec<(ResourceId, Record)>, Option<String>) {
        let mut all = self
            .of_kind(kind)
            .filter(|(id, _)| id.parent() == parent)
            .filter(|(id, _)| after.is_none_or(|after| id.name().as_str() > after));
        let page: Vec<_> = all
            .by_ref()
            .take(self.page)
            .map(|(id, record)| (id.clone(), record.clone()))
            .collect();
        let next = all
            .next()
            .and(page.last())
            .map(|(id, _)| id.name().to_string());
        (page, next)
    }

    /// The locators that publish an asset.
    pub(crate) fn locators_of(&self, asset: &Name) -> Vec<Name> {
        self.of_kind(Kind::StreamingLocators)
            .filter(|(_, record)| text(&record.properties, "assetName") == Some(asset.as_str()))
            .map(|(id, _)| id.name().clone())
            .collect()
    }
}
