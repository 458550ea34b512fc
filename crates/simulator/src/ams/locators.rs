//! Streaming locators: create-only.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body::{self, Field, Shape, field};
use super::call::Call;
use super::render::{self, View};
use super::reply::Reply;
use crate::state::{ContentKey, GivenKey, Kind, Record, policy_labels, with_keys};
use crate::times;

const KIND: Kind = Kind::StreamingLocators;

const FIELDS: &[Field] = &[
    field("assetName", Shape::Text),
    field("created", Shape::ReadOnly),
    field("startTime", Shape::Time),
    field("endTime", Shape::Time),
    field("streamingLocatorId", Shape::Uuid),
    field("streamingPolicyName", Shape::Text),
    field("defaultContentKeyPolicyName", Shape::Text),
    field("contentKeys", Shape::List),
    field("alternativeMediaId", Shape::Text),
    field("filters", Shape::List),
];

pub(super) fn show(call: &Call<'_>, record: &Record, view: View) -> Map<String, Value> {
    let mut shown = Map::new();
    render::copy(&mut shown, record, &["assetName"]);
    let created = if view == View::Put {
        times::ticks(record.created)
    } else {
        times::rounded_text(record.created)
    };
    shown.insert("created".to_owned(), json!(created));
    copy_times(&mut shown, record, view);
    shown.insert("streamingLocatorId".to_owned(), json!(record.id));
    render::copy(
        &mut shown,
        record,
        &["streamingPolicyName", "defaultContentKeyPolicyName"],
    );
    // A listing never shows keys, even where there are some.
    let keys: Vec<Value> = match view {
        View::List => Vec::new(),
        _ => record
            .keys
            .iter()
            .map(|key| show_key(key, false, view == View::Get))
            .collect(),
    };
    shown.insert("contentKeys".to_owned(), Value::Array(keys));
    render::copy(&mut shown, record, &["alternativeMediaId"]);
    let filters = record.fields.get("filters").cloned();
    if let Some(filters) = filters.or_else(|| call.version.shows_empty_filters().then(|| json!([])))
    {
        shown.insert("filters".to_owned(), filters);
    }
    render::copy_unknown(&mut shown, record, FIELDS);
    shown
}

/// Start and end: in ticks where the PUT is answered, as the database rounds them everywhere else.
pub(super) fn copy_times(shown: &mut Map<String, Value>, record: &Record, view: View) {
    for name in ["startTime", "endTime"] {
        let at = record
            .text(name)
            .and_then(times::parse)
            .or((name == "endTime").then_some(times::NEVER));
        if let Some(at) = at {
            let text = if view == View::Put {
                times::ticks(at)
            } else {
                times::rounded_text(at)
            };
            shown.insert(name.to_owned(), json!(text));
        }
    }
}

fn show_key(key: &ContentKey, value: bool, policy: bool) -> Value {
    let mut shown = Map::new();
    shown.insert("id".to_owned(), json!(key.id));
    shown.insert("type".to_owned(), json!(key.scheme));
    if let Some(label) = &key.label {
        shown.insert("labelReferenceInStreamingPolicy".to_owned(), json!(label));
    }
    if value {
        shown.insert("value".to_owned(), json!(key.value));
    }
    if let Some(name) = key.policy_name.as_ref().filter(|_| policy) {
        shown.insert("policyName".to_owned(), json!(name));
    }
    shown.insert("tracks".to_owned(), key.tracks.clone());
    Value::Object(shown)
}

pub(super) fn put(call: &Call<'_>, name: &str) -> Result<Reply, Reply> {
    let mut fields = body::settable_without_nulls(call, "StreamingLocator", FIELDS)?;
    let asset = body::required(&fields, "assetName")?.to_owned();
    let policy_name = body::required(&fields, "streamingPolicyName")?.to_owned();
    let given = given_keys(fields.shift_remove("contentKeys"))?;
    let id = fields
        .shift_remove("streamingLocatorId")
        .and_then(|id| id.as_str().map(str::to_owned));

    let mut world = call.core.world();
    let account = world.account(&call.account).ok_or_else(Reply::not_found)?;
    if account.has(KIND, None, name) {
        return Err(Reply::conflict(format!(
            "The streaming locator '{name}' already exists and cannot be changed."
        )));
    }
    if !account.has(Kind::Assets, None, &asset) {
        return Err(Reply::bad_request(format!(
            "The asset '{asset}' does not exist."
        )));
    }
    let policy = account
        .get(Kind::StreamingPolicies, None, &policy_name)
        .ok_or_else(|| {
            Reply::bad_request(format!(
                "The streaming policy '{policy_name}' does not exist."
            ))
        })?;
    let own_policy = fields
        .get("defaultContentKeyPolicyName")
        .and_then(Value::as_str);
    if let Some(missing) =
        own_policy.filter(|policy| !account.has(Kind::ContentKeyPolicies, None, policy))
    {
        return Err(Reply::bad_request(format!(
            "The content key policy '{missing}' does not exist."
        )));
    }
    let default_policy = own_policy.or_else(|| policy.text("defaultContentKeyPolicyName"));
    let keys =
        with_keys(policy_labels(&policy.fields), given, default_policy).map_err(|label| {
            Reply::bad_request(format!(
                "The streaming policy '{policy_name}' has no content key label '{label}'."
            ))
        })?;
    if let Some(scheme) = keyless(&policy.fields, &keys) {
        return Err(Reply::bad_request(format!(
            "A content key policy is required for {scheme}."
        )));
    }
    let mut seen = Vec::new();
    for key in &keys {
        if seen.contains(&&key.id) || world.content_key_taken(&account.region, &key.id) {
            let id = &key.id;
            return Err(Reply::bad_request(format!(
                "Content key id '{id}' already exists, please choose another one."
            )));
        }
        seen.push(&key.id);
    }
    let id = id.unwrap_or_else(|| Uuid::new_v4().to_string());
    // That it is refused is known, how is not: this is the form that the refusal of a content key ID has.
    if account.has_locator_id(&id) {
        return Err(Reply::bad_request(format!(
            "Streaming locator id '{id}' already exists, please choose another one."
        )));
    }
    let now = times::now();
    let record = Record {
        name: name.to_owned(),
        id,
        fields,
        keys,
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
        show(call, &record, View::Put),
    )))
}

fn given_keys(given: Option<Value>) -> Result<Vec<GivenKey>, Reply> {
    let Some(Value::Array(given)) = given else {
        return Ok(Vec::new());
    };
    given.iter().map(given_key).collect()
}

/// A key without a value gets one from the service.
fn given_key(key: &Value) -> Result<GivenKey, Reply> {
    let id = key["id"].as_str().and_then(|id| Uuid::parse_str(id).ok());
    let id =
        id.ok_or_else(|| Reply::bad_request("The property 'id' of a content key is not a GUID."))?;
    // Its length is not checked: a recording shows five bytes accepted, written with stray bits at the end.
    let value = match key["value"].as_str() {
        None => None,
        Some(value) => Some(body::bytes(value).ok_or_else(|| {
            Reply::bad_request("The property 'value' of a content key is not base64.")
        })?),
    };
    Ok(GivenKey {
        id: id.to_string(),
        label: key["labelReferenceInStreamingPolicy"]
            .as_str()
            .map(str::to_owned),
        value: value.map(|bytes| STANDARD.encode(bytes)),
    })
}

/// The first common encryption whose licences nobody delivers: neither a content key policy nor an own licence server.
fn keyless(policy: &Map<String, Value>, keys: &[ContentKey]) -> Option<&'static str> {
    [
        ("commonEncryptionCenc", "CommonEncryptionCenc"),
        ("commonEncryptionCbcs", "CommonEncryptionCbcs"),
    ]
    .into_iter()
    .filter(|(field, _)| {
        let drm = policy
            .get(*field)
            .and_then(|encryption| encryption.get("drm"))
            .and_then(Value::as_object);
        !drm.is_some_and(|drm| {
            drm.values()
                .any(|system| system["customLicenseAcquisitionUrlTemplate"].is_string())
        })
    })
    .map(|(_, scheme)| scheme)
    .find(|scheme| {
        keys.iter()
            .any(|key| key.scheme == *scheme && key.policy_name.is_none())
    })
}

/// In the order of the IDs, which is not that of GET: the service promises none.
pub(super) fn list_content_keys(record: &Record) -> Reply {
    let mut keys: Vec<&ContentKey> = record.keys.iter().collect();
    keys.sort_by(|a, b| a.id.cmp(&b.id));
    let keys: Vec<Value> = keys
        .into_iter()
        .map(|key| show_key(key, true, true))
        .collect();
    Reply::ok(json!({ "contentKeys": keys }))
}
