//! Streaming policies: made once, never changed.

use change::{Kind, ResourceId};
use serde_json::{Value, json};

use crate::account::{Account, Fields, Refused, SCHEMES, policies_named, predefined};

pub(super) fn write(
    account: &Account,
    id: &ResourceId,
    wanted: &Fields,
) -> Result<Fields, Refused> {
    if account.get(id).is_some() || predefined(id.name().as_str()).is_some() {
        return Err(Refused::CONFLICT);
    }
    if !policies_named(wanted)
        .into_iter()
        .all(|name| account.has(Kind::ContentKeyPolicies, Some(name)))
    {
        return Err(Refused::BAD_REQUEST);
    }
    let mut kept: Fields = wanted
        .iter()
        .filter(|(name, value)| name.as_str() != "created" && !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    for (scheme, _) in SCHEMES {
        if let Some(Value::Object(scheme)) = kept.get_mut(scheme) {
            scheme.entry("clearTracks").or_insert_with(|| json!([]));
            if let Some(Value::Object(keys)) = scheme.get_mut("contentKeys") {
                keys.entry("keyToTrackMappings")
                    .or_insert_with(|| json!([]));
            }
        }
    }
    Ok(kept)
}
