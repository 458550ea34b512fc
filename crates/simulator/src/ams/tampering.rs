//! What faults do to a reply after the work is done.

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use serde_json::{Map, Value, json};

use crate::faults::Fault;
use crate::shared::Core;

/// Adds the properties that faults add, to every resource of the reply.
pub(super) fn add_fields(body: &mut Value, faults: &[Fault], core: &Core) {
    for fault in faults {
        let Fault::ExtraField {
            name,
            value,
            counter,
        } = fault
        else {
            continue;
        };
        let value = if *counter {
            json!(core.next_count())
        } else {
            value.clone()
        };
        for properties in properties(body) {
            properties.insert(name.clone(), value.clone());
        }
    }
}

/// The properties of a resource, of each resource of a listing, or bare ones.
fn properties(body: &mut Value) -> Vec<&mut Map<String, Value>> {
    let Value::Object(body) = body else {
        return Vec::new();
    };
    if body.contains_key("policyId") {
        return vec![body];
    }
    if body.contains_key("properties") {
        return body
            .get_mut("properties")
            .and_then(Value::as_object_mut)
            .into_iter()
            .collect();
    }
    body.get_mut("value")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
        .filter_map(|item| item.get_mut("properties").and_then(Value::as_object_mut))
        .collect()
}

/// A gateway's page in place of the reply; the status stays.
pub(super) fn not_json(response: &mut Response<Body>) {
    *response.body_mut() = Body::from(
        "<html><head><title>Service</title></head><body><h1>Bad Gateway</h1></body></html>",
    );
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
}

/// The first half of a body that claims to be whole; then the connection breaks.
pub(super) async fn truncate(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    let whole = axum::body::to_bytes(body, usize::MAX)
        .await
        .unwrap_or_default();
    parts.headers.insert(
        header::CONTENT_LENGTH,
        HeaderValue::from(whole.len().max(2)),
    );
    let half = whole.slice(..whole.len() / 2);
    let first = stream::once(async { Ok::<Bytes, io::Error>(half) });
    // What breaks at once would take the first half with it: give it time to leave.
    let then = stream::once(async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Err(io::Error::other("truncated by a fault"))
    });
    Response::from_parts(parts, Body::from_stream(first.chain(then)))
}
