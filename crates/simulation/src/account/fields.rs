//! Properties, and the times among them.

use serde_json::{Map, Value};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

pub(crate) type Fields = Map<String, Value>;

pub(crate) fn text<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.get(name)?.as_str()
}

pub(crate) fn parsed(time: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(time, &Rfc3339).ok()
}

pub(crate) fn written(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_default()
}

/// Those that are not null and of these names.
pub(crate) fn of_names(fields: &Fields, names: &[&str]) -> Fields {
    fields
        .iter()
        .filter(|(name, value)| names.contains(&name.as_str()) && !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The properties of a body, and what a resource of MK.IO has beside them: the labels of an asset.
pub(crate) fn flat(body: &Fields) -> Option<Fields> {
    let Some(Value::Object(properties)) = body.get("properties") else {
        return None;
    };
    let mut flat = properties.clone();
    if let Some(labels) = body.get("labels") {
        flat.insert("labels".to_owned(), labels.clone());
    }
    Some(flat)
}
