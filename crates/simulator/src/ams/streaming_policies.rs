//! Streaming policies: create-only.

use serde_json::{Map, Value, json};

use super::body::{self, Field, Shape, field};
use super::call::Call;
use super::render::{self, View};
use super::reply::Reply;
use crate::state::{Account, Kind, Record};
use crate::times;

const KIND: Kind = Kind::StreamingPolicies;

const FIELDS: &[Field] = &[
    field("created", Shape::ReadOnly),
    field("defaultContentKeyPolicyName", Shape::Text),
    field("envelopeEncryption", Shape::Object),
    field("commonEncryptionCenc", Shape::Object),
    field("commonEncryptionCbcs", Shape::Object),
    field("noEncryption", Shape::Object),
];

/// The properties that hold an encryption with keys.
const ENCRYPTIONS: [&str; 3] = [
    "envelopeEncryption",
    "commonEncryptionCenc",
    "commonEncryptionCbcs",
];

pub(super) fn show(record: &Record, view: View) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("created".to_owned(), json!(times::ticks(record.created)));
    for name in FIELDS
        .iter()
        .map(|field| field.name)
        .filter(|name| *name != "created")
    {
        render::copy(&mut shown, record, &[name]);
        let encrypts = ENCRYPTIONS.contains(&name);
        // The reply to the PUT leaves keys out that were not given; a GET shows them empty.
        if let Some(encryption) = shown
            .get_mut(name)
            .filter(|_| encrypts && view != View::Put)
            && encryption["contentKeys"].is_null()
        {
            encryption["contentKeys"] = json!({ "defaultKey": {}, "keyToTrackMappings": [] });
        }
    }
    render::copy_unknown(&mut shown, record, FIELDS);
    shown
}

pub(super) fn put(call: &Call<'_>, name: &str) -> Result<Reply, Reply> {
    let mut fields = body::settable_without_nulls(call, "StreamingPolicy", FIELDS)?;
    for encryption in ENCRYPTIONS {
        if let Some(encryption) = fields.get_mut(encryption).and_then(Value::as_object_mut) {
            normalise(encryption);
        }
    }
    let cbcs = fields.get("commonEncryptionCbcs").map(|cbcs| &cbcs["drm"]);
    if !call.version.has_cbcs_play_ready()
        && cbcs.is_some_and(|drm| !drm["playReady"].is_null() || !drm["widevine"].is_null())
    {
        return Err(Reply::bad_request(
            "PlayReady and Widevine are not supported by CommonEncryptionCbcs yet",
        ));
    }
    let mut world = call.core.world();
    let account = world.account(&call.account).ok_or_else(Reply::not_found)?;
    if account.has(KIND, None, name) {
        return Err(Reply::conflict(format!(
            "The streaming policy '{name}' already exists and cannot be changed."
        )));
    }
    if call.version.wants_policies_first()
        && let Some(missing) = missing_policy(account, &fields)
    {
        return Err(Reply::bad_request(format!(
            "The content key policy '{missing}' does not exist."
        )));
    }
    let now = times::now();
    let record = Record {
        name: name.to_owned(),
        id: String::new(),
        fields,
        keys: Vec::new(),
        created: now,
        modified: now,
        origin: call.origin(None),
        predefined: false,
    };
    call.store(&mut world, KIND, None, &record);
    Ok(Reply::created(render::resource(
        call,
        KIND,
        None,
        &record,
        show(&record, View::Put),
    )))
}

/// `clearTracks`, and in the keys `keyToTrackMappings`, are always there.
fn normalise(encryption: &mut Map<String, Value>) {
    let mut ordered = Map::new();
    let mut given = std::mem::take(encryption);
    given.retain(|_, value| !value.is_null());
    if let Some(protocols) = given.shift_remove("enabledProtocols") {
        ordered.insert("enabledProtocols".to_owned(), protocols);
    }
    ordered.insert(
        "clearTracks".to_owned(),
        given
            .shift_remove("clearTracks")
            .unwrap_or_else(|| json!([])),
    );
    if let Some(Value::Object(mut keys)) = given.shift_remove("contentKeys") {
        keys.entry("keyToTrackMappings")
            .or_insert_with(|| json!([]));
        ordered.insert("contentKeys".to_owned(), Value::Object(keys));
    }
    ordered.extend(given);
    if let Some(fair_play) = ordered
        .get_mut("drm")
        .and_then(|drm| drm.get_mut("fairPlay"))
        && fair_play["allowPersistentLicense"].is_null()
    {
        fair_play["allowPersistentLicense"] = json!(false);
    }
    *encryption = ordered;
}

/// The first content key policy that is named and not there.
fn missing_policy(account: &Account, fields: &Map<String, Value>) -> Option<String> {
    let mut named: Vec<&Value> = fields
        .get("defaultContentKeyPolicyName")
        .into_iter()
        .collect();
    for keys in ENCRYPTIONS
        .iter()
        .filter_map(|name| fields.get(*name))
        .map(|encryption| &encryption["contentKeys"])
    {
        named.push(&keys["defaultKey"]["policyName"]);
        named.extend(
            keys["keyToTrackMappings"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|key| &key["policyName"]),
        );
    }
    named
        .into_iter()
        .filter_map(Value::as_str)
        .find(|name| !account.has(Kind::ContentKeyPolicies, None, name))
        .map(str::to_owned)
}
