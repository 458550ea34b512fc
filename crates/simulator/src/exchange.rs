//! One request and what goes back, in any dialect, and what faults do before and after the work.

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use serde_json::{Map, Value, json};

use crate::faults::{Darkness, Fault};
use crate::shared::Core;

/// A request as it arrived.
pub(crate) struct Incoming {
    pub method: Method,
    /// Percent-encoded, as it came.
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Scheme and host, as the client knows them: `https://127.0.0.1:8443`.
    pub base: String,
}

/// What goes back.
pub(crate) enum Outcome {
    Reply(Box<Response<Body>>),
    /// Nothing: the connection closes.
    Close,
}

/// Faults that let the request get nowhere. `None`: it gets through.
pub(crate) async fn before_work(core: &Core, faults: &[Fault]) -> Option<(Option<u16>, Outcome)> {
    for fault in faults {
        match fault {
            Fault::Dark {
                how: Darkness::Closed,
            } => return Some((None, Outcome::Close)),
            Fault::Dark {
                how: Darkness::Unavailable,
            } => {
                let mut response = Response::new(Body::from("The service is unavailable."));
                *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
                return Some((Some(503), Outcome::Reply(Box::new(response))));
            }
            Fault::Hang { seconds } => {
                hang(core, *seconds).await;
                return Some((None, Outcome::Close));
            }
            _ => {}
        }
    }
    None
}

/// Faults that spoil a reply after the work is done.
pub(crate) async fn after_work(
    mut response: Response<Body>,
    faults: &[Fault],
) -> (Option<u16>, Outcome) {
    let status = Some(response.status().as_u16());
    if faults.contains(&Fault::DropReply) {
        return (status, Outcome::Close);
    }
    if faults.contains(&Fault::NonJson) {
        not_json(&mut response);
    }
    if faults.contains(&Fault::Truncate) {
        response = truncate(response).await;
    }
    (status, Outcome::Reply(Box::new(response)))
}

/// No answer for so long, or until the simulator stops.
async fn hang(core: &Core, seconds: Option<f64>) {
    let mut stopped = core.stopped.clone();
    let waited = async {
        match seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs_f64(seconds.max(0.0))).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = waited => {}
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
}

/// Adds the properties that faults add, to every resource of the reply.
pub(crate) fn add_fields(body: &mut Value, faults: &[Fault], core: &Core) {
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
fn not_json(response: &mut Response<Body>) {
    *response.body_mut() = Body::from(
        "<html><head><title>Service</title></head><body><h1>Bad Gateway</h1></body></html>",
    );
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
}

/// The first half of a body that claims to be whole; then the connection breaks.
async fn truncate(response: Response<Body>) -> Response<Body> {
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
