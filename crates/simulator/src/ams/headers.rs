//! The headers of every reply, as recorded.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use uuid::Uuid;

use super::reply::Reply;
use crate::times;

/// What the headers of a reply depend on.
pub(super) struct Dress<'a> {
    pub request: &'a HeaderMap,
    pub region: &'a str,
    pub correlation_id: &'a str,
    pub rate: Option<(&'static str, u64)>,
}

/// The correlation ID of a request: the client's own, or a new one.
pub(super) fn correlation_id(request: &HeaderMap) -> String {
    text(request, "x-ms-correlation-request-id")
        .map_or_else(|| Uuid::new_v4().to_string(), str::to_owned)
}

/// Makes the reply a response.
pub(super) fn dress(reply: &Reply, with: &Dress<'_>) -> Response<Body> {
    let body = reply
        .body
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let empty = body.is_empty();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("cache-control", "no-cache");
    set("pragma", "no-cache");
    set("expires", "-1");
    set("server", "Microsoft-HTTPAPI/2.0");
    set(
        "strict-transport-security",
        "max-age=31536000; includeSubDomains",
    );
    set("x-content-type-options", "nosniff");
    if !empty && reply.is_error() {
        set("content-type", "application/json; charset=utf-8");
        set("content-language", "en-US");
    } else if !empty {
        set("content-type", "application/json; odata.metadata=minimal");
        set("odata-version", "4.0");
    }
    set("x-ms-request-id", &Uuid::new_v4().to_string());
    set("x-ms-correlation-request-id", with.correlation_id);
    set("x-ms-routing-request-id", &routing_id(with));
    if let Some((name, left)) = with.rate {
        set(name, &left.to_string());
    }
    if text(with.request, "x-ms-return-client-request-id") == Some("true")
        && let Some(id) = text(with.request, "x-ms-client-request-id")
    {
        set("x-ms-client-request-id", id);
    }
    if let Some(seconds) = reply.retry_after {
        set("retry-after", &seconds.to_string());
        set("connection", "close");
    }
    if reply.status == StatusCode::UNAUTHORIZED {
        let tenant = super::TENANT;
        set(
            "www-authenticate",
            &format!(
                "Bearer authorization_uri=\"https://login.windows.net/{tenant}\", error=\"invalid_token\", \
                 error_description=\"The authentication failed because of missing 'Authorization' header.\""
            ),
        );
    }
    response
}

fn routing_id(with: &Dress<'_>) -> String {
    let now: String = times::ticks(times::now())
        .chars()
        .take(19)
        .filter(|c| !"-:".contains(*c))
        .collect();
    let region = if with.region.is_empty() {
        "LOCAL".to_owned()
    } else {
        with.region.to_uppercase()
    };
    format!("{region}:{now}Z:{}", with.correlation_id)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
