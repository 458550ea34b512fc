//! One HTTP exchange with the handler, as .NET's `HttpClient` would make it.

use std::convert::Infallible;
use std::fmt::Write as _;

use bytes::Bytes;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, LOCATION};
use reqwest::{Method, StatusCode};
use url::Url;
use uuid::Uuid;

/// The version this stand-in says it is.
pub(crate) const HOST_VERSION: &str = "4.1052.200";
/// .NET's `MaxAutomaticRedirections`.
const MAX_REDIRECTS: usize = 50;

/// What the handler answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// `Content-Length` as .NET sees it: `None` for a chunked body.
    pub(crate) length: Option<u64>,
}

impl Answer {
    /// The media type without its parameters, in lower case.
    pub(crate) fn media_type(&self) -> Option<String> {
        let value = self.headers.get(CONTENT_TYPE)?.to_str().ok()?;
        Some(
            value
                .split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .to_ascii_lowercase(),
        )
    }

    /// Status and headers as `HttpResponseMessage.ToString()` has them.
    pub(crate) fn head(&self) -> String {
        let reason = self.status.canonical_reason().unwrap_or_default();
        let mut text = format!(
            "StatusCode: {}, ReasonPhrase: '{reason}', Version: 1.1, Headers:\n{{",
            self.status.as_u16()
        );
        for (name, value) in &self.headers {
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "\n  {name}: {}",
                String::from_utf8_lossy(value.as_bytes())
            );
        }
        text.push_str("\n}");
        text
    }
}

/// Posts an envelope to `/<function>` and follows redirects.
///
/// # Errors
/// The connection failed or broke; the text is the failure of the invocation.
pub(crate) async fn post(
    client: &reqwest::Client,
    port: u16,
    function: &str,
    invocation: Uuid,
    traceparent: bool,
    envelope: String,
) -> Result<Answer, String> {
    let mut url = Url::parse(&format!("http://127.0.0.1:{port}/{function}"))
        .map_err(|error| format!("{function}: {error}"))?;
    let mut method = Method::POST;
    let envelope = Bytes::from(envelope);
    let trace = traceparent.then(new_traceparent);
    for _ in 0..=MAX_REDIRECTS {
        let mut request = client
            .request(method.clone(), url.clone())
            .header("X-Azure-Functions-HostVersion", HOST_VERSION)
            .header("X-Azure-Functions-InvocationId", invocation.to_string())
            .header("User-Agent", format!("Azure-Functions-Host/{HOST_VERSION}"));
        if let Some(trace) = &trace {
            request = request.header("traceparent", trace);
        }
        if method == Method::POST {
            // A stream has no length, so the body goes out chunked as the real host sends it.
            let body = envelope.clone();
            let stream = futures::stream::once(async move { Ok::<_, Infallible>(body) });
            request = request
                .header(CONTENT_TYPE, "application/json; charset=utf-8")
                .body(reqwest::Body::wrap_stream(stream));
        }
        let response = request.send().await.map_err(|error| broken(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        if let Some(next) = redirect(status, &headers, &url) {
            url = next;
            // 307 and 308 repeat the request; the others turn a POST into a GET.
            if !matches!(status.as_u16(), 307 | 308) {
                method = Method::GET;
            }
            continue;
        }
        let length = match headers
            .get(CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok())
        {
            Some(text) => text.parse().ok(),
            None if status == StatusCode::NO_CONTENT => Some(0),
            None => None,
        };
        let body = response.bytes().await.map_err(|error| broken(&error))?;
        return Ok(Answer {
            status,
            headers,
            body,
            length,
        });
    }
    Err(format!(
        "The handler redirected more than {MAX_REDIRECTS} times."
    ))
}

fn redirect(status: StatusCode, headers: &HeaderMap, from: &Url) -> Option<Url> {
    if !matches!(status.as_u16(), 300 | 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    from.join(headers.get(LOCATION)?.to_str().ok()?).ok()
}

/// The sampled flag is 00, as observed on a real host.
fn new_traceparent() -> String {
    let (trace, span) = (
        Uuid::new_v4().simple().to_string(),
        Uuid::new_v4().simple().to_string(),
    );
    format!("00-{trace}-{}-00", &span[..16])
}

/// An error with its causes, innermost last.
pub(crate) fn broken(error: &reqwest::Error) -> String {
    let mut text = format!("An error occurred while sending the request: {error}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}
