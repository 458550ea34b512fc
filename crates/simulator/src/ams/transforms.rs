//! Transforms: as far as a platform needs them to run a job.

use serde_json::{Map, Value, json};

use super::body::{self, Field, Shape, field};
use super::call::Call;
use super::render;
use super::reply::Reply;
use crate::state::{Kind, Record};
use crate::times;

const KIND: Kind = Kind::Transforms;

const FIELDS: &[Field] = &[
    field("created", Shape::ReadOnly),
    field("lastModified", Shape::ReadOnly),
    field("description", Shape::Text),
    field("outputs", Shape::List),
];

pub(super) fn show(record: &Record) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("created".to_owned(), json!(times::ticks(record.created)));
    render::copy(&mut shown, record, &["description"]);
    shown.insert(
        "lastModified".to_owned(),
        json!(times::ticks(record.modified)),
    );
    render::copy(&mut shown, record, &["outputs"]);
    render::copy_unknown(&mut shown, record, FIELDS);
    shown
}

pub(super) fn put(call: &Call<'_>, name: &str) -> Result<Reply, Reply> {
    let fields = checked(body::settable_without_nulls(call, "Transform", FIELDS)?)?;
    let mut world = call.core.world();
    let before = world
        .account(&call.account)
        .and_then(|account| account.get(KIND, None, name).cloned());
    let now = times::now();
    let record = match before.clone() {
        Some(before) => Record {
            fields,
            modified: now,
            origin: call.origin(Some(&before)),
            ..before
        },
        None => Record {
            name: name.to_owned(),
            id: String::new(),
            fields,
            keys: Vec::new(),
            created: now,
            modified: now,
            origin: call.origin(None),
            predefined: false,
        },
    };
    call.store(&mut world, KIND, None, &record);
    let shown = render::resource(call, KIND, None, &record, show(&record));
    Ok(if before.is_some() {
        Reply::ok(shown)
    } else {
        Reply::created(shown)
    })
}

pub(super) fn patch(call: &Call<'_>, before: Record) -> Result<Reply, Reply> {
    let patch = body::settable(call, "Transform", FIELDS)?;
    let mut fields = before.fields.clone();
    body::merge(&mut fields, patch);
    let fields = checked(fields)?;
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
        show(&record),
    )))
}

fn checked(mut fields: Map<String, Value>) -> Result<Map<String, Value>, Reply> {
    let outputs = fields.get_mut("outputs").and_then(Value::as_array_mut);
    let outputs =
        outputs.ok_or_else(|| Reply::bad_request("The property 'outputs' is required."))?;
    for output in outputs.iter_mut().filter_map(Value::as_object_mut) {
        output
            .entry("onError")
            .or_insert_with(|| json!("StopProcessingJob"));
        output
            .entry("relativePriority")
            .or_insert_with(|| json!("Normal"));
    }
    Ok(fields)
}
