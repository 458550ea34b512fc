//! The key servers: which content keys are delivered, and what deleting a locator does to them.

use super::call::Call;
use super::settings::KeyServers;
use crate::shared::Core;
use crate::state::{Key, Kind, Record, World};

/// A new locator's keys are put on the key server: whoever had lost them has them again.
pub(super) fn provide(call: &Call<'_>, world: &mut World, locator: &Record) {
    mark(call, world, locator, false);
}

/// A locator was deleted, and its keys with it: for every locator that the key server serves.
pub(super) fn withdraw(call: &Call<'_>, world: &mut World, locator: &Record) {
    mark(call, world, locator, true);
}

fn mark(call: &Call<'_>, world: &mut World, locator: &Record, withdrawn: bool) {
    let ids: Vec<String> = locator
        .keys
        .iter()
        .map(|key| key.id.to_lowercase())
        .collect();
    let shared = call.mkio().key_servers == KeyServers::Shared;
    let mut changed = Vec::new();
    for account in world
        .accounts()
        .filter(|account| shared || account.name == call.project)
    {
        for id in &ids {
            for other in account.locators_with_key(id) {
                let mut other = other.clone();
                let mut differs = false;
                for key in &mut other.keys {
                    if ids.contains(&key.id.to_lowercase()) && key.withdrawn != withdrawn {
                        key.withdrawn = withdrawn;
                        differs = true;
                    }
                }
                if differs {
                    changed.push((account.name.clone(), other));
                }
            }
        }
    }
    for (account, locator) in changed {
        let key = Key::new(Kind::StreamingLocators, None, &locator.name);
        world.put(&account, key, locator);
    }
}

/// Whether a viewer of the project would get a licence for that content key.
pub(crate) fn licence_served(core: &Core, project: &str, key_id: &str) -> bool {
    let world = core.world();
    world.account(project).is_some_and(|account| {
        account.locators_with_key(key_id).any(|locator| {
            locator
                .keys
                .iter()
                .any(|key| key.id.eq_ignore_ascii_case(key_id) && !key.withdrawn)
        })
    })
}
