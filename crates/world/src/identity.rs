//! The managed identity endpoint of App Service and Azure Functions, on loopback.
//!
//! Behaviour from "How to use managed identities for App Service and Azure Functions" (REST endpoint
//! reference) and from what `azure_identity` sends and reads.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use time::{Duration, OffsetDateTime};
use tokio::task::JoinHandle;

use crate::Error;
use crate::error::lock;
use crate::token::mint_token;

/// One answered or refused request for a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// The `resource` asked for, empty when it was missing.
    pub resource: String,
    /// The `client_id` of a user-assigned identity, if one was named.
    pub client_id: Option<String>,
    /// The status code of the answer.
    pub status: u16,
}

/// How the endpoint answers requests that are otherwise in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdentityAnswer {
    /// With a token.
    #[default]
    Tokens,
    /// With this status code, as an app does whose identity was taken away (400) or that is starting (500).
    Status(u16),
}

/// A running identity endpoint. It stops when dropped.
#[derive(Debug)]
pub struct IdentityEndpoint {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    secret: String,
    requests: Mutex<Vec<TokenRequest>>,
    answer: Mutex<IdentityAnswer>,
}

impl IdentityEndpoint {
    /// Starts the endpoint on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// [`Error::Io`] when no port can be bound.
    pub async fn start() -> Result<Self, Error> {
        let shared = Arc::new(Shared {
            secret: uuid::Uuid::new_v4().simple().to_string(),
            requests: Mutex::default(),
            answer: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(Error::io(
                "cannot listen for identity requests on 127.0.0.1",
            ))?;
        let address = listener
            .local_addr()
            .map_err(Error::io("the identity endpoint has no address"))?;
        let app = axum::Router::new()
            .route("/msi/token", axum::routing::get(token))
            .with_state(shared.clone());
        let server = tokio::spawn(async move {
            // Serving ends only when the task is aborted.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self {
            address,
            shared,
            server,
        })
    }

    /// The value of `IDENTITY_ENDPOINT`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}/msi/token", self.address)
    }

    /// The value of `IDENTITY_HEADER`: the secret a caller must send as `X-IDENTITY-HEADER`.
    #[must_use]
    pub fn header(&self) -> &str {
        &self.shared.secret
    }

    /// Every request so far, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<TokenRequest> {
        lock(&self.shared.requests).clone()
    }

    /// Changes how requests are answered from now on.
    pub fn answer_with(&self, answer: IdentityAnswer) {
        *lock(&self.shared.answer) = answer;
    }
}

impl Drop for IdentityEndpoint {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[derive(Deserialize)]
struct Parameters {
    #[serde(rename = "api-version")]
    api_version: Option<String>,
    resource: Option<String>,
    client_id: Option<String>,
}

async fn token(
    State(shared): State<Arc<Shared>>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    let sent = headers
        .get("x-identity-header")
        .and_then(|value| value.to_str().ok());
    let answer = *lock(&shared.answer);
    let resource = parameters.resource.filter(|resource| !resource.is_empty());
    let response = match (&resource, answer) {
        _ if sent != Some(shared.secret.as_str()) => {
            refusal(StatusCode::UNAUTHORIZED, "X-IDENTITY-HEADER is wrong")
        }
        _ if parameters.api_version.as_deref() != Some("2019-08-01") => {
            refusal(StatusCode::BAD_REQUEST, "api-version must be 2019-08-01")
        }
        (None, _) => refusal(StatusCode::BAD_REQUEST, "resource is missing"),
        (_, IdentityAnswer::Status(status)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            refusal(status, "no token, as was asked for")
        }
        (Some(resource), IdentityAnswer::Tokens) => {
            issue(resource, parameters.client_id.as_deref())
        }
    };
    lock(&shared.requests).push(TokenRequest {
        resource: resource.unwrap_or_default(),
        client_id: parameters.client_id,
        status: response.status().as_u16(),
    });
    response
}

fn issue(resource: &str, client_id: Option<&str>) -> Response {
    let expires_on = OffsetDateTime::now_utc() + Duration::hours(24);
    Json(json!({
        "access_token": mint_token(resource, expires_on),
        "client_id": client_id.unwrap_or("5e29463d-71da-4fe0-8e69-999b57db23b0"),
        // A number in a string: that is what the service sends and what the client insists on.
        "expires_on": expires_on.unix_timestamp().to_string(),
        "resource": resource,
        "token_type": "Bearer",
    }))
    .into_response()
}

fn refusal(status: StatusCode, message: &str) -> Response {
    (
        status,
        Json(json!({"statusCode": status.as_u16(), "message": message})),
    )
        .into_response()
}
