//! Streaming locators: what they show, and their keys.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::body;
use super::call::Call;
use super::pending::Progress;
use super::reply::Reply;
use super::settings::KeysInGet;
use super::shape::{Field, Shape, TEXT, field, needed};
use super::{explicit_keys, key_servers, locator_create, locator_update, render};
use crate::state::{ContentKey, Key, Kind, Record};
use crate::times;

pub(super) const KIND: Kind = Kind::StreamingLocators;

const FIELDS: &[Field] = &[
    needed("assetName", TEXT),
    needed("streamingPolicyName", Shape::Text(0, 260)),
    field("defaultContentKeyPolicyName", Shape::Text(0, 260)),
    field(
        "streamingLocatorId",
        Shape::Like(valid_id, "1 to 260 characters without a slash"),
    ),
    field("contentKeys", Shape::List(&explicit_keys::KEY)),
    field("startTime", Shape::Time),
    field("endTime", Shape::Time),
    field("alternativeMediaId", TEXT),
    field("filters", Shape::List(&TEXT)),
    field("suppressed", Shape::Flag),
    field("contentId", Shape::Text(1, 260)),
    field(
        "defaultManifestFilename",
        Shape::Like(valid_file_name, "the name of a manifest"),
    ),
];

fn valid_id(text: &str) -> bool {
    (1..=260).contains(&text.chars().count()) && !text.contains('/')
}

fn valid_file_name(text: &str) -> bool {
    (1..=260).contains(&text.chars().count())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || " _.,()-".contains(c))
}

/// Its properties: there is no `created` among them. Whether the values of keys are is a setting.
pub(super) fn show(call: &Call<'_>, record: &Record) -> Map<String, Value> {
    let mut shown = render::fields(record, &["startTime", "endTime"]);
    shown.entry("suppressed").or_insert(json!(false));
    for name in ["startTime", "endTime"] {
        let at = record
            .text(name)
            .and_then(times::parse)
            .or((name == "endTime").then_some(times::NEVER));
        if let Some(at) = at {
            shown.insert(name.to_owned(), json!(times::micros(at)));
        }
    }
    shown.insert("streamingLocatorId".to_owned(), json!(record.id));
    let keys = match call.mkio().keys_in_get {
        KeysInGet::Shown => Some(record.keys.as_slice()),
        KeysInGet::Empty => Some(&[][..]),
        KeysInGet::Absent => None,
    };
    if let Some(keys) = keys {
        let values = call.mkio().key_values_in_get;
        let keys = keys.iter().map(|key| show_key(key, values)).collect();
        shown.insert("contentKeys".to_owned(), keys);
    }
    let key = Key::new(KIND, None, &record.name);
    let (provisioning, state) = match call.core.pending.look(&call.project, &key) {
        Progress::Made => ("Succeeded", "Created"),
        Progress::Making | Progress::Last => ("InProgress", "Creating"),
        Progress::Failed => ("Failed", "Error"),
    };
    shown.insert("provisioningState".to_owned(), json!(provisioning));
    shown.insert("resourceState".to_owned(), json!(state));
    shown
}

fn show_key(key: &ContentKey, value: bool) -> Value {
    let mut shown = json!({ "id": key.id, "type": key.scheme });
    if let Some(label) = &key.label {
        shown["labelReferenceInStreamingPolicy"] = json!(label);
    }
    if let Some(name) = &key.policy_name {
        shown["policyName"] = json!(name);
    }
    if value {
        shown["value"] = json!(key.value);
    }
    shown
}

pub(super) fn put(call: &Call<'_>, name: &str) -> Result<Reply, Reply> {
    let (fields, _) = body::properties(call, FIELDS, &[])?;
    for required in ["assetName", "streamingPolicyName"] {
        body::required(&fields, required)?;
    }
    match call.find_if_there(KIND, None, name) {
        Some(before) => locator_update::update(call, before, &fields),
        None => locator_create::create(call, name, fields),
    }
}

/// Takes the locator's keys from the key servers.
pub(super) fn delete(call: &Call<'_>, locator: &Record) -> Reply {
    let mut world = call.core.world();
    world.remove(&call.project, &Key::new(KIND, None, &locator.name));
    key_servers::withdraw(call, &mut world, locator);
    Reply::empty(StatusCode::OK)
}

/// With their values, in the order of the IDs: no order is promised.
pub(super) fn list_content_keys(record: &Record) -> Reply {
    let mut keys: Vec<&ContentKey> = record.keys.iter().collect();
    keys.sort_by(|a, b| a.id.cmp(&b.id));
    let keys: Vec<Value> = keys.into_iter().map(|key| show_key(key, true)).collect();
    Reply::ok(json!({ "contentKeys": keys }))
}
