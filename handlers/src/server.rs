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

use crate::{app::App, functions, protocol::Invocation};

/// The largest invocation. A queue message has at most 64 KiB, an event 1 MiB; both grow when they are encoded.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// Serves until the process is killed; the host gives no other notice.
#[tokio::main(worker_threads = 2)]
pub(crate) async fn run(settings: Settings) -> Result<(), Box<dyn Error>> {
    let port = settings.port;
    let app = Arc::new(App::new(&settings)?);
    let router = Router::new()
        .route("/", get(|| async { "media-mirror" }))
        .route("/{function}", post(invoke))
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
    let Some(function) = functions::find(&function) else {
        return refused(StatusCode::NOT_FOUND, "there is no such function");
    };
    match Invocation::parse(function.name(), &headers, &body) {
        Ok(invocation) => functions::run(app, function, invocation)
            .await
            .into_response(),
        Err(bad) => refused(StatusCode::BAD_REQUEST, &bad.to_string()),
    }
}
