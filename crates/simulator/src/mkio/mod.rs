//! The MK.IO dialect: MediaKind's media API at `/api/v1/projects/{project}/media/...`, as its OpenAPI documents (media
//! 0.26.14, management 0.19.25) and its published tools describe it. An account is a project of the same name.

mod address;
mod admission;
mod answer;
mod asset_place;
mod assets;
mod body;
mod call;
mod capabilities;
mod content_key_policies;
mod credentials;
mod dispatch;
mod endpoints;
mod events;
mod explicit_keys;
mod fields;
mod filter;
mod filters;
mod jobs;
mod key_servers;
mod labels;
mod list;
mod locator_create;
mod locator_update;
mod locators;
mod options;
mod paths;
mod pending;
mod predefined;
mod project;
mod rates;
mod render;
mod reply;
mod secrets;
mod settings;
mod shape;
mod storage_records;
mod streaming_policies;
mod token;
mod transforms;
mod user_tokens;
mod webhooks;

pub(crate) use answer::answer;
pub(crate) use asset_place::imagine_containers;
pub(crate) use jobs::finish_job;
pub(crate) use key_servers::licence_served;
pub(crate) use pending::Pending;
pub(crate) use rates::Windows;
pub use settings::{
    AssetPlaces, AssetPut, AssetUpdates, Creations, EventSource, ExplicitKeys, KeyIdScope,
    KeyServers, KeysInGet, ListFilters, ListOrder, LocatorChanges, LocatorIds, MkioSettings,
    NextLink, PatchOptions, Permission, PutStatus, Requirement, Secrets, TokenCheck,
};
pub(crate) use user_tokens::UserTokens;
pub(crate) use webhooks::connect_all;

use crate::state::{Key, Kind, Record};

/// Stores a new record, and lets it be unfinished for as many reads as the setting says, or for ever.
fn store_new(call: &call::Call<'_>, kind: Kind, parent: Option<&str>, record: &Record) {
    let has_state = matches!(
        kind,
        Kind::Assets | Kind::ContentKeyPolicies | Kind::StreamingLocators
    );
    if has_state && !call.ignore_write {
        let key = Key::new(kind, parent, &record.name);
        let reads = call.mkio().creating_reads;
        let fails = call.mkio().creations == Creations::Fail;
        call.core.pending.start(&call.project, &key, reads, fails);
    }
    call.store(&mut call.core.world(), kind, parent, record);
}
