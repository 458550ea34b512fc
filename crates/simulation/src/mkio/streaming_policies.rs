//! Streaming policies: PUT creates and, on some accounts, updates.

use change::{Kind, ResourceId};

use super::Switches;
use crate::account::{Account, Fields, Refused, policies_named, predefined};

pub(super) fn write(
    account: &Account,
    switches: Switches,
    id: &ResourceId,
    wanted: &Fields,
) -> Result<Fields, Refused> {
    let there = account.get(id).is_some() && !switches.policies_update;
    if there || predefined(id.name().as_str()).is_some() {
        return Err(Refused::CONFLICT);
    }
    let mut named = policies_named(wanted).into_iter();
    if !named.all(|name| account.has(Kind::ContentKeyPolicies, Some(name))) {
        return Err(Refused::BAD_REQUEST);
    }
    Ok(wanted
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect())
}
