//! The shapes that both services share: a resource, a page of a list.

use change::ResourceId;
use serde_json::{Map, Value};
use url::Url;

use crate::{Body, ErrorKind, ListRequest, Page, ServiceError};

/// A resource has `properties`; anything else is an answer of something that is not the service.
pub(crate) fn resource(
    id: &ResourceId,
    value: Map<String, Value>,
    operation: &str,
) -> Result<Body, ServiceError> {
    if is_resource(&value) {
        Ok(Body::new(id.clone(), value))
    } else {
        Err(unlike(operation, "answer-is-not-a-resource"))
    }
}

pub(crate) fn is_resource(value: &Map<String, Value>) -> bool {
    value.get("properties").is_some_and(Value::is_object)
}

/// A page of a list. A list that is not found means that the account is not there.
pub(crate) fn page(
    request: &ListRequest,
    answer: Option<Map<String, Value>>,
    operation: &str,
) -> Result<Page, ServiceError> {
    let mut answer = answer.ok_or_else(|| unlike(operation, "list-not-found"))?;
    let Some(Value::Array(values)) = answer.remove("value") else {
        return Err(unlike(operation, "list-without-value"));
    };
    let mut items = Vec::with_capacity(values.len());
    for value in values {
        let Value::Object(value) = value else {
            return Err(unlike(operation, "list-item-is-not-an-object"));
        };
        let name = value.get("name").and_then(Value::as_str);
        let parent = request.parent.as_ref().map(ToString::to_string);
        let id = ResourceId::from_parts(request.kind, parent, name.unwrap_or_default())
            .map_err(|_| unlike(operation, "list-item-with-bad-name"))?;
        items.push(resource(&id, value, operation)?);
    }
    let next = answer
        .get("@odata.nextLink")
        .and_then(Value::as_str)
        .filter(|next| !next.is_empty())
        .map(ToOwned::to_owned);
    Ok(Page { items, next })
}

/// Where a next link leads, absolute or relative. The token goes with the request, so it must not lead to another host.
pub(crate) fn next_page(base: &Url, next: &str, operation: &str) -> Result<Url, ServiceError> {
    base.join(next)
        .ok()
        .filter(|url| url.origin() == base.origin())
        .ok_or_else(|| unlike(operation, "next-link-leads-elsewhere"))
}

/// An answer that the service would not give.
pub(crate) fn unlike(operation: &str, what: &str) -> ServiceError {
    ServiceError::new(ErrorKind::Unavailable, operation, what)
}
