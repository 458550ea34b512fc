//! Invocations as the host sends them.

use axum::http::{HeaderMap, HeaderValue};
use base64::{Engine, engine::general_purpose::STANDARD};
use handlers::Invocation;
use serde_json::{Value, json};

use super::functions::{EventFunction, QueueFunction};
use crate::queues::Message;

/// The body for a queue message. Scalars of the metadata are JSON inside strings.
pub(super) fn queue(function: &QueueFunction, message: &Message) -> String {
    let data = if function.binary {
        json!(STANDARD.encode(&message.text))
    } else {
        json!(json!(message.text).to_string())
    };
    json!({
        "Data": {(function.binding.as_str()): data},
        "Metadata": {
            "DequeueCount": message.dequeued.to_string(),
            "Id": json!(message.id.to_string()).to_string(),
            "ExpirationTime": "9999-12-31T23:59:59+00:00",
            "sys": {"MethodName": function.name},
        },
    })
    .to_string()
}

/// The body for a tick of a timer.
pub(super) fn tick() -> String {
    let status = json!({"Schedule": {"AdjustForDST": true}, "IsPastDue": false});
    json!({"Data": {"timer": status}, "Metadata": {"sys": {"MethodName": "sweep"}}}).to_string()
}

/// The body for an event.
pub(super) fn event(function: &EventFunction, event: &Value) -> String {
    json!({
        "Data": {(function.binding.as_str()): event},
        "Metadata": {"data": event["data"], "sys": {"MethodName": function.name}},
    })
    .to_string()
}

/// What the handler makes of it.
pub(super) fn invocation(function: &str, body: &str) -> Option<Invocation> {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (
            "x-azure-functions-invocationid",
            "00000000-0000-4000-8000-000000000000",
        ),
        (
            "traceparent",
            "00-00000000000000000000000000000001-0000000000000001-00",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Invocation::parse(function, &headers, body.as_bytes()).ok()
}
