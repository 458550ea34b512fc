//! Reads the properties a client sends.

use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine as _, alphabet};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::call::Call;
use super::reply::Reply;
use crate::settings::UnknownFields;
use crate::times;

/// What a property must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    /// Written back in whole ticks, without trailing zeros.
    Time,
    /// Written back in lower case.
    Uuid,
    List,
    Object,
    /// The service's own: accepted and ignored.
    ReadOnly,
}

/// A property that the service knows.
pub(super) struct Field {
    pub name: &'static str,
    shape: Shape,
    /// The first api-version that knows it, as a number.
    since: u32,
}

/// A property of all versions.
pub(super) const fn field(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        shape,
        since: 0,
    }
}

/// A property that came with an api-version.
pub(super) const fn field_since(name: &'static str, shape: Shape, since: u32) -> Field {
    Field { name, shape, since }
}

/// The properties of the request that a client may set, checked and normalised; explicit nulls are kept.
pub(super) fn settable(
    call: &Call<'_>,
    type_name: &str,
    known: &[Field],
) -> Result<Map<String, Value>, Reply> {
    let Value::Object(mut body) = call.json()? else {
        return Err(Reply::bad_request("The request content is not a resource."));
    };
    let properties = match body.remove("properties") {
        Some(Value::Object(properties)) => properties,
        None | Some(Value::Null) => Map::new(),
        Some(_) => {
            return Err(Reply::bad_request(
                "The property 'properties' is not an object.",
            ));
        }
    };
    let mut settable = Map::new();
    for (name, value) in properties {
        match known
            .iter()
            .find(|field| field.name == name && call.version.knows(field.since))
        {
            Some(field) if field.shape == Shape::ReadOnly => {}
            Some(field) => {
                let value = checked(field, value)?;
                settable.insert(name, value);
            }
            None => match call.settings.unknown_fields {
                UnknownFields::Keep => drop(settable.insert(name, value)),
                UnknownFields::Ignore => {}
                UnknownFields::Refuse => {
                    return Err(Reply::bad_request(format!(
                        "The property '{name}' does not exist on type 'Microsoft.Media.{type_name}'. Make sure to \
                         only use property names that are defined by the type."
                    )));
                }
            },
        }
    }
    Ok(settable)
}

/// [`settable`], for a request in which null means the same as absent.
pub(super) fn settable_without_nulls(
    call: &Call<'_>,
    type_name: &str,
    known: &[Field],
) -> Result<Map<String, Value>, Reply> {
    let mut fields = settable(call, type_name, known)?;
    fields.retain(|_, value| !value.is_null());
    Ok(fields)
}

/// Merges what a PATCH sends into what is there: a null takes a property away.
pub(super) fn merge(into: &mut Map<String, Value>, patch: Map<String, Value>) {
    for (name, value) in patch {
        if value.is_null() {
            into.shift_remove(&name);
        } else {
            into.insert(name, value);
        }
    }
}

/// Takes a required text.
pub(super) fn required<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a str, Reply> {
    fields
        .get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .ok_or_else(|| Reply::bad_request(format!("The property '{name}' is required.")))
}

/// A time, normalised.
pub(super) fn time(name: &str, value: &Value) -> Result<Value, Reply> {
    value
        .as_str()
        .and_then(times::parse)
        .map(|at| json!(times::ticks(at)))
        .ok_or_else(|| Reply::bad_request(format!("The property '{name}' is not a date and time.")))
}

/// Reads base64 as .NET does: bits that stand beyond the last byte are ignored.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    let lenient = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(&alphabet::STANDARD, lenient)
        .decode(text)
        .ok()
}

fn checked(field: &Field, value: Value) -> Result<Value, Reply> {
    let wrong = |wanted: &str| {
        Err(Reply::bad_request(format!(
            "The property '{}' is not {wanted}.",
            field.name
        )))
    };
    match (field.shape, value) {
        (_, Value::Null) => Ok(Value::Null),
        (Shape::Text, value @ Value::String(_))
        | (Shape::List, value @ Value::Array(_))
        | (Shape::Object, value @ Value::Object(_)) => Ok(value),
        (Shape::Time, value) => time(field.name, &value),
        (Shape::Uuid, Value::String(text)) => match Uuid::parse_str(&text) {
            Ok(id) => Ok(json!(id.to_string())),
            Err(_) => wrong("a GUID"),
        },
        (Shape::Text, _) => wrong("a string"),
        (Shape::Uuid, _) => wrong("a GUID"),
        (Shape::List, _) => wrong("an array"),
        (Shape::Object, _) => wrong("an object"),
        (Shape::ReadOnly, _) => Ok(Value::Null),
    }
}
