//! Replies, and the errors among them.

use axum::http::StatusCode;
use serde_json::{Value, json};

/// What is answered, before headers are added.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub status: StatusCode,
    pub body: Option<Value>,
    /// Seconds for the header `Retry-After`; also ends the connection, as the recorded 429 does.
    pub retry_after: Option<u64>,
}

impl Reply {
    pub(crate) fn ok(body: Value) -> Self {
        Self {
            status: StatusCode::OK,
            body: Some(body),
            retry_after: None,
        }
    }

    pub(crate) fn created(body: Value) -> Self {
        Self {
            status: StatusCode::CREATED,
            body: Some(body),
            retry_after: None,
        }
    }

    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            body: None,
            retry_after: None,
        }
    }

    /// `{"error":{"code","message"}}`.
    pub(crate) fn error(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let message: String = message.into();
        let body = json!({ "error": { "code": code, "message": message } });
        Self {
            status,
            body: Some(body),
            retry_after: None,
        }
    }

    /// A missing child, in all versions.
    pub(crate) fn not_found() -> Self {
        Self::error(
            StatusCode::NOT_FOUND,
            "NotFound",
            "The requested resource was not found.",
        )
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::error(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// PUT on what is create-only. Neither code nor message of it is captured anywhere.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::error(StatusCode::CONFLICT, "Conflict", message)
    }

    pub(crate) fn method_not_allowed(method: &str) -> Self {
        Self::error(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowed",
            format!("The HTTP method '{method}' is not supported at this path."),
        )
    }

    /// ARM's own 404: it does not know the account.
    pub(crate) fn no_account(account: &str, resource_group: &str) -> Self {
        Self::error(
            StatusCode::NOT_FOUND,
            "ResourceNotFound",
            format!(
                "The Resource 'Microsoft.Media/mediaservices/{account}' under resource group '{resource_group}' was \
                 not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
            ),
        )
    }

    pub(crate) fn throttled(subscription: &str, method: &str, seconds: u64) -> Self {
        let mut reply = Self::error(
            StatusCode::TOO_MANY_REQUESTS,
            "SubscriptionRequestsThrottled",
            format!(
                "Number of requests for subscription '{subscription}' and operation \
                 '{method}/SUBSCRIPTIONS/RESOURCEGROUPS/PROVIDERS/MICROSOFT.MEDIA/MEDIASERVICES/' exceeded the backend \
                 storage limit. Please try again after '{seconds}' seconds."
            ),
        );
        reply.retry_after = Some(seconds);
        reply
    }

    pub(crate) fn is_error(&self) -> bool {
        self.status.is_client_error() || self.status.is_server_error()
    }
}
