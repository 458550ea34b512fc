//! HTTP: what the heartbeat measured last, and the day before it, as JSON for programs and a page for people.
//!
//! The host asks for a function key before it lets anybody in. One document is read, and nobody else is asked: whoever looks every second
//! costs the media services nothing.

mod page;

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use health::{Concern, concerns};
use serde_json::json;

use crate::app::App;

/// The function's name, and the last part of its path.
pub(crate) const NAME: &str = "status";

/// The page needs nothing from anywhere, and the key may stand in its address.
const HEADERS: [(header::HeaderName, &str); 4] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
];

/// Answers 200 whether or not all is well; what is not stands in the answer. 503 when nobody can tell.
pub(crate) async fn show(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let now = (app.clock)();
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    let for_people = accept.is_some_and(|accept| accept.contains("text/html"));
    let mut response = match app.watch.kept().await {
        Ok(heartbeat) => {
            let figures = heartbeat.latest.as_ref();
            let concerns = concerns(figures, &heartbeat, &app.walks.sweep, now);
            if for_people {
                Html(page::page(&heartbeat, &concerns, now)).into_response()
            } else {
                let value = |one: &Concern| json!({"what": one.what, "next": one.next_step});
                let said: Vec<_> = concerns.iter().map(value).collect();
                let body = json!({"healthy": concerns.is_empty(), "concerns": said, "heartbeat": heartbeat});
                Json(body).into_response()
            }
        }
        Err(why) => {
            let next =
                "See that the app's own storage can be reached and its identity has the roles.";
            let body = Json(json!({"error": why, "next": next}));
            (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
        }
    };
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}
