//! The handle over HTTP, JSON throughout.

use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Control;
use crate::events::{EventSubscription, RedeliveryOrder};
use crate::faults::FaultRule;
use crate::settings::Settings;
use crate::state::JobOutcome;

/// Every route, described by the list that `GET /_sim` answers.
pub(crate) fn routes(control: Control) -> Router {
    Router::new()
        .route("/_sim", get(async || Json(help())))
        .route(
            "/_sim/accounts",
            get(async |State(control): State<Control>| Json(control.accounts())),
        )
        .route("/_sim/requests", get(requests).delete(reset_requests))
        .route("/_sim/requests/counts/{account}", get(counts))
        .route(
            "/_sim/faults",
            get(faults).post(add_fault).delete(clear_faults),
        )
        .route("/_sim/faults/{id}", delete(clear_fault))
        .route(
            "/_sim/settings",
            get(settings).put(set_settings).patch(change_settings),
        )
        .route("/_sim/subscriptions", get(subscriptions).post(subscribe))
        .route("/_sim/subscriptions/{name}", delete(unsubscribe))
        .route("/_sim/deliveries", get(deliveries).delete(clear_deliveries))
        .route("/_sim/deliveries/wait", post(wait_delivered))
        .route("/_sim/deliveries/repeat", post(redeliver))
        .route("/_sim/jobs/finish", post(finish_job))
        .route("/_sim/licences/{project}/{key_id}", get(licence))
        .with_state(control)
}

fn help() -> Value {
    json!([
        "GET /_sim/accounts",
        "GET|DELETE /_sim/requests?account=",
        "GET /_sim/requests/counts/{account}",
        "GET|POST|DELETE /_sim/faults?account=",
        "DELETE /_sim/faults/{id}",
        "GET|PUT|PATCH /_sim/settings",
        "GET|POST /_sim/subscriptions",
        "DELETE /_sim/subscriptions/{name}",
        "GET|DELETE /_sim/deliveries",
        "POST /_sim/deliveries/wait?seconds=",
        "POST /_sim/deliveries/repeat?order=same|reversed|shuffled",
        "POST /_sim/jobs/finish {account, transform, job, outcome}",
        "GET /_sim/licences/{project}/{keyId}",
    ])
}

#[derive(Deserialize)]
struct OfAccount {
    account: Option<String>,
}

async fn requests(State(control): State<Control>, Query(of): Query<OfAccount>) -> Response {
    Json(control.requests(of.account.as_deref())).into_response()
}

async fn reset_requests(State(control): State<Control>) -> StatusCode {
    control.reset_requests();
    StatusCode::NO_CONTENT
}

async fn counts(State(control): State<Control>, Path(account): Path<String>) -> Response {
    Json(control.counts(&account)).into_response()
}

async fn faults(State(control): State<Control>) -> Response {
    Json(control.faults()).into_response()
}

async fn add_fault(State(control): State<Control>, Json(rule): Json<FaultRule>) -> Response {
    Json(json!({ "id": control.add_fault(rule) })).into_response()
}

async fn clear_faults(State(control): State<Control>, Query(of): Query<OfAccount>) -> StatusCode {
    control.clear_faults(of.account.as_deref());
    StatusCode::NO_CONTENT
}

async fn clear_fault(State(control): State<Control>, Path(id): Path<u64>) -> StatusCode {
    control.clear_fault(id);
    StatusCode::NO_CONTENT
}

async fn settings(State(control): State<Control>) -> Response {
    Json(control.settings()).into_response()
}

async fn set_settings(
    State(control): State<Control>,
    Json(settings): Json<Settings>,
) -> StatusCode {
    control.set_settings(settings);
    StatusCode::NO_CONTENT
}

/// Changes the settings that are named and leaves the others.
async fn change_settings(State(control): State<Control>, Json(patch): Json<Value>) -> Response {
    let merged = serde_json::to_value(control.settings()).and_then(|mut settings| {
        merge(&mut settings, patch);
        serde_json::from_value::<Settings>(settings)
    });
    match merged {
        Ok(settings) => {
            control.set_settings(settings.clone());
            Json(settings).into_response()
        }
        Err(error) => refused(&error),
    }
}

fn merge(into: &mut Value, patch: Value) {
    match (into, patch) {
        (Value::Object(into), Value::Object(patch)) => {
            for (name, value) in patch {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, patch) => *into = patch,
    }
}

async fn subscriptions(State(control): State<Control>) -> Response {
    Json(control.subscriptions()).into_response()
}

async fn subscribe(
    State(control): State<Control>,
    Json(subscription): Json<EventSubscription>,
) -> Response {
    match control.subscribe(subscription).await {
        Ok(()) => StatusCode::CREATED.into_response(),
        Err(error) => refused(&error),
    }
}

async fn unsubscribe(State(control): State<Control>, Path(name): Path<String>) -> StatusCode {
    control.unsubscribe(&name);
    StatusCode::NO_CONTENT
}

async fn deliveries(State(control): State<Control>) -> Response {
    Json(control.deliveries()).into_response()
}

async fn clear_deliveries(State(control): State<Control>) -> StatusCode {
    control.clear_deliveries();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Wait {
    seconds: Option<u32>,
}

async fn wait_delivered(State(control): State<Control>, Query(wait): Query<Wait>) -> Response {
    match control
        .wait_delivered(Duration::from_secs(wait.seconds.unwrap_or(30).into()))
        .await
    {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => (
            StatusCode::REQUEST_TIMEOUT,
            Json(json!({ "error": error.to_string() })),
        )
            .into_response(),
    }
}

#[derive(Deserialize)]
struct Repeat {
    order: Option<RedeliveryOrder>,
}

async fn redeliver(State(control): State<Control>, Query(repeat): Query<Repeat>) -> Response {
    let taken = control
        .redeliver(repeat.order.unwrap_or(RedeliveryOrder::Same))
        .await;
    Json(json!({ "taken": taken })).into_response()
}

#[derive(Deserialize)]
struct FinishJob {
    account: String,
    transform: String,
    job: String,
    outcome: JobOutcome,
}

async fn finish_job(State(control): State<Control>, Json(of): Json<FinishJob>) -> Response {
    match control.finish_job(&of.account, &of.transform, &of.job, of.outcome) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refused(&error),
    }
}

async fn licence(
    State(control): State<Control>,
    Path((project, key_id)): Path<(String, String)>,
) -> Response {
    Json(json!({ "served": control.licence_served(&project, &key_id) })).into_response()
}

fn refused(error: &impl ToString) -> Response {
    (
        StatusCode::BAD_REQUEST,
        Json(json!({ "error": error.to_string() })),
    )
        .into_response()
}
