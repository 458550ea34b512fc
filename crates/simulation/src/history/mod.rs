//! The platform: whoever encodes, publishes, changes and withdraws in the primary, through its API, and never waits for the mirror.

pub(crate) mod bodies;
mod found;
mod locators;
mod steps;
mod titles;

use std::sync::Arc;

use change::{Kind, Name, ResourceId};
use media::Side;
use mirror::rules::Backend;
use serde_json::{Value, json};

use crate::{
    account::{Account, Fields, Shown, Verb, text},
    chance::Chance,
    host::{
        Host,
        grid::{self, PRIMARY_IN_EVENTS, Target, resource_event},
        webhooks,
    },
    promises::terms::terms,
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
    /// Creates or updates, however the service has that done. Whether it took it.
    pub(crate) fn put(&self, id: &ResourceId, properties: Value) -> bool {
        let world = &self.world;
        let mut state = world.state();
        let (verb, body) = request(&state.primary, id, properties);
        let there = state.primary.get(id).is_some();
        let now = world.clock.now();
        let Ok(record) = state.write(Side::Primary, verb, id, &body, now, &self.chance) else {
            drop(state);
            world.say(format_args!("platform  {} {id}: refused", verb.as_str()));
            return false;
        };
        let past = state.chronicle.sources.entry(id.clone()).or_default();
        past.push(record.properties);
        state.chronicle.announced.remove(id);
        drop(state);
        world.say(format_args!("platform  {} {id}", verb.as_str()));
        let happened = if there {
            Happened::Changed
        } else {
            Happened::Created
        };
        self.raise(id, happened);
        true
    }

    /// DELETE. The resource as it was, if it was there.
    pub(crate) fn delete(&self, id: &ResourceId) -> Option<Fields> {
        let world = &self.world;
        let mut state = world.state();
        let record = state.delete(Side::Primary, id)?;
        drop(state);
        world.say(format_args!("platform  DELETE {id}"));
        self.raise(id, Happened::Deleted);
        Some(record.properties)
    }

    /// Tells the mirror of it, if the service does.
    fn raise(&self, id: &ResourceId, happened: Happened) {
        let world = &self.world;
        let terms = terms(world.backend);
        let announced = match happened {
            Happened::Created => terms.announces_created,
            Happened::Changed => terms.announces_changed,
            Happened::Deleted => terms.announces_deleted,
        };
        if !self.raises_events || !announced.contains(&id.kind()) {
            world.state().forget_told(id);
            return;
        }
        world.state().chronicle.told.insert(id.clone());
        let (to, event) = match world.backend {
            Backend::Ams => {
                let path = id.segments().join("/");
                let deleted = happened == Happened::Deleted;
                let event = resource_event(world, PRIMARY_IN_EVENTS, &path, deleted);
                (Target::Function("resource-changed"), event)
            }
            Backend::Mkio => {
                let state = world.state();
                let shown = state.primary.get(id).map(|record| {
                    let (now, chance) = (world.clock.now(), &world.delivery_chance);
                    state.primary.shown(id, record, Shown::Get, now, chance)
                });
                drop(state);
                let event = webhooks::locator_event(world, webhooks::PRIMARY, id, json!(shown));
                (Target::Webhook(webhooks::SECRET), event)
            }
        };
        world.publish(&self.hosts, to, event);
    }

    /// Writes a blob into an asset's container. No event tells of it.
    pub(crate) fn upload(&self, asset: &ResourceId, name: &str, blob: Blob) {
        let now = self.world.clock.now();
        let mut state = self.world.state();
        let Some((account, container)) = state.primary.place_of(asset) else {
            return;
        };
        state.storage.write(&account, &container, name, blob, now);
        drop(state);
        self.world
            .say(format_args!("platform  uploads {name} into {asset}"));
    }

    /// A job is done: its outputs are complete.
    pub(crate) fn finish_job(&self, assets: &[&ResourceId]) {
        let outputs: Vec<&str> = assets.iter().map(|asset| asset.name().as_str()).collect();
        let mut state = self.world.state();
        state
            .chronicle
            .jobs
            .extend(assets.iter().map(|asset| (*asset).clone()));
        drop(state);
        self.world
            .say(format_args!("platform  finishes a job: {outputs:?}"));
        if self.raises_events {
            let world = &self.world;
            let (to, event) = match world.backend {
                Backend::Ams => {
                    let event = grid::job_event(world, &outputs);
                    (Target::Function("job-finished"), event)
                }
                Backend::Mkio => {
                    let event = webhooks::job_event(world, "Finished", &outputs);
                    (Target::Webhook(webhooks::SECRET), event)
                }
            };
            world.publish(&self.hosts, to, event);
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

    /// A hint for everything that the primary has: as a walk at the greatest depth would send it.
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
                "since": crate::account::written(self.world.clock.now()),
            });
            self.world.queues.send(
                id.kind().queue(),
                &hint.to_string(),
                std::time::Duration::ZERO,
            );
        }
    }
}

/// What became of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Happened {
    Created,
    Changed,
    Deleted,
}

/// The request that gives a resource these properties, as the account's service has it. Labels are among an asset's properties here.
fn request(account: &Account, id: &ResourceId, properties: Value) -> (Verb, Fields) {
    let mut properties = match properties {
        Value::Object(properties) => properties,
        _ => Fields::new(),
    };
    let mut body = Fields::new();
    let there = account.get(id);
    let mut verb = Verb::Put;
    if account.service.backend() == Backend::Mkio {
        match id.kind() {
            Kind::ContentKeyPolicies if there.is_some() => verb = Verb::Patch,
            Kind::Assets => {
                let storage = there.and_then(|there| text(&there.properties, "storageAccountName"));
                let storage = json!(storage.unwrap_or(account.storage[0].0));
                properties.entry("storageAccountName").or_insert(storage);
                let labels = properties.remove("labels");
                body.extend(labels.map(|labels| ("labels".to_owned(), labels)));
            }
            _ => {}
        }
    }
    body.insert("properties".to_owned(), Value::Object(properties));
    (verb, body)
}
