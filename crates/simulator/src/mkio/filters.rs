//! Account filters and asset filters: one shape.

use axum::http::StatusCode;
use serde_json::{Map, Value};

use super::body;
use super::call::Call;
use super::reply::Reply;
use super::shape::{COUNT, Field, Shape, TEXT, field, needed};
use super::{render, store_new};
use crate::state::{Key, Kind, Record};

const FIELDS: &[Field] = &[
    field("presentationTimeRange", Shape::Fields(RANGE)),
    field("firstQuality", Shape::Fields(&[needed("bitrate", NUMBER)])),
    field("tracks", Shape::List(&Shape::Fields(TRACK))),
];

const NUMBER: Shape = Shape::Whole(i64::MIN, i64::MAX);

const RANGE: &[Field] = &[
    field("startTimestamp", COUNT),
    field("endTimestamp", COUNT),
    field("presentationWindowDuration", NUMBER),
    field("liveBackoffDuration", NUMBER),
    field("timescale", Shape::Whole(1, 1_000_000_000)),
    field("forceEndTimestamp", Shape::Flag),
    field("startTime", Shape::Time),
    field("endTime", Shape::Time),
];

const TRACK: &[Field] = &[needed(
    "trackSelections",
    Shape::List(&Shape::Fields(&[
        needed(
            "property",
            Shape::OneOf(&["Unknown", "Type", "Name", "Language", "FourCC", "Bitrate"]),
        ),
        needed("operation", Shape::OneOf(&["Equal", "NotEqual"])),
        needed("value", TEXT),
    ])),
)];

/// Ticks a second where a filter does not say how many.
const TIMESCALE: i64 = 10_000_000;

/// The longest back-off and the shortest window, in seconds.
const LONGEST_BACKOFF: i64 = 300;
const SHORTEST_WINDOW: i64 = 10;

pub(super) fn show(record: &Record) -> Map<String, Value> {
    render::fields(record, &[])
}

pub(super) fn put(
    call: &Call<'_>,
    kind: Kind,
    parent: Option<&str>,
    name: &str,
) -> Result<Reply, Reply> {
    let (fields, _) = body::properties(call, FIELDS, &[])?;
    check(&fields)?;
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

/// What the texts of the schema say of a time range, beyond its types.
fn check(fields: &Map<String, Value>) -> Result<(), Reply> {
    let Some(range) = fields.get("presentationTimeRange") else {
        return Ok(());
    };
    let number = |name: &str| range[name].as_i64();
    let seconds = |count: i64| count.saturating_mul(number("timescale").unwrap_or(TIMESCALE));
    let wrong = |why: &str| Err(Reply::bad_request(why));
    if range["forceEndTimestamp"] == true && number("endTimestamp").is_none() {
        return wrong("'forceEndTimestamp' wants an 'endTimestamp'.");
    }
    if number("liveBackoffDuration").is_some_and(|ticks| ticks > seconds(LONGEST_BACKOFF)) {
        return wrong("'liveBackoffDuration' is more than 300 seconds.");
    }
    if number("presentationWindowDuration").is_some_and(|ticks| ticks < seconds(SHORTEST_WINDOW)) {
        return wrong("'presentationWindowDuration' is less than 10 seconds.");
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
