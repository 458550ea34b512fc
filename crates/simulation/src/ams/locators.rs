//! Streaming locators: made once, under an ID and with content keys that no other locator has.

use change::{Kind, ResourceId};
use serde_json::{Value, json};

use crate::account::{
    Account, Fields, Refused, Writing,
    keys::{in_use, keys_of_new},
    of_names, text,
};

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
    writing: &Writing<'_>,
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
    let locator_id = text(wanted, "streamingLocatorId").map_or_else(
        || writing.chance.uuid().to_string(),
        str::to_ascii_lowercase,
    );
    if account.locator_ids().contains(&locator_id) {
        return Err(Refused::CONFLICT);
    }
    let mut kept = of_names(wanted, GIVEN);
    let far = |name: &str| text(&kept, name).is_some_and(|time| time.starts_with("9999-12-31"));
    if far("endTime") {
        kept.remove("endTime");
    }
    kept.insert("streamingLocatorId".to_owned(), json!(locator_id));
    let filters = wanted.get("filters").cloned().unwrap_or_else(|| json!([]));
    kept.insert("filters".to_owned(), filters);
    let keys = content_keys(account, wanted, writing)?;
    kept.insert("contentKeys".to_owned(), Value::Array(keys));
    Ok(kept)
}

/// Types and policies of keys are the service's to say.
fn content_keys(
    account: &Account,
    wanted: &Fields,
    writing: &Writing<'_>,
) -> Result<Vec<Value>, Refused> {
    let given = wanted.get("contentKeys").and_then(Value::as_array);
    let given: Vec<Value> = given
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .map(|key| {
            let mut key = of_names(key, &["id", "labelReferenceInStreamingPolicy", "value"]);
            let id = text(&key, "id").map(str::to_ascii_lowercase);
            key.insert("id".to_owned(), json!(id));
            Value::Object(key)
        })
        .collect();
    let keys = keys_of_new(account, wanted, &given, writing.chance)?;
    let used = in_use(account);
    let taken = |key: &Value| key["id"].as_str().is_some_and(|id| used.contains(id));
    if keys.iter().any(taken) {
        return Err(Refused::KEY_ID_TAKEN);
    }
    Ok(keys)
}
