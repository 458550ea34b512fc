//! Storage records: what a project knows of its owner's storage. Their secrets are never shown again.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::body;
use super::call::Call;
use super::reply::Reply;
use super::shape::{Field, GUID, Shape, TEXT, field, needed, nullable};
use super::{credentials, render, store_new};
use crate::state::{Key, Kind, Record};
use crate::times;

const KIND: Kind = Kind::StorageRecords;

/// What a PUT may hold, by the cloud.
const SPECS: Shape = Shape::Kinds(
    "type",
    &[
        (
            "Microsoft.Storage",
            &[
                needed("url", TEXT),
                field("credential", credentials::SAS),
                DESCRIPTION,
                PRIVATE_LINK,
            ],
        ),
        (
            "AWS.S3",
            &[
                needed(
                    "bucketName",
                    Shape::Like(valid_bucket, "the name of a bucket"),
                ),
                field("credential", credentials::ACCESS_KEY),
                DESCRIPTION,
            ],
        ),
        (
            "Google.Storage",
            &[
                needed("bucketName", Shape::Text(2, 256)),
                field("credential", credentials::GOOGLE),
                DESCRIPTION,
            ],
        ),
    ],
);

/// What a PATCH may hold: the description and the private link, and the type, which stays.
const PATCHES: Shape = Shape::Kinds(
    "type",
    &[
        ("Microsoft.Storage", &[DESCRIPTION, PRIVATE_LINK]),
        ("AWS.S3", &[DESCRIPTION]),
        ("Google.Storage", &[DESCRIPTION]),
    ],
);

const DESCRIPTION: Field = nullable("description", TEXT);

const PRIVATE_LINK: Field = nullable(
    "privateLinkServiceConnection",
    Shape::Fields(&[
        needed("subscriptionId", GUID),
        needed("resourceGroupName", Shape::Text(1, 90)),
        needed("storageAccountName", Shape::Text(3, 24)),
        needed("requestMessage", Shape::Text(0, 140)),
    ]),
);

/// Set when the record is made, and never changed.
const FIXED: [&str; 3] = ["type", "url", "bucketName"];

/// The whole record: an envelope of its own.
pub(super) fn show(call: &Call<'_>, record: &Record) -> Value {
    let mut spec = render::fields(record, &["account", "credentials"]);
    spec.entry("description").or_insert(Value::Null);
    spec.insert("region".to_owned(), json!(call.region));
    if !spec.contains_key("url") {
        let account = record.text("account").unwrap_or_default();
        let url = match (record.text("type"), record.text("bucketName")) {
            (Some("AWS.S3"), Some(bucket)) => Some(format!("https://{bucket}.s3.amazonaws.com")),
            (Some("Google.Storage"), _) => None,
            _ => call.core.storage.url(account),
        };
        spec.extend(url.map(|url| ("url".to_owned(), json!(url))));
    }
    let active = credentials::active(record);
    if let Some(active) = active {
        spec.insert("credential".to_owned(), credentials::sanitised(active));
    }
    json!({
        "kind": "BlobStorage",
        "metadata": metadata(&record.id, &record.name, record),
        "spec": spec,
        "status": { "activeCredentialId": active.map(|active| active["id"].clone()) },
    })
}

/// As storage records and credentials have it.
pub(super) fn metadata(id: &str, name: &str, record: &Record) -> Value {
    json!({
        "id": id,
        "name": name,
        "created": times::micros(record.created),
        "createdBy": render::user_id(&record.origin.created_by),
        "createdByEmail": record.origin.created_by,
        "updated": times::micros(record.modified),
        "updatedBy": render::user_id(&record.origin.modified_by),
        "updatedByEmail": record.origin.modified_by,
    })
}

pub(super) fn put(call: &Call<'_>, name: &str) -> Result<Reply, Reply> {
    let (mut spec, _) = body::member(call, "spec", SPECS, &[])?;
    let azure = spec["type"] == "Microsoft.Storage";
    body::required(&spec, if azure { "url" } else { "bucketName" })?;
    let before = call.find_if_there(KIND, None, name);
    if let Some(before) = &before {
        let shown = show(call, before);
        let other = FIXED.iter().find(|name| {
            spec.get(**name)
                .is_some_and(|value| !same(value, &shown["spec"][**name]))
        });
        if let Some(name) = other {
            return Err(Reply::bad_request(format!(
                "'{name}' of a storage cannot be changed."
            )));
        }
    }
    let credential = spec.shift_remove("credential").map(credentials::kept);
    if !azure && credential.is_none() && before.is_none() {
        return Err(Reply::bad_request("'credential' is required."));
    }
    let new = before.is_none();
    let mut fields = match &before {
        Some(before) => before.fields.clone(),
        None => Map::new(),
    };
    if new
        && let Some(url) = spec.get("url").and_then(Value::as_str)
        && let Some(account) = call.core.storage.account_at(url)
    {
        fields.insert("account".to_owned(), json!(account));
    }
    fields.extend(spec);
    if let Some(credential) = credential {
        fields.insert("credentials".to_owned(), json!([credential]));
    }
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
    Ok(Reply::stored(new, show(call, &record)))
}

/// 3 to 63 small letters, digits, hyphens and single dots, a letter or a digit at either end.
fn valid_bucket(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let ends = [name.bytes().next(), name.bytes().last()];
    (3..=63).contains(&name.len())
        && !name.contains("..")
        && ends.into_iter().flatten().all(plain)
        && name.bytes().all(|b| plain(b) || b == b'-' || b == b'.')
}

/// A slash at the end of a URL makes no difference.
fn same(a: &Value, b: &Value) -> bool {
    match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) => a.trim_end_matches('/') == b.trim_end_matches('/'),
        _ => a == b,
    }
}

/// Only the description and the private link can be changed.
pub(super) fn patch(call: &Call<'_>, before: Record) -> Result<Reply, Reply> {
    let (spec, _) = body::member(call, "spec", PATCHES, &[])?;
    if spec.get("type") != before.fields.get("type") {
        return Err(Reply::bad_request("'type' of a storage cannot be changed."));
    }
    let mut fields = before.fields.clone();
    fields.extend(spec.into_iter().filter(|(name, _)| name != "type"));
    let record = call.changed(before, fields);
    call.store(&mut call.core.world(), KIND, None, &record);
    Ok(Reply::ok(show(call, &record)))
}

/// Refused while assets lie there. The storage itself is not touched.
pub(super) fn delete(call: &Call<'_>, record: &Record) -> Result<Reply, Reply> {
    let mut world = call.core.world();
    let user = call
        .account(&world)?
        .list(Kind::Assets, None)
        .find(|asset| {
            asset
                .text("storageAccountName")
                .is_some_and(|name| name.eq_ignore_ascii_case(&record.name))
        });
    if let Some(user) = user {
        return Err(Reply::conflict(format!(
            "The storage '{}' is used by the asset '{}'.",
            record.name, user.name
        )));
    }
    world.remove(&call.project, &Key::new(KIND, None, &record.name));
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
