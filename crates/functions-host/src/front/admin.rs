//! `/admin`: what tools use. Keys are not asked for, as under `func start`.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::{empty, plain, read_body};
use crate::call::HOST_VERSION;
use crate::config::{Function, Trigger};
use crate::envelope::{self, QueueItem, TriggerInput};
use crate::invoke::Core;
use crate::worker::WorkerState;

pub(crate) async fn answer(core: &Arc<Core>, request: Request, path: &[String]) -> Response {
    let method = request.method().clone();
    let path: Vec<String> = path
        .iter()
        .map(|segment| segment.to_ascii_lowercase())
        .collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match (&method, path.as_slice()) {
        (&Method::GET, ["functions"]) => {
            let list: Vec<Value> = core
                .app
                .functions
                .iter()
                .map(|function| describe(function))
                .collect();
            super::json(StatusCode::OK, &Value::Array(list))
        }
        (&Method::GET, ["functions", name]) => match core.app.function(name) {
            Some(function) => super::json(StatusCode::OK, &describe(function)),
            None => empty(StatusCode::NOT_FOUND),
        },
        (&Method::POST, ["functions", name]) => match core.app.function(name) {
            Some(function) => invoke(core, &Arc::clone(function), request).await,
            None => empty(StatusCode::NOT_FOUND),
        },
        (&Method::GET, ["host", "status"]) => super::json(StatusCode::OK, &status(core)),
        (&Method::GET | &Method::POST, ["host", "ping"]) => {
            if !core.worker.ping().await {
                core.journal
                    .warn("Host.Workers", "the handler does not answer a health ping");
            }
            empty(StatusCode::OK)
        }
        _ => empty(StatusCode::NOT_FOUND),
    }
}

fn describe(function: &Function) -> Value {
    json!({"name": function.name, "isDisabled": function.disabled, "config": function.document})
}

fn status(core: &Core) -> Value {
    let (state, process) = match core.worker.state() {
        WorkerState::Starting => ("Initialized", Value::Null),
        WorkerState::Ready { pid } => ("Running", json!(pid)),
        WorkerState::Gone => ("Running", Value::Null),
        WorkerState::Stopped(_) => ("Error", Value::Null),
    };
    json!({"id": "functions-host-standin", "state": state, "version": HOST_VERSION, "processId": process})
}

/// `{"input": "..."}` starts a function in the background.
async fn invoke(core: &Arc<Core>, function: &Arc<Function>, request: Request) -> Response {
    let body = match read_body(request.into_body()).await {
        Ok(body) => body,
        Err(response) => return response,
    };
    let input = serde_json::from_slice::<Value>(&body)
        .ok()
        .and_then(|value| value.get("input").cloned())
        .map(|input| {
            input
                .as_str()
                .map_or_else(|| input.to_string(), str::to_owned)
        })
        .unwrap_or_default();
    let input = match manual(function, &input) {
        Some(input) => input,
        None => {
            return plain(
                StatusCode::BAD_REQUEST,
                "an HTTP function is called through its route",
            );
        }
    };
    let (core, function) = (Arc::clone(core), Arc::clone(function));
    tokio::spawn(async move {
        let reason = "This function was programmatically called via the host APIs.".to_owned();
        // How it ended is in the journal.
        let _ = core.invoke(&function, input, reason, String::new()).await;
    });
    empty(StatusCode::ACCEPTED)
}

fn manual(function: &Function, input: &str) -> Option<Result<TriggerInput, String>> {
    match &function.trigger {
        Trigger::Queue(queue) => {
            let item = QueueItem {
                body: input.as_bytes().to_vec(),
                ..QueueItem::default()
            };
            Some(envelope::queue(&function.name, queue.binary, &item))
        }
        Trigger::EventGrid { many, .. } => {
            Some(envelope::manual_event(&function.name, *many, input))
        }
        Trigger::Timer(timer) => Some(Ok(envelope::timer(
            &function.name,
            timer.schedule.is_cron(),
            None,
        ))),
        Trigger::Http(_) => None,
    }
}
