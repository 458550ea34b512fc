//! The platform: whoever encodes, publishes, changes and withdraws in the primary, through its API, and never waits for the mirror.

pub(crate) mod bodies;
mod found;
mod locators;
mod steps;
mod titles;

use std::sync::Arc;

use change::{Kind, Name, ResourceId};
use media::Side;
use serde_json::{Value, json};

use crate::{
    ams::{Fields, Writing, text},
    chance::Chance,
    host::{
        Host,
        grid::{PRIMARY_IN_EVENTS, job_event, resource_event},
    },
    storage::Blob,
    world::World,
};

pub(crate) struct Platform {
    pub(crate) world: Arc<World>,
    pub(crate) hosts: Vec<Arc<Host>>,
    pub(crate) chance: Chance,
    /// Whether its changes raise events. Those before the mirror was set up did not.
    pub(crate) raises_events: bool,
}

/// A resource that has no parent.
///
/// # Panics
/// When the name is none; names here are constants.
pub(crate) fn named(kind: Kind, name: &str) -> ResourceId {
    ResourceId::new(kind, Name::new(name).expect("a name"))
}

impl Platform {
    /// PUT. Whether the service took it.
    pub(crate) fn put(&self, id: &ResourceId, properties: Value) -> bool {
        let world = &self.world;
        let mut body = Fields::new();
        body.insert("properties".to_owned(), properties);
        let mut state = world.state();
        let (account, storage) = state.account_and_storage(Side::Primary);
        let mut writing = Writing {
            now: world.clock.now(),
            chance: &self.chance,
            storage,
        };
        let Ok(record) = account.put(id, &body, &mut writing) else {
            drop(state);
            world.say(format_args!("platform  PUT {id}: refused"));
            return false;
        };
        let past = state.chronicle.sources.entry(id.clone()).or_default();
        past.push(record.properties);
        state.chronicle.announced.remove(id);
        drop(state);
        world.say(format_args!("platform  PUT {id}"));
        self.raise(id, false);
        true
    }

    /// DELETE. The resource as it was, if it was there.
    pub(crate) fn delete(&self, id: &ResourceId) -> Option<Fields> {
        let world = &self.world;
        let mut state = world.state();
        let (account, storage) = state.account_and_storage(Side::Primary);
        let record = account.delete(id, storage)?;
        drop(state);
        world.say(format_args!("platform  DELETE {id}"));
        self.raise(id, true);
        Some(record.properties)
    }

    fn raise(&self, id: &ResourceId, deleted: bool) {
        if self.raises_events {
            self.world.state().chronicle.told.insert(id.clone());
            let path = id.segments().join("/");
            let event = resource_event(&self.world, PRIMARY_IN_EVENTS, &path, deleted);
            self.world.publish(&self.hosts, "resource-changed", event);
        }
    }

    /// Writes a blob into an asset's container. No event tells of it.
    pub(crate) fn upload(&self, asset: &ResourceId, name: &str, blob: Blob) {
        let now = self.world.clock.now();
        let mut state = self.world.state();
        let Some((account, container)) = place(&state.primary, asset) else {
            return;
        };
        state.storage.write(&account, &container, name, blob, now);
        drop(state);
        self.world
            .say(format_args!("platform  uploads {name} into {asset}"));
    }

    /// A job is done: its outputs are complete.
    pub(crate) fn finish_job(&self, assets: &[&ResourceId]) {
        let outputs: Vec<(&str, &str)> = assets
            .iter()
            .map(|asset| (asset.name().as_str(), "Finished"))
            .collect();
        let mut state = self.world.state();
        state
            .chronicle
            .jobs
            .extend(assets.iter().map(|asset| (*asset).clone()));
        drop(state);
        self.world
            .say(format_args!("platform  finishes a job: {outputs:?}"));
        if self.raises_events {
            let event = job_event(&self.world, &outputs);
            self.world.publish(&self.hosts, "job-finished", event);
        }
    }

    /// The resources of a kind that the primary has now.
    pub(crate) fn ids(&self, kind: Kind) -> Vec<ResourceId> {
        let state = self.world.state();
        state
            .primary
            .of_kind(kind)
            .map(|(id, _)| id.clone())
            .collect()
    }

    fn names(&self, kind: Kind) -> Vec<String> {
        let ids = self.ids(kind);
        ids.iter().map(|id| id.name().to_string()).collect()
    }

    /// A hint for everything that the primary has: as a walk would send it.
    pub(crate) fn walk(&self) {
        let mut ids: Vec<ResourceId> = {
            let state = self.world.state();
            state.primary.records.keys().cloned().collect()
        };
        self.chance.shuffle(&mut ids);
        self.world
            .say(format_args!("a walk names {} resources", ids.len()));
        for id in ids {
            let hint = json!({
                "v": 1, "kind": id.kind().as_str(), "name": id.name().as_str(),
                "parent": id.parent().map(Name::as_str), "cause": "walk",
                "since": crate::ams::written(self.world.clock.now()),
            });
            self.world.queues.send(
                id.kind().queue(),
                &hint.to_string(),
                std::time::Duration::ZERO,
            );
        }
    }
}

/// Where an asset's blobs are.
pub(crate) fn place(account: &crate::ams::Account, asset: &ResourceId) -> Option<(String, String)> {
    let properties = &account.get(asset)?.properties;
    let of = |name| text(properties, name).map(ToOwned::to_owned);
    Some((of("storageAccountName")?, of("container")?))
}
