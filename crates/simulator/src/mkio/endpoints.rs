//! Streaming endpoints, as far as someone needs who asks whether they run. Nothing streams.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::address::Part;
use super::body;
use super::call::Call;
use super::reply::Reply;
use super::shape::{COUNT, Field, Shape, TEXT, field, needed, nullable, settable};
use super::{render, store_new};
use crate::state::{Kind, Record};
use crate::times;

const KIND: Kind = Kind::StreamingEndpoints;

const FIELDS: &[Field] = &[
    needed("scaleUnits", COUNT),
    field(
        "sku",
        Shape::Fields(&[needed("name", Shape::OneOf(&["Standard", "Premium"]))]),
    ),
    field(
        "publicName",
        Shape::Like(
            valid_public_name,
            "3 to 63 small letters, digits and single hyphens",
        ),
    ),
    field("accessControl", Shape::Fields(ACCESS)),
    nullable("advancedSettingsName", Shape::Text(0, 64)),
    field("cdnEnabled", Shape::Flag),
    field("cdnProfile", Shape::Text(0, 100)),
    field("cdnProvider", Shape::OneOf(&["StandardAkamai"])),
    field(
        "crossSiteAccessPolicies",
        Shape::Fields(&[
            nullable("clientAccessPolicy", TEXT),
            nullable("crossDomainPolicy", TEXT),
        ]),
    ),
    field("customHostNames", Shape::List(&TEXT)),
    nullable("description", Shape::Text(0, 1024)),
    field("maxCacheAge", AGE),
    field("maxManifestCacheAge", AGE),
    field(
        "provisioningState",
        Shape::OneOf(&["InProgress", "Succeeded", "Failed"]),
    ),
    field(
        "resourceState",
        Shape::OneOf(&[
            "Creating",
            "Updating",
            "Scaling",
            "Starting",
            "Stopping",
            "Restarting",
            "Deleting",
            "Running",
            "Stopped",
            "Deleted",
        ]),
    ),
    field("serverCredentialNames", Shape::List(&TEXT)),
    field(
        "shieldCache",
        Shape::Fields(&[nullable("scaleUnits", Shape::Whole(0, 1024)).needed()]),
    ),
    field("urlStyle", TEXT),
];

/// What a request may hold and the service sets all the same, or ignores.
const IGNORED: [&str; 3] = ["cdnProvider", "provisioningState", "resourceState"];

/// Seconds, up to 30 days.
const AGE: Shape = Shape::Whole(0, 2_592_000);

const ACCESS: &[Field] = &[
    field(
        "akamai",
        Shape::Fields(&[needed(
            "akamaiSignatureHeaderAuthenticationKeyList",
            Shape::List(&Shape::Fields(&[
                field("base64Key", TEXT),
                field("expiration", TEXT),
                field("identifier", TEXT),
            ])),
        )]),
    ),
    field(
        "ip",
        Shape::Fields(&[needed(
            "allow",
            Shape::List(&Shape::Fields(&[
                needed("address", TEXT),
                field("name", TEXT),
                field("subnetPrefixLength", Shape::Whole(0, 32)),
            ])),
        )]),
    ),
];

const TOP: &[Field] = &[needed("location", TEXT), field("tags", Shape::Texts(2))];

/// Words of small letters and digits, single hyphens between them.
fn valid_public_name(text: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    (3..=63).contains(&text.len()) && text.split('-').all(word)
}

/// At most 64 letters, digits and hyphens, none of these at either end.
fn valid_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && !name.starts_with('-')
        && !name.ends_with('-')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

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
    if !valid_name(name) {
        return Err(Reply::bad_request(format!(
            "The name '{name}' is not valid."
        )));
    }
    let (mut fields, top) = asked(call)?;
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

/// What is asked for. A PATCH needs what a PUT does: its schema is that of the resource.
fn asked(call: &Call<'_>) -> Result<body::Parts, Reply> {
    let (mut fields, top) = body::properties(call, FIELDS, TOP)?;
    fields.retain(|name, _| !IGNORED.contains(&name.as_str()));
    if body::required(&top, "location")? != call.region {
        return Err(Reply::bad_request(format!(
            "'location' must be that of the project, which is '{}'.",
            call.region
        )));
    }
    Ok((fields, top))
}

pub(super) fn patch(call: &Call<'_>, before: Record) -> Result<Reply, Reply> {
    let (patch, top) = asked(call)?;
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
            let mut asked = settable(call, call.json()?, &[needed("scaleUnit", COUNT)])?;
            let units = asked.shift_remove("scaleUnit").unwrap_or_default();
            fields.insert("scaleUnits".to_owned(), units);
        }
    }
    stored(call, before, fields);
    Ok(Reply::empty(StatusCode::OK))
}
