//! Streaming endpoints, as far as someone needs who asks whether they run. Nothing streams.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::address::Part;
use super::body::{self, Field, Shape, field, nullable};
use super::call::Call;
use super::reply::Reply;
use super::{render, store_new};
use crate::state::{Kind, Record};
use crate::times;

const KIND: Kind = Kind::StreamingEndpoints;

const FIELDS: &[Field] = &[
    field("scaleUnits", Shape::Count),
    field("sku", Shape::Object),
    field("publicName", Shape::Text(3, 63)),
    field("accessControl", Shape::Object),
    nullable("advancedSettingsName", Shape::Text(0, 64)),
    field("cdnEnabled", Shape::Flag),
    field("cdnProfile", Shape::Text(0, 100)),
    field("crossSiteAccessPolicies", Shape::Object),
    field("customHostNames", Shape::List),
    nullable("description", Shape::Text(0, 1024)),
    field("maxCacheAge", Shape::Count),
    field("maxManifestCacheAge", Shape::Count),
    field("serverCredentialNames", Shape::List),
    field("shieldCache", Shape::Object),
    field("urlStyle", Shape::Text(0, 64)),
];

const TOP: &[Field] = &[
    field("location", Shape::Text(1, 260)),
    field("tags", Shape::Object),
];

/// The whole resource: it has neither ID nor system data.
pub(super) fn show(call: &Call<'_>, record: &Record) -> Value {
    let mut properties = render::fields(record, &["state", "tags"]);
    let state = record.text("state").unwrap_or("Stopped");
    let public = record.text("publicName").map_or_else(
        || format!("ep-{}-{}", record.name, call.project).to_lowercase(),
        str::to_owned,
    );
    let host = format!("{public}.{}.streaming.mediakind.com", call.region);
    for (name, value) in [
        ("hostName", json!(host)),
        ("resourceState", json!(state)),
        ("provisioningState", json!("Succeeded")),
        ("created", json!(times::micros(record.created))),
        ("lastModified", json!(times::micros(record.modified))),
    ] {
        properties.insert(name.to_owned(), value);
    }
    let defaults = [
        ("sku", json!({ "name": "Standard" })),
        ("cdnEnabled", json!(false)),
        ("maxCacheAge", json!(86400)),
        ("maxManifestCacheAge", json!(60)),
    ];
    for (name, value) in defaults {
        properties.entry(name).or_insert(value);
    }
    json!({
        "name": record.name,
        "location": call.region,
        "tags": record.fields.get("tags").cloned().unwrap_or_else(|| json!({})),
        "properties": properties,
    })
}

pub(super) fn put(call: &Call<'_>, name: &str) -> Result<Reply, Reply> {
    let (mut fields, top) = body::properties(call, FIELDS, TOP)?;
    if !fields.contains_key("scaleUnits") {
        return Err(Reply::bad_request("'scaleUnits' is required."));
    }
    if body::required(&top, "location")? != call.region {
        return Err(Reply::bad_request(format!(
            "'location' must be that of the project, which is '{}'.",
            call.region
        )));
    }
    check(call, name, &fields)?;
    if call.find_if_there(KIND, None, name).is_some() {
        return Err(Reply::conflict(format!(
            "The streaming endpoint '{name}' already exists."
        )));
    }
    fields.insert("state".to_owned(), json!("Stopped"));
    fields.extend(top.into_iter().filter(|(name, _)| name == "tags"));
    let record = call.made(name, fields);
    store_new(call, KIND, None, &record);
    Ok(Reply::created(render::resource(call, KIND, None, &record)))
}

pub(super) fn patch(call: &Call<'_>, before: Record) -> Result<Reply, Reply> {
    let (patch, top) = body::properties(call, FIELDS, TOP)?;
    check(call, &before.name, &patch)?;
    let mut fields = before.fields.clone();
    fields.extend(patch);
    fields.extend(top.into_iter().filter(|(name, _)| name == "tags"));
    Ok(Reply::ok(stored(call, before, fields)))
}

/// A public name is unique on the whole platform; host names of one's own are not supported.
fn check(call: &Call<'_>, name: &str, fields: &Map<String, Value>) -> Result<(), Reply> {
    let custom = fields.get("customHostNames").and_then(Value::as_array);
    if custom.is_some_and(|names| !names.is_empty()) {
        return Err(Reply::bad_request("'customHostNames' is not supported."));
    }
    let Some(public) = fields.get("publicName").and_then(Value::as_str) else {
        return Ok(());
    };
    let world = call.core.world();
    let taken = world.accounts().any(|account| {
        account.list(KIND, None).any(|other| {
            other.text("publicName") == Some(public)
                && !(account.name == call.project && other.name.eq_ignore_ascii_case(name))
        })
    });
    if taken {
        return Err(Reply::conflict(format!(
            "The public name '{public}' is already in use."
        )));
    }
    Ok(())
}

fn stored(call: &Call<'_>, before: Record, fields: Map<String, Value>) -> Value {
    let record = call.changed(before, fields);
    call.store(&mut call.core.world(), KIND, None, &record);
    render::resource(call, KIND, None, &record)
}

/// Starts, stops, scales or restarts, at once.
pub(super) fn act(call: &Call<'_>, before: Record, part: &Part) -> Result<Reply, Reply> {
    let mut fields = before.fields.clone();
    match part {
        Part::Start | Part::Restart => drop(fields.insert("state".to_owned(), json!("Running"))),
        Part::Stop => drop(fields.insert("state".to_owned(), json!("Stopped"))),
        _ => {
            let units = call.json()?.get("scaleUnit").and_then(Value::as_u64);
            let units = units.ok_or_else(|| Reply::bad_request("'scaleUnit' is required."))?;
            fields.insert("scaleUnits".to_owned(), json!(units));
        }
    }
    stored(call, before, fields);
    Ok(Reply::empty(StatusCode::OK))
}
