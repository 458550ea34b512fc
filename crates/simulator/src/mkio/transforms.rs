//! Transforms: as far as a platform needs them to run a job.

use serde_json::{Map, Value, json};

use super::body;
use super::call::Call;
use super::reply::Reply;
use super::shape::{Field, Shape, field, nullable};
use super::{render, store_new};
use crate::state::{Kind, Record};
use crate::times;

const KIND: Kind = Kind::Transforms;

const FIELDS: &[Field] = &[
    nullable("description", Shape::Text(0, 1024)),
    field("outputs", Shape::List(&Shape::Object)),
];

pub(super) fn show(record: &Record) -> Map<String, Value> {
    let mut shown = render::fields(record, &[]);
    shown.insert("created".to_owned(), json!(times::micros(record.created)));
    shown.insert(
        "lastModified".to_owned(),
        json!(times::micros(record.modified)),
    );
    shown
}

/// One output and no more (documented).
pub(super) fn put(call: &Call<'_>, name: &str) -> Result<Reply, Reply> {
    let (fields, _) = body::properties(call, FIELDS, &[])?;
    let outputs = fields.get("outputs").and_then(Value::as_array);
    if outputs.map(Vec::len) != Some(1) {
        return Err(Reply::bad_request("'outputs' must have one output."));
    }
    let before = call.find_if_there(KIND, None, name);
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
