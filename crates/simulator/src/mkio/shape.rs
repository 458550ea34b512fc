//! What the members of a request must look like: the published schemas, at every depth.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::call::Call;
use super::reply::Reply;
use crate::settings::UnknownFields;
use crate::times;

/// What a member must look like.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// A text with so many characters.
    Text(usize, usize),
    /// A text of which this holds, and what it is then.
    Like(fn(&str) -> bool, &'static str),
    /// A text out of a set.
    OneOf(&'static [&'static str]),
    /// Base64; nothing is base64 too.
    Bytes,
    Time,
    Flag,
    /// A whole number in these bounds.
    Whole(i64, i64),
    List(&'static Shape),
    /// An object with these members.
    Fields(&'static [Field]),
    /// An object whose members depend on what this one says.
    Kinds(&'static str, &'static [(&'static str, &'static [Field])]),
    /// An object with at most so many members, all of them texts.
    Texts(usize),
    /// Any object.
    Object,
}

/// A text of any length.
pub(super) const TEXT: Shape = Shape::Text(0, usize::MAX);

/// A whole number that is not negative.
pub(super) const COUNT: Shape = Shape::Whole(0, i64::MAX);

/// An ISO 8601 duration.
pub(super) const DURATION: Shape = Shape::Like(is_duration, "a duration");

pub(super) const GUID: Shape = Shape::Like(is_guid, "a GUID");

/// A member that a client may set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub name: &'static str,
    shape: Shape,
    nullable: bool,
    needed: bool,
}

pub(super) const fn field(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        shape,
        nullable: false,
        needed: false,
    }
}

pub(super) const fn nullable(name: &'static str, shape: Shape) -> Field {
    Field {
        nullable: true,
        ..field(name, shape)
    }
}

pub(super) const fn needed(name: &'static str, shape: Shape) -> Field {
    field(name, shape).needed()
}

impl Field {
    pub(super) const fn needed(self) -> Self {
        Self {
            needed: true,
            ..self
        }
    }
}

/// What the service itself sets: never kept, even where unknown fields are.
const READ_ONLY: [&str; 15] = [
    "assetId",
    "created",
    "endTime",
    "hostName",
    "id",
    "lastModified",
    "name",
    "policyId",
    "policyOptionId",
    "provisioningState",
    "resourceState",
    "startTime",
    "state",
    "systemData",
    "type",
];

/// The members of an object that a client may set. Those that only the service sets count as unknown: the schemas of
/// requests do not have them.
pub(super) fn settable(
    call: &Call<'_>,
    object: Map<String, Value>,
    known: &[Field],
) -> Result<Map<String, Value>, Reply> {
    let missing = known
        .iter()
        .find(|field| field.needed && !object.contains_key(field.name));
    if let Some(missing) = missing {
        return Err(Reply::bad_request(format!(
            "'{}' is required.",
            missing.name
        )));
    }
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

/// A member as it is kept.
pub(super) fn checked(call: &Call<'_>, of: &Field, value: Value) -> Result<Value, Reply> {
    let name = of.name;
    let wrong = |wanted: &str| Err(Reply::bad_request(format!("'{name}' is not {wanted}.")));
    match (of.shape, value) {
        (_, Value::Null) if of.nullable => Ok(Value::Null),
        (_, Value::Null) => Err(Reply::bad_request(format!("'{name}' may not be null."))),
        (Shape::Text(least, most), Value::String(text)) => {
            if (least..=most).contains(&text.chars().count()) {
                Ok(Value::String(text))
            } else {
                wrong(&format!("a text of {least} to {most} characters"))
            }
        }
        (Shape::Like(holds, _), Value::String(text)) if holds(&text) => Ok(Value::String(text)),
        (Shape::Like(_, wanted), _) => wrong(wanted),
        (Shape::OneOf(set), Value::String(text)) if set.contains(&text.as_str()) => {
            Ok(Value::String(text))
        }
        (Shape::OneOf(set), _) => wrong(&format!("one of {}", set.join(", "))),
        (Shape::Bytes, Value::String(text)) if STANDARD.decode(&text).is_ok() => {
            Ok(Value::String(text))
        }
        (Shape::Flag, Value::Bool(flag)) => Ok(Value::Bool(flag)),
        (Shape::Whole(least, most), Value::Number(number))
            if number
                .as_i64()
                .is_some_and(|number| (least..=most).contains(&number)) =>
        {
            Ok(Value::Number(number))
        }
        (Shape::List(item), Value::Array(items)) => {
            let item = field(name, *item);
            let items = items.into_iter().map(|value| checked(call, &item, value));
            items.collect::<Result<_, _>>().map(Value::Array)
        }
        (Shape::Fields(fields), Value::Object(object)) => {
            settable(call, object, fields).map(Value::Object)
        }
        (Shape::Kinds(tag, kinds), Value::Object(object)) => of_kind(call, tag, kinds, object),
        (Shape::Texts(most), Value::Object(object))
            if object.len() <= most && object.values().all(Value::is_string) =>
        {
            Ok(Value::Object(object))
        }
        (Shape::Object, Value::Object(object)) => Ok(Value::Object(object)),
        (Shape::Time, value) => time(call, name, &value),
        (Shape::Text(..), _) => wrong("a text"),
        (Shape::Bytes, _) => wrong("base64"),
        (Shape::Flag, _) => wrong("true or false"),
        (Shape::Whole(..), _) => wrong("a whole number in its bounds"),
        (Shape::List(_), _) => wrong("a list"),
        (Shape::Texts(_), _) => wrong("an object of texts, or has too many"),
        (Shape::Fields(_) | Shape::Kinds(..) | Shape::Object, _) => wrong("an object"),
    }
}

fn of_kind(
    call: &Call<'_>,
    tag: &str,
    kinds: &[(&str, &[Field])],
    mut object: Map<String, Value>,
) -> Result<Value, Reply> {
    let said = object.shift_remove(tag).unwrap_or_default();
    let fields = kinds
        .iter()
        .find(|(kind, _)| said == *kind)
        .map(|(_, fields)| *fields)
        .ok_or_else(|| Reply::bad_request(format!("'{tag}' {said} is not known here.")))?;
    let mut kept = Map::new();
    kept.insert(tag.to_owned(), said);
    kept.extend(settable(call, object, fields)?);
    Ok(Value::Object(kept))
}

/// A time as the service takes it: with no more digits of fraction than it likes.
fn time(call: &Call<'_>, name: &str, value: &Value) -> Result<Value, Reply> {
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

fn is_duration(text: &str) -> bool {
    text.strip_prefix('P').is_some_and(|rest| {
        rest.ends_with(|last: char| "YMWDHS".contains(last))
            && rest.starts_with(|first: char| first == 'T' || first.is_ascii_digit())
            && rest
                .chars()
                .all(|c| c.is_ascii_digit() || ".YMWDTHS".contains(c))
    })
}

fn is_guid(text: &str) -> bool {
    Uuid::parse_str(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_iso_8601() {
        for text in ["PT10S", "P1D", "P1DT2H3M4.5S", "P2W"] {
            assert!(is_duration(text), "{text}");
        }
        for text in ["", "P", "PT", "10 s", "PS", "00:00:10"] {
            assert!(!is_duration(text), "{text}");
        }
    }
}
