//! The Functions host's envelope: `{"Data":{...},"Metadata":{...}}`, as custom handlers get it in default mode.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

/// The invocation of a queue function with a message, `dataType: binary` as in every `function.json` here.
pub(crate) fn queue_message(function: &str, message: &str) -> Bytes {
    let text = |value: String| json!(value).to_string();
    let envelope = json!({
        "Data": {"message": STANDARD.encode(message)},
        "Metadata": {
            "DequeueCount": "1",
            "ExpirationTime": "9999-12-31T23:59:59+00:00",
            "Id": text(Uuid::new_v4().to_string()),
            "InsertionTime": now(),
            "NextVisibleTime": now(),
            "PopReceipt": text(STANDARD.encode(Uuid::new_v4().as_bytes())),
            "sys": sys(function),
        },
    });
    Bytes::from(envelope.to_string())
}

/// A text as it stands in a queue; `None` where it is not base64.
pub(crate) fn decoded(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// A text as the Functions host wants it in a queue.
pub(crate) fn encoded(text: &str) -> String {
    STANDARD.encode(text)
}

/// The invocation of an Event Grid function: the event as an object, its `data` once more beside it.
pub(crate) fn event(function: &str, event: &Value) -> Bytes {
    let envelope = json!({
        "Data": {"event": event},
        "Metadata": {"data": event["data"], "sys": sys(function)},
    });
    Bytes::from(envelope.to_string())
}

fn sys(function: &str) -> Value {
    json!({"MethodName": function, "UtcNow": now(), "RandGuid": Uuid::new_v4().to_string()})
}

/// The present time, as events and metadata write it.
pub(crate) fn now() -> String {
    OffsetDateTime::now_utc()
        .format(&Rfc3339)
        .unwrap_or_default()
}
