//! The envelope round a resource's properties.

use serde_json::{Map, Value, json};

use super::body::Field;
use super::call::{Call, type_of};
use crate::state::{Kind, Record};
use crate::times;

/// Which reply a resource is shown in: they differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// The reply to the PUT or PATCH.
    Put,
    Get,
    List,
}

/// `{name, id, type, properties, systemData}`.
pub(super) fn resource(
    call: &Call<'_>,
    kind: Kind,
    parent: Option<&str>,
    record: &Record,
    properties: Map<String, Value>,
) -> Value {
    let mut shown = json!({
        "name": record.name,
        "id": call.id(kind, parent, &record.name),
        "type": type_of(kind),
        "properties": properties,
    });
    if call.version.shows_system_data() && !record.predefined {
        let origin = &record.origin;
        shown["systemData"] = json!({
            "createdBy": origin.created_by,
            "createdByType": origin.created_by_type,
            "createdAt": times::ticks(record.created),
            "lastModifiedBy": origin.modified_by,
            "lastModifiedByType": origin.modified_by_type,
            "lastModifiedAt": times::ticks(record.modified),
        });
    }
    shown
}

/// Adds those of the record's properties that are named, in that order; what is unset is left out.
pub(super) fn copy(shown: &mut Map<String, Value>, record: &Record, names: &[&str]) {
    for name in names {
        if let Some(value) = record.fields.get(*name) {
            shown.insert((*name).to_owned(), value.clone());
        }
    }
}

/// Adds the properties that the service keeps without knowing them.
pub(super) fn copy_unknown(shown: &mut Map<String, Value>, record: &Record, known: &[Field]) {
    for (name, value) in &record.fields {
        if !known.iter().any(|field| field.name == name) {
            shown.insert(name.clone(), value.clone());
        }
    }
}
