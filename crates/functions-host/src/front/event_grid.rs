//! `POST /runtime/webhooks/EventGrid?functionName=<fn>`.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{empty, plain, query_pairs, read_body};
use crate::config::{Function, Trigger};
use crate::dotnet;
use crate::envelope;
use crate::invoke::Core;

pub(crate) async fn receive(core: &Arc<Core>, request: Request) -> Response {
    if request.method() != Method::POST {
        return empty(StatusCode::METHOD_NOT_ALLOWED);
    }
    let query = query_pairs(request.uri().query());
    let name = query
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case("functionName"))
        .map(|(_, value)| value.clone());
    let function = name
        .as_deref()
        .and_then(|name| core.app.function(name))
        .filter(|function| !function.disabled);
    let Some((function, many)) = function.and_then(|function| match function.trigger {
        Trigger::EventGrid { many, .. } => Some((Arc::clone(function), many)),
        _ => None,
    }) else {
        return plain(
            StatusCode::NOT_FOUND,
            format!("cannot find function: '{}'", name.unwrap_or_default()),
        );
    };
    let kind = request
        .headers()
        .get("aeg-event-type")
        .and_then(|value| value.to_str().ok())
        .map(str::to_ascii_lowercase)
        .unwrap_or_default();
    let body = match read_body(request.into_body()).await {
        Ok(body) => body,
        Err(response) => return response,
    };
    match kind.as_str() {
        "subscriptionvalidation" => validate(core, &function, &body),
        "notification" => notify(core, &function, many, &body).await,
        "unsubscribe" => empty(StatusCode::ACCEPTED),
        _ => empty(StatusCode::BAD_REQUEST),
    }
}

/// Echoes the validation code; the handler is not asked.
fn validate(core: &Core, function: &Function, body: &[u8]) -> Response {
    let code = serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|value| {
            let data = match &value {
                // Event Grid's own schema.
                Value::Array(items) => items.first()?.get("data")?.clone(),
                // Cloud events carry the data as JSON text.
                other => match other.get("data")? {
                    Value::String(text) => serde_json::from_str(text).ok()?,
                    data => data.clone(),
                },
            };
            Some(data.get("validationCode")?.as_str()?.to_owned())
        });
    let Some(code) = code else {
        return plain(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the validation event has no validationCode",
        );
    };
    core.journal.info(
        "Host.Triggers.EventGrid",
        format!("perform validation handshake for {}", function.name),
    );
    super::json(StatusCode::OK, &json!({"validationResponse": code}))
}

/// One invocation an event, all at once. One failure fails the whole delivery, and Event Grid sends all of it again.
async fn notify(core: &Arc<Core>, function: &Arc<Function>, many: bool, body: &[u8]) -> Response {
    let events = match serde_json::from_slice(body) {
        Ok(Value::Array(events)) => events,
        Ok(event @ Value::Object(_)) => vec![event],
        Ok(_) => {
            return plain(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the body is neither an array nor an object",
            );
        }
        Err(error) => {
            return plain(
                StatusCode::INTERNAL_SERVER_ERROR,
                format!("the body is no JSON: {error}"),
            );
        }
    };
    let inputs = if many {
        vec![envelope::events(&function.name, &events)]
    } else {
        events
            .iter()
            .map(|event| envelope::event(&function.name, event))
            .collect()
    };
    let reason = format!(
        "EventGrid trigger fired at {}",
        dotnet::offset_text(OffsetDateTime::now_utc())
    );
    let runs = inputs.into_iter().map(|input| {
        // A task of its own: a caller that hangs up does not stop what it started.
        let (core, function, reason) = (Arc::clone(core), Arc::clone(function), reason.clone());
        tokio::spawn(async move {
            core.invoke(&function, Ok(input), reason, String::new())
                .await
        })
    });
    let results = futures::future::join_all(runs).await;
    let failures: Vec<String> = results
        .into_iter()
        .filter_map(|joined| match joined {
            Ok(Ok(_)) => None,
            Ok(Err(text)) => Some(text),
            Err(error) => Some(error.to_string()),
        })
        .collect();
    match failures.first() {
        None => empty(StatusCode::ACCEPTED),
        Some(text) => plain(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!(
                "Exception while executing function: Functions.{}: {text}",
                function.name
            ),
        ),
    }
}
