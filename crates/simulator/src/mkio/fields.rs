//! What listings can be filtered and ordered by, as the OpenAPI document says for each kind.

use std::cmp::Ordering;

use serde_json::Value;
use time::OffsetDateTime;

use super::reply::Reply;
use crate::state::{Key, Kind, Record};
use crate::times;

/// Filterable for every kind.
const COMMON: [&str; 10] = [
    "created",
    "createdBy",
    "createdByEmail",
    "createdByName",
    "id",
    "name",
    "updated",
    "updatedBy",
    "updatedByEmail",
    "updatedByName",
];

/// Orderable for every kind.
const COMMON_ORDER: [&str; 6] = ["created", "createdBy", "id", "name", "updated", "updatedBy"];

/// Of one kind: filterable and orderable.
const fn own(kind: Kind) -> (&'static [&'static str], &'static [&'static str]) {
    match kind {
        Kind::Assets => {
            const FIELDS: &[&str] = &[
                "labels",
                "properties/alternateId",
                "properties/assetId",
                "properties/container",
                "properties/containerDeletionPolicy",
                "properties/created",
                "properties/lastModified",
                "properties/storageAccountName",
                "properties/subPath",
            ];
            (FIELDS, FIELDS)
        }
        Kind::ContentKeyPolicies => {
            const FIELDS: &[&str] = &[
                "properties/created",
                "properties/lastModified",
                "properties/policyId",
            ];
            (FIELDS, FIELDS)
        }
        Kind::StreamingPolicies => (&["properties/created"], &["properties/created"]),
        Kind::StreamingLocators => (
            &[
                "properties/assetName",
                "properties/created",
                "properties/endTime",
                "properties/startTime",
            ],
            &[
                "properties/created",
                "properties/endTime",
                "properties/startTime",
            ],
        ),
        Kind::StreamingEndpoints => {
            const FIELDS: &[&str] = &[
                "properties/created",
                "properties/description",
                "properties/lastModified",
                "properties/resourceState",
                "properties/scaleUnits",
            ];
            (FIELDS, FIELDS)
        }
        Kind::Jobs => (
            &[
                "properties/created",
                "properties/lastModified",
                "properties/state",
                "transform",
            ],
            &[
                "properties/created",
                "properties/lastModified",
                "properties/state",
            ],
        ),
        Kind::StorageRecords => (&["region", "type", "url"], &["type", "url"]),
        _ => (&[], &[]),
    }
}

/// Reads the name of a field to filter by.
pub(super) fn filterable(kind: Kind, name: &str) -> Result<&'static str, Reply> {
    find(&[&COMMON, own(kind).0], name)
        .ok_or_else(|| Reply::bad_request(format!("Filtering by '{name}' is not supported.")))
}

/// Reads the name of a field to order by.
pub(super) fn orderable(kind: Kind, name: &str) -> Result<&'static str, Reply> {
    find(&[&COMMON_ORDER, own(kind).1], name)
        .ok_or_else(|| Reply::bad_request(format!("Ordering by '{name}' is not supported.")))
}

fn find(sets: &[&'static [&'static str]], name: &str) -> Option<&'static str> {
    sets.iter()
        .flat_map(|set| set.iter())
        .find(|known| **known == name)
        .copied()
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub(super) enum Held {
    Number(f64),
    Text(String),
    Time(OffsetDateTime),
}

impl Held {
    /// Reads a literal of a filter as what the field is compared with.
    pub(super) fn read(field: &str, literal: &str) -> Option<Self> {
        let last = field.rsplit('/').next().unwrap_or(field);
        Some(match last {
            "created" | "updated" | "lastModified" | "startTime" | "endTime" => {
                Self::Time(times::parse(literal)?)
            }
            "scaleUnits" => Self::Number(literal.parse().ok()?),
            _ => Self::Text(literal.to_owned()),
        })
    }
}

/// What a resource holds in a field.
pub(super) fn held(field: &str, key: &Key, record: &Record) -> Option<Held> {
    let text = |text: &str| Some(Held::Text(text.to_owned()));
    // Times are shown in microseconds, and compared as they are shown.
    let time = |at: OffsetDateTime| times::parse(&times::micros(at)).map(Held::Time);
    match field.strip_prefix("properties/").unwrap_or(field) {
        "created" => time(record.created),
        "updated" | "lastModified" => time(record.modified),
        "createdBy" | "createdByEmail" | "createdByName" => text(&record.origin.created_by),
        "updatedBy" | "updatedByEmail" | "updatedByName" => text(&record.origin.modified_by),
        "id" | "assetId" | "policyId" => text(&record.id),
        "name" => text(&record.name),
        "transform" => text(&key.parent),
        "endTime" => {
            let end = record.text("endTime").and_then(times::parse);
            time(end.unwrap_or(times::NEVER))
        }
        "startTime" => record
            .text("startTime")
            .and_then(times::parse)
            .and_then(time),
        "resourceState" => record.text("state").and_then(text),
        "scaleUnits" => record.fields.get("scaleUnits")?.as_f64().map(Held::Number),
        "labels" => text(&record.fields.get("labels")?.to_string()),
        other => record
            .fields
            .get(other)
            .and_then(Value::as_str)
            .and_then(text),
    }
}

/// What is not there comes first.
pub(super) fn compare(a: Option<&Held>, b: Option<&Held>) -> Ordering {
    a.partial_cmp(&b).unwrap_or(Ordering::Equal)
}
