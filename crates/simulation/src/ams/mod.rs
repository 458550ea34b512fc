//! The Azure Media Services v3 API: what it refuses, what it fills in, what it masks, what it rounds.

mod assets;
pub(crate) mod client;
mod content_key_policies;
mod locators;
mod render;
mod streaming_policies;

use change::{Kind, ResourceId};

use crate::account::{Account, Fields, Refused, Writing, filters};

pub(crate) use render::shown;

/// PUT: the properties as they are kept then.
pub(crate) fn write(
    account: &Account,
    id: &ResourceId,
    wanted: &Fields,
    writing: &mut Writing<'_>,
) -> Result<Fields, Refused> {
    match id.kind() {
        Kind::Assets => assets::write(account, id, wanted, writing),
        Kind::AssetFilters | Kind::AccountFilters => filters::write(account, id, wanted),
        Kind::ContentKeyPolicies => content_key_policies::write(account, id, wanted, writing),
        Kind::StreamingPolicies => streaming_policies::write(account, id, wanted),
        Kind::StreamingLocators => locators::write(account, id, wanted, writing),
    }
}
