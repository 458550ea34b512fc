//! How the service shows a resource: secrets blank, stamps in microseconds, and whether it can be used yet.

use change::{Kind, ResourceId};
use serde_json::{Value, json};
use time::{OffsetDateTime, macros::format_description};

use super::{Secrets, Switches};
use crate::{
    account::{Fields, Record, Shown, masked, parsed, text},
    chance::Chance,
};

/// The resource as a call answers with it.
pub(crate) fn shown(
    record: &Record,
    id: &ResourceId,
    how: Shown,
    switches: Switches,
    now: OffsetDateTime,
    chance: &Chance,
) -> Fields {
    let usable = record.usable <= now;
    let mut properties = match id.kind() {
        Kind::ContentKeyPolicies => policy(&record.properties, switches.secrets),
        Kind::StreamingLocators => locator(&record.properties, switches, usable, chance),
        _ => record.properties.clone(),
    };
    let labels = properties.remove("labels");
    if matches!(id.kind(), Kind::Assets | Kind::ContentKeyPolicies) {
        properties.insert("created".to_owned(), json!(micros(record.created)));
        properties.insert("lastModified".to_owned(), json!(micros(record.modified)));
    }
    let mut shown = Fields::new();
    let mut supplemental = json!({"subscription": {"name": "project"}});
    match id.kind() {
        Kind::Assets => {
            shown.insert("labels".to_owned(), labels.unwrap_or_else(|| json!({})));
            if switches.nulls {
                for name in [
                    "alternateId",
                    "description",
                    "storageEncryptionFormat",
                    "encryptionScope",
                ] {
                    properties.entry(name).or_insert(Value::Null);
                }
            }
        }
        // A captured answer to the creation of a policy says so.
        Kind::ContentKeyPolicies if how == Shown::Put => {
            supplemental["state"] = json!(state(usable));
        }
        _ => {}
    }
    shown.insert("name".to_owned(), json!(id.name().as_str()));
    shown.insert(
        "id".to_owned(),
        json!(format!("/subscriptions/x/mediaservices/project/{id}")),
    );
    shown.insert("type".to_owned(), json!("Microsoft.Media/mediaservices"));
    shown.insert("properties".to_owned(), Value::Object(properties));
    shown.insert("supplemental".to_owned(), supplemental);
    shown.insert(
        "systemData".to_owned(),
        json!({"createdAt": micros(record.created), "lastModifiedAt": micros(record.modified)}),
    );
    shown
}

/// A content key policy whose secrets are not for everybody.
fn policy(properties: &Fields, secrets: Secrets) -> Fields {
    let mask = match secrets {
        Secrets::Blank => Some(json!("")),
        Secrets::Absent => None,
        Secrets::Null => Some(Value::Null),
        Secrets::Asterisks => Some(json!("****")),
        Secrets::Shown => return properties.clone(),
    };
    masked(properties, mask.as_ref())
}

/// The state of a policy or a locator.
pub(super) const fn state(usable: bool) -> &'static str {
    if usable { "Created" } else { "Creating" }
}

fn micros(time: OffsetDateTime) -> String {
    let format =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");
    time.format(&format).unwrap_or_default()
}

fn locator(properties: &Fields, switches: Switches, usable: bool, chance: &Chance) -> Fields {
    let mut properties = properties.clone();
    for name in ["startTime", "endTime"] {
        if let Some(time) = text(&properties, name).and_then(parsed) {
            properties.insert(name.to_owned(), json!(micros(time)));
        }
    }
    let none = json!("9999-12-31T23:59:59.999999Z");
    properties.entry("endTime").or_insert(none);
    properties.entry("suppressed").or_insert(json!(false));
    let provisioning = if usable { "Succeeded" } else { "InProgress" };
    properties.insert("provisioningState".to_owned(), json!(provisioning));
    properties.insert("resourceState".to_owned(), json!(state(usable)));
    if let Some(Value::Array(keys)) = properties.get_mut("contentKeys") {
        chance.shuffle(keys);
        for key in keys.iter_mut().filter_map(Value::as_object_mut) {
            key.remove("tracks");
            if !switches.key_values_shown {
                key.remove("value");
            }
        }
    }
    properties
}
