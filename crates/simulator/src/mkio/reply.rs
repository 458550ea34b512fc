//! Replies, and the errors among them.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

/// What is answered, before headers are added.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub status: StatusCode,
    pub body: Option<Value>,
    /// Seconds for the header `Retry-After`.
    pub retry_after: Option<u64>,
}

impl Reply {
    pub(super) fn ok(body: Value) -> Self {
        Self {
            status: StatusCode::OK,
            body: Some(body),
            retry_after: None,
        }
    }

    pub(super) fn created(body: Value) -> Self {
        Self {
            status: StatusCode::CREATED,
            ..Self::ok(body)
        }
    }

    /// 201 for what was not there before, 200 for what was.
    pub(super) fn stored(new: bool, body: Value) -> Self {
        if new {
            Self::created(body)
        } else {
            Self::ok(body)
        }
    }

    pub(super) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            body: None,
            retry_after: None,
        }
    }

    /// `{"error":{"code","detail"},"status","ref"}`. No list of codes is published: these are the simulator's.
    pub(super) fn error(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        let detail: String = detail.into();
        let body = json!({
            "error": { "code": code, "detail": detail, "extraDetail": {} },
            "status": status.as_u16(),
            "ref": Uuid::new_v4().to_string(),
        });
        Self {
            status,
            body: Some(body),
            retry_after: None,
        }
    }

    /// The same for a missing resource and for a missing project: only asking for the project tells them apart.
    pub(super) fn not_found(what: &str, name: &str) -> Self {
        Self::error(
            StatusCode::NOT_FOUND,
            "NotFound",
            format!("{what} '{name}' was not found."),
        )
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::error(StatusCode::BAD_REQUEST, "BadRequest", detail)
    }

    pub(super) fn unauthorized(detail: &str) -> Self {
        Self::error(StatusCode::UNAUTHORIZED, "Unauthorized", detail)
    }

    pub(super) fn conflict(detail: impl Into<String>) -> Self {
        Self::error(StatusCode::CONFLICT, "Conflict", detail)
    }

    pub(super) fn method_not_allowed(method: &str) -> Self {
        Self::error(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowed",
            format!("The method '{method}' is not allowed for this path."),
        )
    }

    /// As it goes out.
    pub(super) fn response(self) -> Response<Body> {
        let body = self
            .body
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        let empty = body.is_empty();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if !empty {
            headers.insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            );
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
