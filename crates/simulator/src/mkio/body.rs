//! The parts of a request's body.

use serde_json::{Map, Value};

use super::call::Call;
use super::reply::Reply;
use super::shape::{Field, Shape, checked, field, settable};

/// The members of an inner object of the body, and the body's other members.
pub(super) type Parts = (Map<String, Value>, Map<String, Value>);

/// `properties` of the body, and what else of `top` there is.
pub(super) fn properties(
    call: &Call<'_>,
    known: &'static [Field],
    top: &[Field],
) -> Result<Parts, Reply> {
    member(call, "properties", Shape::Fields(known), top)
}

/// A member of the body that is an object, and what else of `top` there is.
pub(super) fn member(
    call: &Call<'_>,
    name: &'static str,
    shape: Shape,
    top: &[Field],
) -> Result<Parts, Reply> {
    let mut body = call.json()?;
    let inner = body
        .shift_remove(name)
        .ok_or_else(|| Reply::bad_request(format!("'{name}' is required.")))?;
    let Value::Object(inner) = checked(call, &field(name, shape), inner)? else {
        return Err(Reply::bad_request(format!("'{name}' is not an object.")));
    };
    Ok((inner, settable(call, body, top)?))
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
