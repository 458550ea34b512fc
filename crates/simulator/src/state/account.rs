//! One account's resources.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::{Kind, Record};
use crate::options::StorageOptions;

/// What a resource is found by. Names and parents are compared without regard to letter case, as ARM does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Key {
    pub kind: Kind,
    pub parent: String,
    pub name: String,
}

impl Key {
    pub(crate) fn new(kind: Kind, parent: Option<&str>, name: &str) -> Self {
        Self {
            kind,
            parent: parent.unwrap_or_default().to_lowercase(),
            name: name.to_lowercase(),
        }
    }
}

/// One media-services account.
pub(crate) struct Account {
    pub name: String,
    pub region: String,
    pub media_service_id: String,
    pub storage: Vec<StorageOptions>,
    records: BTreeMap<Key, Record>,
    /// Streaming locator IDs, lower case, and whose they are.
    locator_ids: HashMap<String, Key>,
    /// The locators of each asset (lower-case names).
    locators: HashMap<String, BTreeSet<String>>,
}

impl Account {
    pub(crate) fn new(
        name: String,
        region: String,
        media_service_id: String,
        storage: Vec<StorageOptions>,
    ) -> Self {
        Self {
            name,
            region,
            media_service_id,
            storage,
            records: BTreeMap::new(),
            locator_ids: HashMap::new(),
            locators: HashMap::new(),
        }
    }

    pub(crate) fn get(&self, kind: Kind, parent: Option<&str>, name: &str) -> Option<&Record> {
        self.records.get(&Key::new(kind, parent, name))
    }

    /// The record of a key.
    pub(super) fn by_key(&self, key: &Key) -> Option<&Record> {
        self.records.get(key)
    }

    pub(crate) fn has(&self, kind: Kind, parent: Option<&str>, name: &str) -> bool {
        self.get(kind, parent, name).is_some()
    }

    /// The records of a kind (and parent) in the order of their names.
    pub(crate) fn list(&self, kind: Kind, parent: Option<&str>) -> impl Iterator<Item = &Record> {
        let parent = parent.unwrap_or_default().to_lowercase();
        let first = Key {
            kind,
            parent: parent.clone(),
            name: String::new(),
        };
        self.records
            .range(first..)
            .take_while(move |(key, _)| key.kind == kind && key.parent == parent)
            .map(|(_, record)| record)
    }

    /// Every record with its key.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Key, &Record)> {
        self.records.iter()
    }

    /// The locators of an asset, by name.
    pub(crate) fn locators_of(&self, asset: &str) -> impl Iterator<Item = &Record> {
        self.locators
            .get(&asset.to_lowercase())
            .into_iter()
            .flatten()
            .filter_map(|name| self.get(Kind::StreamingLocators, None, name))
    }

    /// Whether a locator of the account has that ID.
    pub(crate) fn has_locator_id(&self, id: &str) -> bool {
        self.locator_ids.contains_key(&id.to_lowercase())
    }

    /// What hangs on a resource and goes with it: a parent's children, and an asset's locators (no source says what
    /// became of these; a locator without an asset could play nothing).
    pub(crate) fn dependants(&self, key: &Key) -> Vec<Key> {
        let mut found: Vec<Key> = Kind::ALL
            .into_iter()
            .filter(|kind| kind.parent() == Some(key.kind))
            .flat_map(|kind| {
                self.list(kind, Some(&key.name))
                    .map(move |record| Key::new(kind, Some(&key.name), &record.name))
            })
            .collect();
        if key.kind == Kind::Assets {
            found.extend(
                self.locators_of(&key.name)
                    .map(|record| Key::new(Kind::StreamingLocators, None, &record.name)),
            );
        }
        found
    }

    /// Only [`World`](super::World) calls this: it keeps what is unique across accounts.
    pub(super) fn insert(&mut self, key: Key, record: Record) {
        self.remove(&key);
        if key.kind == Kind::StreamingLocators {
            self.locator_ids
                .insert(record.id.to_lowercase(), key.clone());
            if let Some(asset) = record.text("assetName") {
                self.locators
                    .entry(asset.to_lowercase())
                    .or_default()
                    .insert(key.name.clone());
            }
        }
        self.records.insert(key, record);
    }

    /// Only [`World`](super::World) calls this.
    pub(super) fn remove(&mut self, key: &Key) -> Option<Record> {
        let record = self.records.remove(key)?;
        if key.kind == Kind::StreamingLocators {
            self.locator_ids.remove(&record.id.to_lowercase());
            if let Some(asset) = record.text("assetName").map(str::to_lowercase)
                && let Some(names) = self.locators.get_mut(&asset)
            {
                names.remove(&key.name);
                if names.is_empty() {
                    self.locators.remove(&asset);
                }
            }
        }
        Some(record)
    }
}
