//! The invocation envelope: `{"Data":{...},"Metadata":{...}}`.
//!
//! The rule behind every shape: objects stay objects, dates lose their fraction, and everything else becomes a
//! JSON **string that holds JSON text**.

mod bag;
mod event;
mod http;
mod queue;
mod timer;

pub(crate) use bag::Bag;
pub(crate) use event::{event, events, manual as manual_event};
pub(crate) use http::{HttpRequest, http};
pub(crate) use queue::{QueueItem, queue};
pub(crate) use timer::{Monitor, timer};

use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::dotnet;

/// What a trigger hands to an invocation.
#[derive(Clone, Debug)]
pub(crate) struct TriggerInput {
    /// The trigger's value, in the envelope's form.
    pub(crate) data: Value,
    pub(crate) metadata: Bag,
}

/// Anything but an object: JSON text inside a JSON string.
fn encoded(value: &Value) -> Value {
    Value::String(dotnet::compact(value))
}

/// An object stays an object; anything else is encoded.
fn object_or_encoded(value: &Value) -> Value {
    if value.is_object() {
        dotnet::normalise(value)
    } else {
        encoded(&dotnet::normalise(value))
    }
}

/// The `sys` object.
fn sys(function: &str) -> Value {
    json!({
        "MethodName": function,
        "UtcNow": dotnet::utc_text(OffsetDateTime::now_utc()),
        "RandGuid": Uuid::new_v4().to_string(),
    })
}

/// The body of one invocation request.
pub(crate) fn body(binding: &str, input: &TriggerInput, retry: Option<Value>) -> String {
    let mut metadata = input.metadata.to_json();
    if let Some(retry) = retry {
        metadata.insert("RetryContext".to_owned(), retry);
    }
    dotnet::compact(&json!({"Data": {binding: input.data}, "Metadata": metadata}))
}
