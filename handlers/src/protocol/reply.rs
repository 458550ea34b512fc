use std::collections::BTreeMap;

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

/// The answer to an invocation.
#[derive(Debug)]
pub enum Reply {
    /// Done. The messages go to the queues behind the output bindings.
    ///
    /// They are sent as arrays of strings, the one form in which the host neither decodes what looks like base64 nor rewrites what
    /// looks like JSON.
    Done(BTreeMap<&'static str, Vec<String>>),
    /// Failed: the host hands the message, or Event Grid the event, out again.
    Failed(&'static str),
}

impl Reply {
    /// Done, with nothing to enqueue.
    pub(crate) const fn done() -> Self {
        Self::Done(BTreeMap::new())
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        match self {
            Self::Done(outputs) => {
                Json(json!({"Outputs": outputs, "Logs": [], "ReturnValue": null})).into_response()
            }
            Self::Failed(what) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                Json(json!({"error": what})),
            )
                .into_response(),
        }
    }
}
