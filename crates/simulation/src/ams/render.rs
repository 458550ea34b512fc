//! How the service shows a resource: masked, rounded, and differently in a list and in the answer to a write.

use change::{Kind, ResourceId};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use crate::{
    account::{Fields, Record, Shown, masked, parsed, text, written},
    chance::Chance,
};

/// A time as the service's database keeps it: in steps of 1/300 s, shown in whole milliseconds.
pub(crate) fn rounded(time: OffsetDateTime) -> OffsetDateTime {
    let nanos = i128::from(time.nanosecond());
    let steps = (nanos * 300 + 500_000_000) / 1_000_000_000;
    let millis = (steps * 1000 + 150) / 300;
    let whole = time - Duration::nanoseconds(i64::from(time.nanosecond()));
    whole + Duration::milliseconds(i64::try_from(millis).unwrap_or_default())
}

/// The resource as a call answers with it.
pub(crate) fn shown(record: &Record, id: &ResourceId, how: Shown, chance: &Chance) -> Fields {
    let mut properties = match id.kind() {
        Kind::ContentKeyPolicies => masked(&record.properties, Some(&Value::Null)),
        Kind::StreamingPolicies if how == Shown::Put => record.properties.clone(),
        Kind::StreamingPolicies => with_empty_keys(&record.properties),
        Kind::StreamingLocators => locator(&record.properties, how, chance),
        _ => record.properties.clone(),
    };
    let (created, modified) = match how {
        Shown::Put => (record.created, record.modified),
        _ => (rounded(record.created), rounded(record.modified)),
    };
    if !matches!(id.kind(), Kind::AccountFilters | Kind::AssetFilters) {
        properties.insert("created".to_owned(), json!(written(created)));
    }
    if matches!(id.kind(), Kind::Assets | Kind::ContentKeyPolicies) {
        properties.insert("lastModified".to_owned(), json!(written(modified)));
    }
    let mut shown = Fields::new();
    shown.insert("name".to_owned(), json!(id.name().as_str()));
    shown.insert("id".to_owned(), json!(format!("/mediaservices/x/{id}")));
    shown.insert("type".to_owned(), json!("Microsoft.Media/mediaservices"));
    shown.insert("properties".to_owned(), Value::Object(properties));
    shown.insert(
        "systemData".to_owned(),
        json!({"createdAt": written(record.created), "lastModifiedAt": written(modified)}),
    );
    shown
}

/// GET shows keys where PUT showed none.
fn with_empty_keys(properties: &Fields) -> Fields {
    let mut properties = properties.clone();
    for scheme in [
        "envelopeEncryption",
        "commonEncryptionCenc",
        "commonEncryptionCbcs",
    ] {
        if let Some(Value::Object(scheme)) = properties.get_mut(scheme) {
            scheme
                .entry("contentKeys")
                .or_insert_with(|| json!({"defaultKey": {}, "keyToTrackMappings": []}));
        }
    }
    properties
}

/// Key values are never shown, in a list not even the keys; an end that was not given looks different each time.
fn locator(properties: &Fields, how: Shown, chance: &Chance) -> Fields {
    let mut properties = properties.clone();
    if how != Shown::Put {
        for name in ["startTime", "endTime"] {
            if let Some(time) = text(&properties, name).and_then(parsed) {
                properties.insert(name.to_owned(), json!(written(rounded(time))));
            }
        }
    }
    if !properties.contains_key("endTime") {
        let end = if how == Shown::Put {
            "9999-12-31T23:59:59.9999999Z"
        } else {
            "9999-12-31T23:59:59.997Z"
        };
        properties.insert("endTime".to_owned(), json!(end));
    }
    if let Some(Value::Array(keys)) = properties.get_mut("contentKeys") {
        if how == Shown::List {
            keys.clear();
        }
        chance.shuffle(keys);
        for key in keys.iter_mut().filter_map(Value::as_object_mut) {
            key.remove("value");
            if how == Shown::Put {
                key.remove("policyName");
            }
        }
    }
    properties
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn times_are_rounded_as_the_recordings_show() {
        for (given, kept) in [
            (datetime!(2018-03-29 10:00:00.295807 UTC), 297),
            (datetime!(2018-03-29 10:00:00.601948 UTC), 603),
            (datetime!(2018-03-29 10:00:00 UTC), 0),
        ] {
            assert_eq!(rounded(given).millisecond(), kept);
        }
    }
}
