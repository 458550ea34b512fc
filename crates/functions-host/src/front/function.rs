//! HTTP-triggered functions behind `/<prefix>/<route or name>`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;

use super::route::{self, Params};
use super::{empty, proxy, query_pairs, read_body};
use crate::config::{Function, Trigger};
use crate::envelope::{self, HttpRequest};
use crate::invoke::Core;
use crate::reply::HttpOutput;

/// Header names that reach a function in Kestrel's casing, because it knows them.
const KNOWN: [&str; 22] = [
    "Accept",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Authorization",
    "Cache-Control",
    "Connection",
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-Type",
    "Cookie",
    "Date",
    "ETag",
    "Host",
    "If-Match",
    "If-None-Match",
    "Origin",
    "Range",
    "Referer",
    "Transfer-Encoding",
    "User-Agent",
];

pub(crate) async fn serve(core: &Arc<Core>, request: Request) -> Response {
    let Some((function, params)) = find(core, &request) else {
        return empty(StatusCode::NOT_FOUND);
    };
    let reason = "This function was programmatically called via the host APIs.";
    if core.app.settings.handler.proxying && function.is_http_only() {
        return proxy::forward(core, &function, request, reason).await;
    }
    let request = match take_apart(request, params).await {
        Ok(request) => request,
        Err(response) => return response,
    };
    let input = envelope::http(&function.name, &request);
    // A task of its own: a caller that hangs up does not stop the invocation.
    let (core, reason) = (Arc::clone(core), reason.to_owned());
    let run = tokio::spawn(async move {
        core.invoke(&function, Ok(input), reason, String::new())
            .await
    });
    match run.await {
        Ok(Ok(completion)) => completion
            .http
            .map_or_else(|| empty(StatusCode::OK), respond),
        Ok(Err(_)) | Err(_) => empty(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// A wrong method is not found either.
fn find(core: &Core, request: &Request) -> Option<(Arc<Function>, Params)> {
    let path = request.uri().path().trim_matches('/');
    let prefix = &core.app.settings.route_prefix;
    let path = if prefix.is_empty() {
        path
    } else {
        let (head, rest) = (path.get(..prefix.len())?, path.get(prefix.len()..)?);
        if !head.eq_ignore_ascii_case(prefix) || !(rest.is_empty() || rest.starts_with('/')) {
            return None;
        }
        rest.trim_start_matches('/')
    };
    core.app
        .functions
        .iter()
        .filter(|function| !function.disabled)
        .find_map(|function| {
            let Trigger::Http(http) = &function.trigger else {
                return None;
            };
            if !http.methods.is_empty()
                && !http
                    .methods
                    .iter()
                    .any(|method| method == request.method().as_str())
            {
                return None;
            }
            let params = route::matches(http.route.as_deref().unwrap_or(&function.name), path)?;
            Some((Arc::clone(function), params))
        })
}

async fn take_apart(request: Request, params: Params) -> Result<HttpRequest, Response> {
    let (parts, body) = request.into_parts();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let length = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let body = read_body(body).await?;
    let host = parts
        .headers
        .get(header::HOST)
        .map(text)
        .unwrap_or_default();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    Ok(HttpRequest {
        url: format!("http://{host}{path}"),
        method: parts.method.as_str().to_owned(),
        query: query_pairs(parts.uri.query()),
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| (cased(name), text(value)))
            .collect(),
        params,
        body: length
            .is_some_and(|length| length > 0)
            .then(|| body.to_vec()),
    })
}

fn cased(name: &HeaderName) -> String {
    let known = KNOWN
        .iter()
        .find(|known| known.eq_ignore_ascii_case(name.as_str()));
    known.map_or_else(|| name.as_str().to_owned(), |known| (*known).to_owned())
}

fn respond(output: HttpOutput) -> Response {
    let mut response = Response::new(Body::from(output.body));
    *response.status_mut() = StatusCode::from_u16(output.status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    for (name, value) in &output.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    if !headers.contains_key(header::CONTENT_TYPE) {
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(output.content_type),
        );
    }
    response
}
