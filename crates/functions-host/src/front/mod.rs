//! The host's own HTTP front.

mod admin;
mod event_grid;
mod function;
mod proxy;
mod route;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;

use crate::invoke::Core;

/// The real host's limit for a request body, in bytes.
const MAX_BODY: usize = 104_857_600;

pub(crate) fn router(core: Arc<Core>) -> Router {
    Router::new().fallback(dispatch).with_state(core)
}

async fn dispatch(State(core): State<Arc<Core>>, request: Request) -> Response {
    let path = request.uri().path().trim_matches('/').to_owned();
    let segments: Vec<&str> = path.split('/').collect();
    let is = |at: usize, name: &str| {
        segments
            .get(at)
            .is_some_and(|segment| segment.eq_ignore_ascii_case(name))
    };
    if is(0, "runtime") && is(1, "webhooks") && is(2, "eventgrid") && segments.len() == 3 {
        return event_grid::receive(&core, request).await;
    }
    if is(0, "admin") {
        let rest: Vec<String> = segments[1..]
            .iter()
            .map(|segment| (*segment).to_owned())
            .collect();
        return admin::answer(&core, request, &rest).await;
    }
    function::serve(&core, request).await
}

/// A response with a text body.
fn plain(status: StatusCode, text: impl Into<String>) -> Response {
    with_body(status, "text/plain; charset=utf-8", text.into())
}

/// A response with a JSON body.
fn json(status: StatusCode, value: &serde_json::Value) -> Response {
    with_body(status, "application/json; charset=utf-8", value.to_string())
}

fn with_body(status: StatusCode, content_type: &'static str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static(content_type),
    );
    response
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// The whole body, or the answer to one that is too long or breaks off.
async fn read_body(body: Body) -> Result<bytes::Bytes, Response> {
    axum::body::to_bytes(body, MAX_BODY).await.map_err(|error| {
        plain(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body cannot be read: {error}"),
        )
    })
}

/// The query's pairs, decoded, in order.
fn query_pairs(query: Option<&str>) -> Vec<(String, String)> {
    url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}
