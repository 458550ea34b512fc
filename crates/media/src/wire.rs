//! One HTTP call to a media service: authorisation, deadline, short retries, and answers reduced to what is safe to keep.

use std::{fmt, sync::Arc, time::Duration};

use futures::StreamExt;
use reqwest::{Method, StatusCode, header};
use serde_json::{Map, Value};
use url::Url;

use crate::{
    Authorize, ErrorKind, Pace, ServiceError, authorize::NoToken, calls::record, error::word,
};

/// The largest answer that is read, in bytes. A page of resources stays far below.
const MAX_ANSWER: usize = 32 * 1024 * 1024;

/// The code of an error whose answer is not JSON, so that it may not be the service's own.
pub(crate) const NOT_JSON: &str = "answer-is-not-json";

/// The longest time that an account is left alone, whatever was asked for.
const LONGEST_SILENCE: u64 = 24 * 60 * 60;

/// How long an account is left alone after a 429 that does not say for how long: MK.IO documents no `Retry-After`.
const UNASKED: Duration = Duration::from_secs(1);

/// Which account a call goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The account that is mirrored.
    Primary,
    /// The account that is kept ready.
    Secondary,
}

impl Side {
    /// The word in logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How calls are made.
#[derive(Clone, Copy, Debug)]
pub struct WireOptions {
    /// How long a call may take from start to the last byte of the answer.
    pub timeout: Duration,
    /// How often a read is tried again after a connection fault or a server error. Writes are never repeated blindly: whether they
    /// were done is seen by reading.
    pub read_retries: u32,
}

impl Default for WireOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            read_retries: 2,
        }
    }
}

/// The line to one account.
#[derive(Clone)]
pub struct Wire {
    side: Side,
    client: reqwest::Client,
    authorize: Arc<dyn Authorize>,
    pace: Arc<Pace>,
    options: WireOptions,
}

/// An answer of success.
pub(crate) struct Answer {
    pub(crate) body: Option<Value>,
    /// 201: the resource is new.
    pub(crate) created: bool,
    /// 202: it will be done.
    pub(crate) accepted: bool,
}

impl Wire {
    /// A line over a shared HTTP client.
    #[must_use]
    pub fn new(
        side: Side,
        client: reqwest::Client,
        authorize: Arc<dyn Authorize>,
        pace: Pace,
        options: WireOptions,
    ) -> Self {
        Self {
            side,
            client,
            authorize,
            pace: Arc::new(pace),
            options,
        }
    }

    /// Which account this is a line to.
    pub(crate) const fn side(&self) -> Side {
        self.side
    }

    /// A call that changes nothing, tried again after a passing fault. `None` when the service says that the resource is gone, which
    /// each service does in its own way.
    pub(crate) async fn read(
        &self,
        method: Method,
        url: &Url,
        operation: &str,
        is_gone: fn(&ServiceError) -> bool,
    ) -> Result<Option<Map<String, Value>>, ServiceError> {
        let mut attempt = 0;
        loop {
            let error = match self.once(method.clone(), url, None, operation).await {
                Ok(answer) => {
                    return match answer.body {
                        Some(Value::Object(map)) => Ok(Some(map)),
                        _ => Err(ServiceError::new(
                            ErrorKind::Unavailable,
                            operation,
                            "answer-is-not-a-json-object",
                        )),
                    };
                }
                Err(error) if is_gone(&error) => return Ok(None),
                // Every read that is made here is one that both services document.
                Err(error) if error.status == Some(405) => ServiceError {
                    kind: ErrorKind::WrongPath,
                    ..error
                },
                Err(error) => error,
            };
            if error.kind != ErrorKind::Unavailable
                || error.status.is_some_and(|status| status < 500)
                || attempt >= self.options.read_retries
            {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(200) * 3_u32.pow(attempt)).await;
            attempt += 1;
        }
    }

    /// A call that changes something, sent once.
    pub(crate) async fn write(
        &self,
        method: Method,
        url: &Url,
        body: Option<&Map<String, Value>>,
        operation: &str,
    ) -> Result<Answer, ServiceError> {
        self.once(method, url, body, operation).await
    }

    async fn once(
        &self,
        method: Method,
        url: &Url,
        body: Option<&Map<String, Value>>,
        operation: &str,
    ) -> Result<Answer, ServiceError> {
        let token = self.authorize.token().await.map_err(|what| ServiceError {
            kind: match what {
                NoToken::Unavailable(_) => ErrorKind::Unavailable,
                NoToken::Unusable(_) => ErrorKind::Denied,
            },
            operation: format!("{operation}: {what}"),
            status: None,
            code: Some("no-token".to_owned()),
            reference: None,
            retry_after: None,
        })?;
        let mut request = self
            .client
            .request(method.clone(), url.clone())
            .timeout(self.options.timeout)
            .header(header::ACCEPT, "application/json")
            .header(header::AUTHORIZATION, bearer(&token, operation)?);
        if let Some(body) = body {
            let bytes = serde_json::to_vec(body).map_err(|_| {
                ServiceError::new(ErrorKind::Refused, operation, "body-cannot-be-written")
            })?;
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(bytes);
        } else if method != Method::GET {
            request = request.header(header::CONTENT_LENGTH, "0");
        }
        self.pace.turn(&method).await.map_err(|wait| ServiceError {
            retry_after: Some(wait),
            ..ServiceError::new(ErrorKind::Throttled, operation, "own-rate-limit")
        })?;
        record(self.side);
        let response = request
            .send()
            .await
            .map_err(|error| ServiceError::new(ErrorKind::Unavailable, operation, fault(&error)))?;
        let status = response.status();
        let headers = response.headers().clone();
        let bytes = whole(response, operation).await;
        if status.is_success() {
            let bytes = bytes?;
            let answer = |body| Answer {
                body,
                created: status == StatusCode::CREATED,
                accepted: status == StatusCode::ACCEPTED,
            };
            if bytes.is_empty() {
                return Ok(answer(None));
            }
            // A parse error could quote the text, and the text could hold keys: keep the category only.
            return match serde_json::from_slice(&bytes) {
                Ok(value) => Ok(answer(Some(value))),
                Err(error) => Err(ServiceError {
                    status: Some(status.as_u16()),
                    ..ServiceError::new(
                        ErrorKind::Unavailable,
                        operation,
                        &format!(
                            "answer-is-not-json-{:?}-{}-{}",
                            error.classify(),
                            error.line(),
                            error.column()
                        ),
                    )
                }),
            };
        }
        let error = refusal(operation, status, &headers, &bytes.unwrap_or_default());
        if error.kind == ErrorKind::Throttled {
            self.pace.silence(error.retry_after.unwrap_or(UNASKED));
        }
        Err(error)
    }
}

fn bearer(token: &str, operation: &str) -> Result<header::HeaderValue, ServiceError> {
    let mut value = header::HeaderValue::from_str(&format!("Bearer {token}"))
        .map_err(|_| ServiceError::new(ErrorKind::Denied, operation, "malformed-token"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn fault(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "timeout"
    } else if error.is_connect() {
        "cannot-connect"
    } else {
        "connection-lost"
    }
}

async fn whole(response: reqwest::Response, operation: &str) -> Result<Vec<u8>, ServiceError> {
    let mut bytes = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| {
            let what = if error.is_timeout() {
                "timeout"
            } else {
                "answer-cut-short"
            };
            ServiceError::new(ErrorKind::Unavailable, operation, what)
        })?;
        if bytes.len() + chunk.len() > MAX_ANSWER {
            return Err(ServiceError::new(
                ErrorKind::Unavailable,
                operation,
                "answer-too-large",
            ));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn refusal(
    operation: &str,
    status: StatusCode,
    headers: &header::HeaderMap,
    bytes: &[u8],
) -> ServiceError {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let error = &body["error"];
    let message = error["message"]
        .as_str()
        .or_else(|| error["detail"].as_str())
        .unwrap_or_default();
    let code = error["code"].as_str().and_then(word);
    ServiceError {
        kind: classify(status, code.as_deref(), message),
        operation: operation.to_owned(),
        status: Some(status.as_u16()),
        code: code.or_else(|| body.is_null().then(|| NOT_JSON.to_owned())),
        reference: text("x-ms-request-id")
            .or_else(|| text("x-ms-correlation-request-id"))
            .or_else(|| body["ref"].as_str())
            .or_else(|| error["ref"].as_str())
            .and_then(word),
        retry_after: text("retry-after").and_then(retry_after),
    }
}

/// `Retry-After` in seconds. The form with a date is not used by these services; it then counts as absent.
fn retry_after(text: &str) -> Option<Duration> {
    let seconds: u64 = text.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(LONGEST_SILENCE)))
}

fn classify(status: StatusCode, code: Option<&str>, message: &str) -> ErrorKind {
    let says = |text: &str| message.contains(text);
    match status.as_u16() {
        401 | 403 => ErrorKind::Denied,
        429 => ErrorKind::Throttled,
        // Whoever sends on, to a page for people perhaps, is not the service.
        300..=399 | 404 | 408 | 500.. => ErrorKind::Unavailable,
        // Texts recorded from the service: Azure-Media-Services-Explorer#137, azure-cli#9339.
        400 | 409 if says("Content key id") && says("already exists") => ErrorKind::KeyIdTaken,
        400 | 409 if says("Index_BlobStorageUri") => ErrorKind::ContainerTaken,
        400 | 409 if code.is_some_and(|code| code.contains("Quota")) => ErrorKind::Quota,
        409 | 412 => ErrorKind::Conflict,
        _ => ErrorKind::Refused,
    }
}
