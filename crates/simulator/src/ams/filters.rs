//! Account filters and asset filters: one shape.

use serde_json::{Map, Value, json};

use super::body::{self, Field, Shape, field};
use super::call::Call;
use super::render;
use super::reply::Reply;
use crate::state::{Kind, Record};
use crate::times;

const FIELDS: &[Field] = &[
    field("presentationTimeRange", Shape::Object),
    field("firstQuality", Shape::Object),
    field("tracks", Shape::List),
];

pub(super) fn show(record: &Record) -> Map<String, Value> {
    let mut shown = Map::new();
    render::copy(
        &mut shown,
        record,
        &["presentationTimeRange", "firstQuality", "tracks"],
    );
    render::copy_unknown(&mut shown, record, FIELDS);
    shown
}

pub(super) fn put(
    call: &Call<'_>,
    kind: Kind,
    parent: Option<&str>,
    name: &str,
) -> Result<Reply, Reply> {
    let fields = checked(body::settable_without_nulls(call, type_name(kind), FIELDS)?)?;
    let mut world = call.core.world();
    let account = world.account(&call.account).ok_or_else(Reply::not_found)?;
    if parent.is_some_and(|asset| !account.has(Kind::Assets, None, asset)) {
        return Err(Reply::not_found());
    }
    let before = account.get(kind, parent, name).cloned();
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
    call.store(&mut world, kind, parent, &record);
    let shown = render::resource(call, kind, parent, &record, show(&record));
    Ok(if before.is_some() {
        Reply::ok(shown)
    } else {
        Reply::created(shown)
    })
}

pub(super) fn patch(
    call: &Call<'_>,
    kind: Kind,
    parent: Option<&str>,
    before: Record,
) -> Result<Reply, Reply> {
    let patch = body::settable(call, type_name(kind), FIELDS)?;
    let mut fields = before.fields.clone();
    body::merge(&mut fields, patch);
    let fields = checked(fields)?;
    let record = Record {
        fields,
        modified: times::now(),
        origin: call.origin(Some(&before)),
        ..before
    };
    call.store(&mut call.core.world(), kind, parent, &record);
    Ok(Reply::ok(render::resource(
        call,
        kind,
        parent,
        &record,
        show(&record),
    )))
}

fn type_name(kind: Kind) -> &'static str {
    if kind == Kind::AssetFilters {
        "AssetFilter"
    } else {
        "AccountFilter"
    }
}

/// `tracks` is always there; a first quality has a bit rate.
fn checked(mut fields: Map<String, Value>) -> Result<Map<String, Value>, Reply> {
    fields.entry("tracks").or_insert_with(|| json!([]));
    if fields
        .get("firstQuality")
        .is_some_and(|quality| !quality["bitrate"].is_i64())
    {
        return Err(Reply::bad_request(
            "The property 'firstQuality.bitrate' is required.",
        ));
    }
    Ok(fields)
}
