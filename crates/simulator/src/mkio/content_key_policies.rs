//! Content key policies: PUT creates, PATCH changes.

use serde_json::{Map, Value, json};

use super::body;
use super::call::Call;
use super::reply::Reply;
use super::settings::{PatchOptions, Secrets};
use super::shape::{Field, Shape, field, needed};
use super::{options, render, secrets, store_new};
use crate::state::{Kind, Record};
use crate::times;

const KIND: Kind = Kind::ContentKeyPolicies;

const FIELDS: &[Field] = &[
    field("description", Shape::Text(0, 1024)),
    field("fairPlayAmsCompatibility", Shape::Flag),
    // A PATCH needs them too: its schema is that of the resource.
    needed("options", Shape::List(&options::OPTION)),
];

/// As everyone may see it.
pub(super) fn show(call: &Call<'_>, record: &Record) -> Map<String, Value> {
    let mut shown = with_secrets(record);
    if let Some(options) = shown.get_mut("options") {
        secrets::mask(options, call.mkio().secrets, secrets::EVERY);
    }
    shown
}

fn with_secrets(record: &Record) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("policyId".to_owned(), json!(record.id));
    shown.insert("created".to_owned(), json!(times::micros(record.created)));
    shown.insert(
        "lastModified".to_owned(),
        json!(times::micros(record.modified)),
    );
    shown.extend(render::fields(record, &[]));
    shown
}

/// 201, and 409 for one that exists.
pub(super) fn put(call: &Call<'_>, name: &str) -> Result<Reply, Reply> {
    let (mut fields, _) = body::properties(call, FIELDS, &[])?;
    number(&mut fields)?;
    if call.find_if_there(KIND, None, name).is_some() {
        return Err(Reply::conflict(format!(
            "The content key policy '{name}' already exists."
        )));
    }
    let record = call.made(name, fields);
    store_new(call, KIND, None, &record);
    Ok(Reply::created(render::resource(call, KIND, None, &record)))
}

pub(super) fn patch(call: &Call<'_>, before: Record) -> Result<Reply, Reply> {
    let (mut patch, _) = body::properties(call, FIELDS, &[])?;
    number(&mut patch)?;
    if call.mkio().patch_options == PatchOptions::Merge
        && let Some(given) = patch.get_mut("options")
    {
        *given = merged(before.fields.get("options"), given.take());
    }
    let mut fields = before.fields.clone();
    fields.extend(patch);
    let record = call.changed(before, fields);
    call.store(&mut call.core.world(), KIND, None, &record);
    Ok(Reply::ok(render::resource(call, KIND, None, &record)))
}

fn number(fields: &mut Map<String, Value>) -> Result<(), Reply> {
    if let Some(options) = fields.get_mut("options") {
        *options = options::numbered(options)?;
    }
    Ok(())
}

/// The options that are there, those of the same name replaced, the others added.
fn merged(before: Option<&Value>, given: Value) -> Value {
    let mut options = before
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let Value::Array(given) = given else {
        return Value::Array(options);
    };
    for option in given {
        let same = options
            .iter_mut()
            .find(|other| other["name"] == option["name"]);
        match same {
            Some(other) => *other = option,
            None => options.push(option),
        }
    }
    Value::Array(options)
}

/// The whole resource, with its secrets: not the bare properties, as AMS answers.
pub(super) fn get_properties_with_secrets(call: &Call<'_>, record: &Record) -> Reply {
    let mut shown = render::resource(call, KIND, None, record);
    let mut properties = with_secrets(record);
    if let Some(options) = properties.get_mut("options") {
        let how = match call.mkio().secrets {
            Secrets::Shown => Secrets::Blank,
            how => how,
        };
        if call.mask_secrets {
            secrets::mask(options, how, secrets::EVERY);
        } else if !call.mkio().fair_play_secrets {
            secrets::mask(options, how, secrets::FAIR_PLAY);
        }
    }
    shown["properties"] = Value::Object(properties);
    Reply::ok(shown)
}
