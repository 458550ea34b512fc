//! Account filters and asset filters: one shape.

use axum::http::StatusCode;
use serde_json::{Map, Value};

use super::body::{self, Field, Shape, field};
use super::call::Call;
use super::reply::Reply;
use super::{render, store_new};
use crate::state::{Key, Kind, Record};

const FIELDS: &[Field] = &[
    field("presentationTimeRange", Shape::Object),
    field("firstQuality", Shape::Object),
    field("tracks", Shape::List),
];

/// The numbers of a time range, with what they may be.
const RANGE: [(&str, i64, i64); 5] = [
    ("startTimestamp", 0, i64::MAX),
    ("endTimestamp", 0, i64::MAX),
    ("presentationWindowDuration", 0, i64::MAX),
    ("liveBackoffDuration", 0, i64::MAX),
    ("timescale", 1, 1_000_000_000),
];

/// The properties of a track that a filter can match.
const PROPERTIES: [&str; 6] = ["Unknown", "Type", "Name", "Language", "FourCC", "Bitrate"];

pub(super) fn show(record: &Record) -> Map<String, Value> {
    render::fields(record, &[])
}

pub(super) fn put(
    call: &Call<'_>,
    kind: Kind,
    parent: Option<&str>,
    name: &str,
) -> Result<Reply, Reply> {
    let (mut fields, _) = body::properties(call, FIELDS, &[])?;
    check(call, &mut fields)?;
    if let Some(asset) = parent {
        call.find(Kind::Assets, None, asset)?;
    }
    let before = call.find_if_there(kind, parent, name);
    let new = before.is_none();
    let record = match before {
        Some(before) => {
            let record = call.changed(before, fields);
            call.store(&mut call.core.world(), kind, parent, &record);
            record
        }
        None => {
            let record = call.made(name, fields);
            store_new(call, kind, parent, &record);
            record
        }
    };
    Ok(Reply::stored(
        new,
        render::resource(call, kind, parent, &record),
    ))
}

fn check(call: &Call<'_>, fields: &mut Map<String, Value>) -> Result<(), Reply> {
    if let Some(quality) = fields.get("firstQuality")
        && !quality["bitrate"].is_i64()
    {
        return Err(Reply::bad_request("'firstQuality.bitrate' is required."));
    }
    if let Some(range) = fields.get_mut("presentationTimeRange") {
        for (name, least, most) in RANGE {
            let number = &range[name];
            let holds = number
                .as_i64()
                .is_some_and(|number| (least..=most).contains(&number));
            if !number.is_null() && !holds {
                return Err(Reply::bad_request(format!(
                    "'presentationTimeRange.{name}' is out of range."
                )));
            }
        }
        for name in ["startTime", "endTime"] {
            if let Some(time) = range.get_mut(name) {
                *time = body::time(call, name, time)?;
            }
        }
    }
    let selections = fields.get("tracks").and_then(Value::as_array);
    let conditions = selections
        .into_iter()
        .flatten()
        .flat_map(|track| track["trackSelections"].as_array().into_iter().flatten());
    for condition in conditions {
        let text = |name: &str| condition[name].as_str().unwrap_or_default();
        if !PROPERTIES.contains(&text("property"))
            || !["Equal", "NotEqual"].contains(&text("operation"))
            || !condition["value"].is_string()
        {
            return Err(Reply::bad_request(
                "A track selection needs a known 'property', an 'operation' and a 'value'.",
            ));
        }
    }
    Ok(())
}

/// Refused while a locator names the filter: of an account filter every locator, of an asset filter its asset's.
pub(super) fn delete(
    call: &Call<'_>,
    kind: Kind,
    parent: Option<&str>,
    record: &Record,
) -> Result<Reply, Reply> {
    let mut world = call.core.world();
    let names = |locator: &Record| {
        let filters = locator.fields.get("filters").and_then(Value::as_array);
        filters.into_iter().flatten().any(|name| {
            name.as_str()
                .is_some_and(|name| name.eq_ignore_ascii_case(&record.name))
        })
    };
    let account = call.account(&world)?;
    let user = match parent {
        Some(asset) => account.locators_of(asset).find(|one| names(one)),
        None => account
            .list(Kind::StreamingLocators, None)
            .find(|one| names(one)),
    };
    if let Some(user) = user {
        return Err(Reply::conflict(format!(
            "The filter '{}' is used by the streaming locator '{}'.",
            record.name, user.name
        )));
    }
    world.remove(&call.project, &Key::new(kind, parent, &record.name));
    Ok(Reply::empty(StatusCode::OK))
}
