//! Streaming locators: made once, under an ID and with content keys that no other locator has.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use change::{Kind, Name, ResourceId};
use serde_json::{Value, json};

use super::{Account, Fields, Refused, labels_of, streaming_policies::predefined, text};
use crate::{chance::Chance, secrets};

/// Kept as they were given.
const GIVEN: &[&str] = &[
    "assetName",
    "streamingPolicyName",
    "defaultContentKeyPolicyName",
    "startTime",
    "endTime",
    "alternativeMediaId",
];

pub(super) fn write(
    account: &Account,
    id: &ResourceId,
    wanted: &Fields,
    chance: &Chance,
) -> Result<Fields, Refused> {
    if account.get(id).is_some() {
        return Err(Refused::CONFLICT);
    }
    let (Some(asset), Some(policy)) = (
        text(wanted, "assetName"),
        text(wanted, "streamingPolicyName"),
    ) else {
        return Err(Refused::BAD_REQUEST);
    };
    let key_policy = text(wanted, "defaultContentKeyPolicyName");
    if !account.has(Kind::Assets, Some(asset))
        || !account.has_policy(policy)
        || !account.has(Kind::ContentKeyPolicies, key_policy)
    {
        return Err(Refused::BAD_REQUEST);
    }
    let locator_id = text(wanted, "streamingLocatorId")
        .map_or_else(|| chance.uuid().to_string(), str::to_ascii_lowercase);
    let used = account
        .of_kind(Kind::StreamingLocators)
        .any(|(_, other)| text(&other.properties, "streamingLocatorId") == Some(&locator_id));
    if used {
        return Err(Refused::CONFLICT);
    }
    let mut kept: Fields = wanted
        .iter()
        .filter(|(name, value)| GIVEN.contains(&name.as_str()) && !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let far = |name: &str| text(&kept, name).is_some_and(|time| time.starts_with("9999-12-31"));
    if far("endTime") {
        kept.remove("endTime");
    }
    kept.insert("streamingLocatorId".to_owned(), json!(locator_id));
    let filters = wanted.get("filters").cloned().unwrap_or_else(|| json!([]));
    kept.insert("filters".to_owned(), filters);
    let keys = content_keys(account, wanted, policy, chance)?;
    kept.insert("contentKeys".to_owned(), Value::Array(keys));
    Ok(kept)
}

/// The keys as given, or new ones: one for each label of the streaming policy.
fn content_keys(
    account: &Account,
    wanted: &Fields,
    policy: &str,
    chance: &Chance,
) -> Result<Vec<Value>, Refused> {
    let own = Name::new(policy)
        .ok()
        .map(|name| ResourceId::new(Kind::StreamingPolicies, name));
    let properties = match own.and_then(|id| account.get(&id)) {
        Some(record) => record.properties.clone(),
        None => predefined(policy).unwrap_or_default(),
    };
    let labels = labels_of(&properties);
    let default_policy = text(wanted, "defaultContentKeyPolicyName")
        .or_else(|| text(&properties, "defaultContentKeyPolicyName"));
    if labels.is_empty() {
        return Ok(Vec::new());
    }
    if default_policy.is_none() {
        return Err(Refused::BAD_REQUEST);
    }
    let key = |id: &str, label: &str, kind: &str, value: &str| {
        json!({
            "id": id, "type": kind, "labelReferenceInStreamingPolicy": label, "value": value,
            "policyName": default_policy, "tracks": [],
        })
    };
    let given = wanted.get("contentKeys").and_then(Value::as_array);
    let Some(given) = given.filter(|given| !given.is_empty()) else {
        let made = labels.iter().map(|(label, kind)| {
            let value = STANDARD.encode(secrets::key(chance));
            key(&chance.uuid().to_string(), label, kind, &value)
        });
        return Ok(made.collect());
    };
    let used: BTreeSet<&str> = account
        .of_kind(Kind::StreamingLocators)
        .filter_map(|(_, other)| other.properties.get("contentKeys")?.as_array())
        .flatten()
        .filter_map(|key| key["id"].as_str())
        .chain(account.taken.iter().map(String::as_str))
        .collect();
    given
        .iter()
        .map(|given| {
            let field = |name: &str| given[name].as_str().ok_or(Refused::BAD_REQUEST);
            let id = field("id")?.to_ascii_lowercase();
            let label = field("labelReferenceInStreamingPolicy")?;
            let value = field("value")?;
            let (_, kind) = labels
                .iter()
                .find(|(of_policy, _)| of_policy == label)
                .ok_or(Refused::BAD_REQUEST)?;
            if used.contains(id.as_str()) {
                return Err(Refused::KEY_ID_TAKEN);
            }
            Ok(key(&id, label, kind, value))
        })
        .collect()
}
