//! All accounts together, and what is unique beyond one account.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::{Account, Key, Kind, Record, predefined, seeds};
use crate::options::AccountOptions;
use crate::persistence::Log;

/// All accounts. Every change of a record goes through [`World::put`] and [`World::remove`].
pub(crate) struct World {
    accounts: BTreeMap<String, Account>,
    /// `storageaccount/container` of every asset: one container belongs to one asset, in all accounts.
    containers: Tally,
    /// `region/keyid` of every locator.
    content_keys: Tally,
    log: Option<Log>,
}

impl World {
    pub(crate) fn new(accounts: &[AccountOptions]) -> Self {
        let mut world = Self {
            accounts: BTreeMap::new(),
            containers: Tally::default(),
            content_keys: Tally::default(),
            log: None,
        };
        for options in accounts {
            // The same after every restart, and different for every account.
            let id = Uuid::new_v5(&Uuid::NAMESPACE_URL, options.name.to_lowercase().as_bytes());
            let account = Account::new(
                options.name.clone(),
                options.region.clone(),
                id.to_string(),
                options.storage.clone(),
            );
            world.accounts.insert(options.name.to_lowercase(), account);
            for record in predefined::streaming_policies() {
                let key = Key::new(Kind::StreamingPolicies, None, &record.name);
                world.put(&options.name, key, record);
            }
        }
        world
    }

    /// From now on every change is written to the log too.
    pub(crate) fn keep(&mut self, log: Log) {
        self.log = Some(log);
    }

    /// Gives every account what each has from its start, kept from now on like anything else.
    pub(crate) fn seed(&mut self) {
        let seeds: Vec<_> = self
            .accounts()
            .flat_map(|account| {
                let name = account.name.clone();
                seeds::of(account)
                    .into_iter()
                    .map(move |(key, record)| (name.clone(), key, record))
            })
            .collect();
        for (account, key, record) in seeds {
            self.put(&account, key, record);
        }
    }

    pub(crate) fn account(&self, name: &str) -> Option<&Account> {
        self.accounts.get(&name.to_lowercase())
    }

    pub(crate) fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }

    /// Creates or replaces a record.
    pub(crate) fn put(&mut self, account: &str, key: Key, record: Record) {
        self.release(account, &key);
        let Some(owner) = self.accounts.get_mut(&account.to_lowercase()) else {
            return;
        };
        if key.kind == Kind::Assets
            && let (Some(storage), Some(container)) =
                (record.text("storageAccountName"), record.text("container"))
        {
            self.containers.add(container_key(storage, container));
        }
        for content_key in &record.keys {
            self.content_keys
                .add(content_key_key(&owner.region, &content_key.id));
        }
        if let Some(log) = &mut self.log
            && !record.predefined
        {
            log.put(account, &key, &record);
        }
        owner.insert(key, record);
    }

    /// Removes a record and whatever hangs on it; the removed record, if there was one.
    pub(crate) fn remove(&mut self, account: &str, key: &Key) -> Option<Record> {
        for dependant in self.account(account)?.dependants(key) {
            self.remove(account, &dependant);
        }
        self.release(account, key);
        let removed = self
            .accounts
            .get_mut(&account.to_lowercase())?
            .remove(key)?;
        if let Some(log) = &mut self.log {
            log.remove(account, key);
        }
        Some(removed)
    }

    /// Whether an asset of any account has that container.
    pub(crate) fn container_taken(&self, storage: &str, container: &str) -> bool {
        self.containers.has(&container_key(storage, container))
    }

    /// Whether a locator of any account of the region has a content key with that ID.
    pub(crate) fn content_key_taken(&self, region: &str, id: &str) -> bool {
        self.content_keys.has(&content_key_key(region, id))
    }

    /// Forgets what the record held.
    fn release(&mut self, account: &str, key: &Key) {
        let Some(owner) = self.accounts.get(&account.to_lowercase()) else {
            return;
        };
        let Some(record) = owner.by_key(key) else {
            return;
        };
        if key.kind == Kind::Assets
            && let (Some(storage), Some(container)) =
                (record.text("storageAccountName"), record.text("container"))
        {
            self.containers.drop_one(&container_key(storage, container));
        }
        for content_key in &record.keys {
            self.content_keys
                .drop_one(&content_key_key(&owner.region, &content_key.id));
        }
    }
}

/// How many records hold each of some texts: one for what a dialect keeps unique, more where another does not.
#[derive(Default)]
struct Tally(HashMap<String, usize>);

impl Tally {
    fn add(&mut self, text: String) {
        *self.0.entry(text).or_default() += 1;
    }

    fn drop_one(&mut self, text: &str) {
        if let Some(count) = self.0.get_mut(text) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(text);
            }
        }
    }

    fn has(&self, text: &str) -> bool {
        self.0.contains_key(text)
    }
}

fn container_key(storage: &str, container: &str) -> String {
    format!("{}/{container}", storage.to_lowercase())
}

fn content_key_key(region: &str, id: &str) -> String {
    format!("{}/{}", region.to_lowercase(), id.to_lowercase())
}
