//! Proxy mode: the request goes to the handler as it is, and the response comes back as it is, both streamed.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use futures::{Stream, StreamExt as _};
use uuid::Uuid;

use super::{empty, plain};
use crate::call::{self, HOST_VERSION};
use crate::config::Function;
use crate::invoke::Core;

/// Headers that belong to one connection.
const HOP_BY_HOP: [HeaderName; 7] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Any status the handler answers is a successful invocation.
pub(crate) async fn forward(
    core: &Arc<Core>,
    function: &Function,
    request: Request,
    reason: &str,
) -> Response {
    let id = Uuid::new_v4();
    core.journal.begin(id, &function.name, reason, "");
    let result = match core.worker.available(core.patience()).await {
        Ok(()) => exchange(core, id, request).await,
        Err(text) => Err((StatusCode::SERVICE_UNAVAILABLE, text)),
    };
    match result {
        Ok(response) => {
            core.journal.finish(id, &function.name, Ok(()));
            response
        }
        Err((status, text)) => {
            core.journal.finish(id, &function.name, Err(text.clone()));
            if status == StatusCode::GATEWAY_TIMEOUT {
                empty(status)
            } else {
                plain(status, text)
            }
        }
    }
}

async fn exchange(
    core: &Arc<Core>,
    id: Uuid,
    request: Request,
) -> Result<Response, (StatusCode, String)> {
    let idle = core.timings.proxy_idle;
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let url = format!("http://127.0.0.1:{}{path}", core.worker.port);
    let mut headers = parts.headers.clone();
    strip(&mut headers);
    for name in ["x-azure-functions-invocationid", "x-ms-invocation-id"] {
        headers.insert(HeaderName::from_static(name), value(&id.to_string()));
    }
    headers.insert(
        HeaderName::from_static("x-azure-functions-hostversion"),
        value(HOST_VERSION),
    );
    let mut outgoing = core
        .client
        .request(parts.method.clone(), url)
        .headers(headers);
    let has_body = parts.headers.contains_key(header::CONTENT_LENGTH)
        || parts.headers.contains_key(header::TRANSFER_ENCODING);
    if has_body {
        outgoing = outgoing.body(reqwest::Body::wrap_stream(guarded(
            body.into_data_stream(),
            idle,
        )));
    }
    let response = match tokio::time::timeout(idle, outgoing.send()).await {
        Err(_) => {
            return Err((
                StatusCode::GATEWAY_TIMEOUT,
                format!("the handler was silent for {idle:?}"),
            ));
        }
        Ok(Err(error)) => return Err((StatusCode::BAD_GATEWAY, call::broken(&error))),
        Ok(Ok(response)) => response,
    };
    let status = response.status();
    let mut headers = response.headers().clone();
    strip(&mut headers);
    let mut answer = Response::new(Body::from_stream(guarded(response.bytes_stream(), idle)));
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    Ok(answer)
}

/// Breaks a stream off when it stays silent for too long.
fn guarded<S, T, E>(
    stream: S,
    idle: Duration,
) -> impl Stream<Item = Result<T, std::io::Error>> + Send
where
    S: Stream<Item = Result<T, E>> + Send + 'static,
    T: Send,
    E: std::fmt::Display + Send,
{
    futures::stream::unfold(Some(Box::pin(stream)), move |stream| async move {
        let mut stream = stream?;
        match tokio::time::timeout(idle, stream.next()).await {
            Ok(None) => None,
            Ok(Some(Ok(item))) => Some((Ok(item), Some(stream))),
            Ok(Some(Err(error))) => Some((Err(std::io::Error::other(error.to_string())), None)),
            Err(_) => Some((Err(std::io::Error::other("silent for too long")), None)),
        }
    })
}

fn strip(headers: &mut HeaderMap) {
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
    headers.remove("keep-alive");
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}
