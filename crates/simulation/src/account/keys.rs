//! Content keys of a locator that is made.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use change::{Kind, Name, ResourceId};
use serde_json::{Value, json};

use super::{Account, Fields, Refused, labels_of, predefined, text};
use crate::{chance::Chance, secrets};

/// The streaming policy of that name, one that every account has among them.
fn policy(account: &Account, name: &str) -> Fields {
    let own = Name::new(name)
        .ok()
        .map(|name| ResourceId::new(Kind::StreamingPolicies, name));
    match own.and_then(|id| account.get(&id)) {
        Some(record) => record.properties.clone(),
        None => predefined(name).unwrap_or_default(),
    }
}

/// Every content key ID that a locator of the account, or another account of the region, has.
pub(crate) fn in_use(account: &Account) -> BTreeSet<String> {
    account
        .of_kind(Kind::StreamingLocators)
        .filter_map(|(_, other)| other.properties.get("contentKeys")?.as_array())
        .flatten()
        .filter_map(|key| key["id"].as_str())
        .map(str::to_ascii_lowercase)
        .chain(account.taken.iter().map(|id| id.to_ascii_lowercase()))
        .collect()
}

/// The keys as given, or new ones: one for each label of the streaming policy.
pub(crate) fn keys_of_new(
    account: &Account,
    wanted: &Fields,
    given: &[Value],
    chance: &Chance,
) -> Result<Vec<Value>, Refused> {
    let properties = policy(
        account,
        text(wanted, "streamingPolicyName").unwrap_or_default(),
    );
    let labels = labels_of(&properties);
    let default_policy = text(wanted, "defaultContentKeyPolicyName")
        .or_else(|| text(&properties, "defaultContentKeyPolicyName"));
    if labels.is_empty() {
        return Ok(Vec::new());
    }
    if default_policy.is_none() {
        return Err(Refused::BAD_REQUEST);
    }
    let key = |id: &str, label: &str, kind: &str, value: &str, policy: Option<&str>| {
        json!({
            "id": id, "type": kind, "labelReferenceInStreamingPolicy": label, "value": value,
            "policyName": policy.or(default_policy), "tracks": [],
        })
    };
    if given.is_empty() {
        let made = labels.iter().map(|(label, kind)| {
            let value = STANDARD.encode(secrets::key(chance));
            key(&chance.uuid().to_string(), label, kind, &value, None)
        });
        return Ok(made.collect());
    }
    given
        .iter()
        .map(|given| {
            let field = |name: &str| given[name].as_str().ok_or(Refused::BAD_REQUEST);
            let label = field("labelReferenceInStreamingPolicy")?;
            let (_, kind) = labels
                .iter()
                .find(|(of_policy, _)| of_policy == label)
                .ok_or(Refused::BAD_REQUEST)?;
            let policy = given["policyName"].as_str();
            if given["type"].as_str().is_some_and(|given| given != *kind)
                || !account.has(Kind::ContentKeyPolicies, policy)
            {
                return Err(Refused::BAD_REQUEST);
            }
            Ok(key(field("id")?, label, kind, field("value")?, policy))
        })
        .collect()
}
