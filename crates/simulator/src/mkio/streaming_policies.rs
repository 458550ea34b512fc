//! Streaming policies.

use serde_json::{Map, Value, json};

use super::body::{self, Field, Shape, field};
use super::call::Call;
use super::reply::Reply;
use super::settings::Permission;
use super::{predefined, render, store_new};
use crate::state::{Account, Kind, Record};

const KIND: Kind = Kind::StreamingPolicies;

const FIELDS: &[Field] = &[
    field("catalog", Shape::Object),
    field("defaultContentKeyPolicyName", Shape::Text(0, 260)),
    field("noEncryption", Shape::Object),
    field("envelopeEncryption", Shape::Object),
    field("commonEncryptionCenc", Shape::Object),
    field("commonEncryptionCbcs", Shape::Object),
];

/// The properties that say which protocols play.
const ENCRYPTIONS: [&str; 4] = [
    "noEncryption",
    "envelopeEncryption",
    "commonEncryptionCenc",
    "commonEncryptionCbcs",
];

/// Its properties: there is no `created` among them.
pub(super) fn show(record: &Record) -> Map<String, Value> {
    predefined::properties(record)
}

pub(super) fn put(call: &Call<'_>, name: &str) -> Result<Reply, Reply> {
    let (mut fields, _) = body::properties(call, FIELDS, &[])?;
    for encryption in ENCRYPTIONS {
        if let Some(encryption) = fields.get_mut(encryption) {
            check(encryption)?;
        }
    }
    let before = call.find_if_there(KIND, None, name);
    if let Some(before) = &before {
        let refused =
            before.predefined || call.mkio().streaming_policy_update == Permission::Refuse;
        if refused {
            return Err(Reply::conflict(format!(
                "The streaming policy '{name}' already exists, and updating it is not available."
            )));
        }
    }
    {
        let world = call.core.world();
        if let Some(missing) = missing_policy(call.account(&world)?, &fields) {
            return Err(Reply::bad_request(format!(
                "The content key policy '{missing}' does not exist."
            )));
        }
    }
    let new = before.is_none();
    let record = match before {
        Some(before) => {
            let record = call.changed(before, fields);
            call.store(&mut call.core.world(), KIND, None, &record);
            record
        }
        None => {
            let record = call.made(name, fields);
            store_new(call, KIND, None, &record);
            record
        }
    };
    Ok(Reply::stored(
        new,
        render::resource(call, KIND, None, &record),
    ))
}

/// Enabled protocols are all four; a FairPlay configuration says whether licences persist.
fn check(encryption: &mut Value) -> Result<(), Reply> {
    let protocols = &encryption["enabledProtocols"];
    for name in ["download", "dash", "hls", "smoothStreaming"] {
        if !protocols.is_null() && !protocols[name].is_boolean() {
            return Err(Reply::bad_request(format!(
                "'enabledProtocols.{name}' is required."
            )));
        }
    }
    if let Some(fair_play) = encryption.get("drm").and_then(|drm| drm.get("fairPlay"))
        && !fair_play["allowPersistentLicense"].is_boolean()
    {
        return Err(Reply::bad_request(
            "'drm.fairPlay.allowPersistentLicense' is required.",
        ));
    }
    Ok(())
}

/// The first content key policy that is named and not there.
fn missing_policy(account: &Account, fields: &Map<String, Value>) -> Option<String> {
    named_policies(fields)
        .into_iter()
        .find(|name| !account.has(Kind::ContentKeyPolicies, None, name))
}

/// The content key policies that a streaming policy names.
pub(super) fn named_policies(fields: &Map<String, Value>) -> Vec<String> {
    let empty = json!({});
    let mut named = vec![fields.get("defaultContentKeyPolicyName")];
    for encryption in ENCRYPTIONS {
        let keys = fields
            .get(encryption)
            .and_then(|encryption| encryption.get("contentKeys"))
            .unwrap_or(&empty);
        named.push(keys["defaultKey"].get("policyName"));
        let mappings = keys["keyToTrackMappings"].as_array();
        named.extend(
            mappings
                .into_iter()
                .flatten()
                .map(|key| key.get("policyName")),
        );
    }
    named
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}
