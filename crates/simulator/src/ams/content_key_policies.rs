//! Content key policies.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body::{self, Field, Shape, field};
use super::call::Call;
use super::render;
use super::reply::Reply;
use super::{policy_options, secrets};
use crate::state::{Kind, Record};
use crate::times;

const KIND: Kind = Kind::ContentKeyPolicies;

const FIELDS: &[Field] = &[
    field("policyId", Shape::ReadOnly),
    field("created", Shape::ReadOnly),
    field("lastModified", Shape::ReadOnly),
    field("description", Shape::Text),
    field("options", Shape::List),
];

/// As everyone may see it.
pub(super) fn show(call: &Call<'_>, record: &Record) -> Map<String, Value> {
    let mut shown = with_secrets(record);
    if let Some(options) = shown.get_mut("options") {
        secrets::mask(options, call.version.masks_with_null());
    }
    shown
}

fn with_secrets(record: &Record) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("policyId".to_owned(), json!(record.id));
    shown.insert(
        "created".to_owned(),
        json!(times::rounded_text(record.created)),
    );
    shown.insert(
        "lastModified".to_owned(),
        json!(times::rounded_text(record.modified)),
    );
    render::copy(&mut shown, record, &["description", "options"]);
    render::copy_unknown(&mut shown, record, FIELDS);
    shown
}

/// 200 for a new one and for a change alike: all recordings say so. Every change gives the options new IDs.
pub(super) fn put(call: &Call<'_>, name: &str) -> Result<Reply, Reply> {
    let mut fields = body::settable_without_nulls(call, "ContentKeyPolicy", FIELDS)?;
    let options = policy_options::normalised(fields.get("options").unwrap_or(&Value::Null))?;
    fields.insert("options".to_owned(), options);
    let mut world = call.core.world();
    let before = world
        .account(&call.account)
        .and_then(|account| account.get(KIND, None, name).cloned());
    let now = times::now();
    let record = match before {
        Some(before) => Record {
            fields,
            modified: now,
            origin: call.origin(Some(&before)),
            ..before
        },
        None => Record {
            name: name.to_owned(),
            id: Uuid::new_v4().to_string(),
            fields,
            keys: Vec::new(),
            created: now,
            modified: now,
            origin: call.origin(None),
            predefined: false,
        },
    };
    call.store(&mut world, KIND, None, &record);
    Ok(Reply::ok(render::resource(
        call,
        KIND,
        None,
        &record,
        show(call, &record),
    )))
}

pub(super) fn patch(call: &Call<'_>, before: Record) -> Result<Reply, Reply> {
    let mut patch = body::settable(call, "ContentKeyPolicy", FIELDS)?;
    if let Some(options) = patch.get_mut("options") {
        *options = policy_options::normalised(options)?;
    }
    let mut fields = before.fields.clone();
    body::merge(&mut fields, patch);
    if let Some(options) = fields.get_mut("options") {
        policy_options::renumber(options);
    }
    let record = Record {
        fields,
        modified: times::now(),
        origin: call.origin(Some(&before)),
        ..before
    };
    call.store(&mut call.core.world(), KIND, None, &record);
    Ok(Reply::ok(render::resource(
        call,
        KIND,
        None,
        &record,
        show(call, &record),
    )))
}

/// The bare properties, without the envelope.
pub(super) fn get_properties_with_secrets(call: &Call<'_>, record: &Record) -> Reply {
    Reply::ok(Value::Object(if call.mask_secrets {
        show(call, record)
    } else {
        with_secrets(record)
    }))
}
