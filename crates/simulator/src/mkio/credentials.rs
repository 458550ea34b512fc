//! The credentials of storage records: the one that expires last is used, and none is ever shown.

use axum::http::StatusCode;
use serde_json::{Value, json};
use url::form_urlencoded;
use uuid::Uuid;

use super::body;
use super::call::Call;
use super::list::page;
use super::reply::Reply;
use super::shape::{Shape, TEXT, needed};
use super::storage_records::metadata;
use crate::state::{Kind, Record};
use crate::times;

const KIND: Kind = Kind::StorageRecords;

pub(super) const SAS: Shape = Shape::Fields(&[needed(
    "sasToken",
    Shape::Like(is_sas, "a SAS token with its leading question mark"),
)]);

pub(super) const ACCESS_KEY: Shape = Shape::Fields(&[
    needed(
        "accessKeyId",
        Shape::Like(is_access_key_id, "the ID of an access key"),
    ),
    // Its schema says 40 letters and digits; a test's is one that the test would recognise.
    needed("secretAccessKey", TEXT),
]);

pub(super) const GOOGLE: Shape = Shape::Fields(&[needed("gac", Shape::Texts(usize::MAX))]);

/// What a new credential may hold, by the cloud.
const SPECS: Shape = Shape::Kinds(
    "type",
    &[
        ("Microsoft.Storage", &[needed("credential", SAS)]),
        ("AWS.S3", &[needed("credential", ACCESS_KEY)]),
        ("Google.Storage", &[needed("credential", GOOGLE)]),
    ],
);

/// A credential as it is kept.
pub(super) fn kept(mut given: Value) -> Value {
    given["id"] = json!(Uuid::new_v4().to_string());
    given
}

/// Two parameters or more, named in small letters, a signature among them.
fn is_sas(text: &str) -> bool {
    let Some(query) = text.strip_prefix('?') else {
        return false;
    };
    let pair = |part: &str| {
        part.split_once('=').is_some_and(|(name, value)| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase()) && !value.is_empty()
        })
    };
    query.contains('&') && query.split('&').all(pair) && parameter(text, "sig").is_some()
}

fn is_access_key_id(text: &str) -> bool {
    let rest = text
        .strip_prefix("AKIA")
        .or_else(|| text.strip_prefix("ASIA"));
    rest.is_some_and(|rest| {
        rest.len() == 16
            && rest
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    })
}

/// The one in use.
pub(super) fn active(record: &Record) -> Option<&Value> {
    all(record).iter().max_by_key(|one| expiry(one))
}

fn all(record: &Record) -> &[Value] {
    record
        .fields
        .get("credentials")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn expiry(credential: &Value) -> time::OffsetDateTime {
    credential["sasToken"]
        .as_str()
        .and_then(|sas| parameter(sas, "se"))
        .and_then(|text| times::parse(&text))
        .unwrap_or(times::NEVER)
}

fn parameter(sas: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(sas.trim_start_matches('?').as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// Without what is secret, in the form that the published patterns demand.
pub(super) fn sanitised(credential: &Value) -> Value {
    if let Some(sas) = credential["sasToken"].as_str() {
        let query = sas.trim_start_matches('?');
        let shown: Vec<String> = query
            .split('&')
            .map(|part| match part.split_once('=') {
                Some(("sig", _)) => "sig=sanitized".to_owned(),
                _ => part.to_owned(),
            })
            .collect();
        return json!({
            "sasToken": format!("?{}", shown.join("&")),
            "signedStart": parameter(sas, "st"),
            "signedExpiry": times::micros(expiry(credential)),
        });
    }
    if credential.get("accessKeyId").is_some() {
        return json!({ "accessKeyId": credential["accessKeyId"], "secretAccessKey": "0".repeat(40) });
    }
    json!({ "gac": {} })
}

fn show(record: &Record, credential: &Value) -> Value {
    let mut metadata = metadata(credential["id"].as_str().unwrap_or_default(), "", record);
    if let Some(metadata) = metadata.as_object_mut() {
        metadata.shift_remove("name");
    }
    json!({
        "metadata": metadata,
        "spec": { "type": record.fields.get("type"), "credential": sanitised(credential) },
    })
}

pub(super) fn list(call: &Call<'_>, record: &Record) -> Result<Reply, Reply> {
    page(call, KIND, all(record), |one| show(record, one))
}

pub(super) fn add(call: &Call<'_>, before: Record) -> Result<Reply, Reply> {
    let (mut spec, _) = body::member(call, "spec", SPECS, &[])?;
    if spec.get("type") != before.fields.get("type") {
        return Err(Reply::bad_request("'type' is not that of the storage."));
    }
    let kept = kept(spec.shift_remove("credential").unwrap_or_default());
    let mut credentials = all(&before).to_vec();
    credentials.push(kept.clone());
    let record = with(call, before, credentials);
    Ok(Reply::created(show(&record, &kept)))
}

pub(super) fn get(record: &Record, id: &str) -> Result<Reply, Reply> {
    all(record)
        .iter()
        .find(|one| one["id"] == id)
        .map(|one| Reply::ok(show(record, one)))
        .ok_or_else(|| Reply::not_found("credential", id))
}

pub(super) fn delete(call: &Call<'_>, before: Record, id: &str) -> Result<Reply, Reply> {
    let mut credentials = all(&before).to_vec();
    let count = credentials.len();
    credentials.retain(|one| one["id"] != id);
    if credentials.len() == count {
        return Err(Reply::not_found("credential", id));
    }
    with(call, before, credentials);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

fn with(call: &Call<'_>, before: Record, credentials: Vec<Value>) -> Record {
    let mut fields = before.fields.clone();
    fields.insert("credentials".to_owned(), Value::Array(credentials));
    let record = call.changed(before, fields);
    call.store(&mut call.core.world(), KIND, None, &record);
    record
}
