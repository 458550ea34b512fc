//! The HTTP side: `GET /` for the host's probe, `POST /<function>` for invocations.

use std::{error::Error, net::Ipv4Addr, sync::Arc};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;
use settings::Settings;

use crate::{
    app::App,
    functions::{self, status, webhook},
    protocol::{Invocation, Reply},
};

/// The largest invocation. A queue message has at most 64 KiB, an event 1 MiB; both grow when they are encoded.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// Serves until the process is killed; the host gives no other notice.
///
/// # Errors
/// When the port cannot be bound or a client cannot be built; the error says why.
#[tokio::main(worker_threads = 2)]
pub async fn serve(settings: &Settings) -> Result<(), Box<dyn Error>> {
    let port = settings.port;
    let app = Arc::new(App::from_settings(settings)?);
    let router = Router::new()
        .route("/", get(|| async { "media-mirror" }))
        .route("/{function}", post(invoke))
        // HTTP functions are proxied by the host: they come with their own path.
        .route(
            &format!("/api/{}", webhook::NAME),
            post(webhook::receive).layer(DefaultBodyLimit::max(webhook::MAX_BODY)),
        )
        .route(&format!("/api/{}", status::NAME), get(status::show))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(app);
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    axum::serve(listener, router).await?;
    Ok(())
}

async fn invoke(
    State(app): State<Arc<App>>,
    Path(function): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let refused =
        |status: StatusCode, what: &str| (status, Json(json!({"error": what}))).into_response();
    match Invocation::parse(&function, &headers, &body) {
        Ok(invocation) => match answer(&app, invocation).await {
            Some(reply) => reply.into_response(),
            None => refused(StatusCode::NOT_FOUND, "there is no such function"),
        },
        Err(bad) => refused(StatusCode::BAD_REQUEST, &bad.to_string()),
    }
}

/// Runs an invocation; `None` when there is no function of its name.
pub async fn answer(app: &Arc<App>, invocation: Invocation) -> Option<Reply> {
    let function = functions::find(invocation.function())?;
    Some(functions::run(Arc::clone(app), function, invocation).await)
}

/// Takes a webhook; the status of the answer says whether what it is about is in its queue.
pub async fn receive(app: &Arc<App>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let answer = webhook::receive(State(Arc::clone(app)), headers, Ok(body));
    answer.await.status()
}
