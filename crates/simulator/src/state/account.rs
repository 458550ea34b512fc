//! One account's resources.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;

use serde::{Deserialize, Serialize};

use super::{Kind, Record};
use crate::options::StorageOptions;

/// What a resource is found by. Names and parents are compared without regard to letter case, as ARM does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
    locators: Index,
    /// The locators of each content key ID.
    content_keys: Index,
    /// The assets of each container, by [`place`].
    places: Index,
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
            content_keys: HashMap::new(),
            places: HashMap::new(),
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
        self.list_after(kind, parent, None)
    }

    /// The same from behind a name on, which need not be there (any more).
    pub(crate) fn list_after(
        &self,
        kind: Kind,
        parent: Option<&str>,
        after: Option<&str>,
    ) -> impl Iterator<Item = &Record> {
        let place = Key::new(kind, parent, after.unwrap_or_default());
        let parent = place.parent.clone();
        // No record has an empty name.
        self.records
            .range((Bound::Excluded(place), Bound::Unbounded))
            .take_while(move |(key, _)| key.kind == kind && key.parent == parent)
            .map(|(_, record)| record)
    }

    /// The records of a kind with their keys, whatever their parents, in the order of parents and names.
    pub(crate) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = (&Key, &Record)> {
        self.records
            .range(Key::new(kind, None, "")..)
            .take_while(move |(key, _)| key.kind == kind)
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

    /// The locators that have a content key of that ID.
    pub(crate) fn locators_with_key(&self, id: &str) -> impl Iterator<Item = &Record> {
        self.content_keys
            .get(&id.to_lowercase())
            .into_iter()
            .flatten()
            .filter_map(|name| self.get(Kind::StreamingLocators, None, name))
    }

    /// The assets of the account whose bytes lie in that container of that storage.
    pub(crate) fn assets_in(
        &self,
        storage: &str,
        container: &str,
    ) -> impl Iterator<Item = &Record> {
        self.places
            .get(&place(storage, container))
            .into_iter()
            .flatten()
            .filter_map(|name| self.get(Kind::Assets, None, name))
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
        }
        self.index(&key, &record, |index, of, name| {
            index.entry(of).or_default().insert(name.to_owned());
        });
        self.records.insert(key, record);
    }

    /// Only [`World`](super::World) calls this.
    pub(super) fn remove(&mut self, key: &Key) -> Option<Record> {
        let record = self.records.remove(key)?;
        if key.kind == Kind::StreamingLocators {
            self.locator_ids.remove(&record.id.to_lowercase());
        }
        self.index(key, &record, |index, of, name| {
            if let Some(names) = index.get_mut(&of) {
                names.remove(name);
                if names.is_empty() {
                    index.remove(&of);
                }
            }
        });
        Some(record)
    }

    /// Changes every index in which the record stands.
    fn index(&mut self, key: &Key, record: &Record, change: impl Fn(&mut Index, String, &str)) {
        if let Some(asset) = record
            .text("assetName")
            .filter(|_| key.kind == Kind::StreamingLocators)
        {
            change(&mut self.locators, asset.to_lowercase(), &key.name);
        }
        for content_key in &record.keys {
            let id = content_key.id.to_lowercase();
            change(&mut self.content_keys, id, &key.name);
        }
        if let Some(storage) = record
            .text("storageAccountName")
            .filter(|_| key.kind == Kind::Assets)
        {
            let container = record.text("container").unwrap_or_default();
            change(&mut self.places, place(storage, container), &key.name);
        }
    }
}

/// Lower-case names by what they are looked up by.
type Index = HashMap<String, BTreeSet<String>>;

/// Where an asset's bytes lie.
fn place(storage: &str, container: &str) -> String {
    format!("{}/{container}", storage.to_lowercase())
}
