//! What a request may set, checked against the published schemas.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::reply::Reply;
use crate::settings::UnknownFields;
use crate::state::valid_container;
use crate::times;

/// What a property must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A text with so many characters.
    Text(usize, usize),
    /// A text out of a set.
    OneOf(&'static [&'static str]),
    Container,
    SubPath,
    Flag,
    /// A whole number that is not negative.
    Count,
    List,
    Object,
    Time,
}

/// A property that a client may set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub name: &'static str,
    shape: Shape,
    nullable: bool,
}

pub(super) const fn field(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        shape,
        nullable: false,
    }
}

pub(super) const fn nullable(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        shape,
        nullable: true,
    }
}

/// The members of an object that a client may set. Those that only the service sets count as unknown: the schemas of
/// requests do not have them.
pub(super) fn settable(
    call: &Call<'_>,
    object: Map<String, Value>,
    known: &[Field],
) -> Result<Map<String, Value>, Reply> {
    let mut settable = Map::new();
    for (name, value) in object {
        match known.iter().find(|field| field.name == name) {
            Some(field) => {
                let value = checked(call, field, value)?;
                settable.insert(name, value);
            }
            None => match call.settings.unknown_fields {
                UnknownFields::Keep if !READ_ONLY.contains(&name.as_str()) => {
                    settable.insert(name, value);
                }
                UnknownFields::Keep | UnknownFields::Ignore => {}
                UnknownFields::Refuse => {
                    return Err(Reply::bad_request(format!(
                        "Unknown field: '{name}' cannot be set."
                    )));
                }
            },
        }
    }
    Ok(settable)
}

/// What the service itself sets: never kept, even where unknown fields are.
const READ_ONLY: [&str; 14] = [
    "assetId",
    "created",
    "endTime",
    "hostName",
    "id",
    "lastModified",
    "name",
    "policyId",
    "provisioningState",
    "resourceState",
    "startTime",
    "state",
    "systemData",
    "type",
];

/// The members of an inner object of the body, and the body's other members.
pub(super) type Parts = (Map<String, Value>, Map<String, Value>);

/// `properties` of the body, and what else of `top` there is.
pub(super) fn properties(call: &Call<'_>, known: &[Field], top: &[Field]) -> Result<Parts, Reply> {
    member(call, "properties", known, top)
}

/// A member of the body that is an object, and what else of `top` there is.
pub(super) fn member(
    call: &Call<'_>,
    name: &str,
    known: &[Field],
    top: &[Field],
) -> Result<Parts, Reply> {
    let mut body = call.json()?;
    let Some(Value::Object(inner)) = body.shift_remove(name) else {
        return Err(Reply::bad_request(format!("'{name}' is required.")));
    };
    Ok((settable(call, inner, known)?, settable(call, body, top)?))
}

/// Takes a required text.
pub(super) fn required<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a str, Reply> {
    fields
        .get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .ok_or_else(|| Reply::bad_request(format!("'{name}' is required.")))
}

/// Resource names: no `^ ' < > % & : \ ? / * +`, at most 260 characters.
pub(super) fn valid_name(name: &str) -> bool {
    (1..=260).contains(&name.chars().count()) && !name.chars().any(|c| "^'<>%&:\\?/*+".contains(c))
}

/// A time as the service takes it: with no more digits of fraction than it likes.
pub(super) fn time(call: &Call<'_>, name: &str, value: &Value) -> Result<Value, Reply> {
    let text = value.as_str().unwrap_or_default();
    let wrong = || Reply::bad_request(format!("'{name}' is not a date and time."));
    let at = times::parse(text)
        .filter(|_| text.contains('T'))
        .ok_or_else(wrong)?;
    let digits = text.split_once('.').map_or(0, |(_, rest)| {
        rest.bytes().take_while(u8::is_ascii_digit).count()
    });
    let most = usize::from(call.mkio().fractional_digits);
    if digits > most {
        return Err(Reply::bad_request(format!(
            "'{name}' has {digits} digits of fraction, and {most} are the most."
        )));
    }
    Ok(json!(times::micros(at)))
}

fn checked(call: &Call<'_>, field: &Field, value: Value) -> Result<Value, Reply> {
    let name = field.name;
    let wrong = |wanted: &str| Err(Reply::bad_request(format!("'{name}' is not {wanted}.")));
    match (field.shape, &value) {
        (_, Value::Null) if field.nullable => Ok(value),
        (_, Value::Null) => Err(Reply::bad_request(format!("'{name}' may not be null."))),
        (Shape::Text(least, most), Value::String(text)) => {
            if (least..=most).contains(&text.chars().count()) {
                Ok(value)
            } else {
                wrong(&format!("a text of {least} to {most} characters"))
            }
        }
        (Shape::OneOf(set), Value::String(text)) => {
            if set.contains(&text.as_str()) {
                Ok(value)
            } else {
                wrong(&format!("one of {}", set.join(", ")))
            }
        }
        (Shape::Container, Value::String(text)) if valid_container(text) => Ok(value),
        (Shape::SubPath, Value::String(text)) if valid_sub_path(text) => Ok(value),
        (Shape::Flag, Value::Bool(_))
        | (Shape::List, Value::Array(_))
        | (Shape::Object, Value::Object(_)) => Ok(value),
        (Shape::Count, Value::Number(number)) if number.is_u64() => Ok(value),
        (Shape::Time, _) => time(call, name, &value),
        (Shape::Text(..) | Shape::OneOf(_), _) => wrong("a text"),
        (Shape::Container, _) => wrong("the name of a container"),
        (Shape::SubPath, _) => wrong("a path without a slash at either end"),
        (Shape::Flag, _) => wrong("true or false"),
        (Shape::Count, _) => wrong("a whole number"),
        (Shape::List, _) => wrong("a list"),
        (Shape::Object, _) => wrong("an object"),
    }
}

fn valid_sub_path(text: &str) -> bool {
    (1..=256).contains(&text.chars().count())
        && !text.starts_with('/')
        && !text.ends_with('/')
        && !text.contains("//")
        && !text.contains(['?', '%', '&'])
}
