//! MK.IO by MediaKind: what it refuses, what it updates, what it shows; and as switches what nobody knows of it for certain.

mod assets;
pub(crate) mod client;
mod content_key_policies;
mod locators;
mod render;
mod served;
mod streaming_policies;
mod switches;

use change::{Kind, ResourceId};

use crate::account::{Account, Fields, Refused, Verb, Writing, filters};

pub(crate) use render::shown;
pub(crate) use served::Served;
pub use switches::SWITCHES;
pub(crate) use switches::{
    AssetUpdates, ExplicitKeys, KeyServers, LocatorIds, NextLink, Options, Secrets, Switches,
};

/// PUT or PATCH: the properties as they are kept then. Only content key policies are patched, and only what is there.
pub(crate) fn write(
    account: &Account,
    switches: Switches,
    verb: Verb,
    id: &ResourceId,
    wanted: &Fields,
    writing: &mut Writing<'_>,
) -> Result<Fields, Refused> {
    match (id.kind(), verb) {
        (Kind::ContentKeyPolicies, Verb::Put) => {
            content_key_policies::create(account, id, wanted, writing)
        }
        (Kind::ContentKeyPolicies, Verb::Patch) => {
            content_key_policies::update(account, switches, id, wanted, writing)
        }
        (_, Verb::Patch) => Err(Refused::BAD_REQUEST),
        (Kind::Assets, Verb::Put) => assets::write(account, switches, id, wanted, writing),
        (Kind::AssetFilters | Kind::AccountFilters, Verb::Put) => {
            filters::write(account, id, wanted)
        }
        (Kind::StreamingPolicies, Verb::Put) => {
            streaming_policies::write(account, switches, id, wanted)
        }
        (Kind::StreamingLocators, Verb::Put) => match account.get(id) {
            None => locators::create(account, switches, wanted, writing),
            Some(there) => locators::update(switches, there, wanted),
        },
    }
}
