//! The SDK's errors, reduced to what may be shown.

use crate::{
    Told,
    refusal::{BelowHttp, Refusal},
};
use azure_core::{
    Error,
    error::ErrorKind,
    http::headers::{HeaderName, Headers},
};
use serde::Deserialize;
use std::{error::Error as _, time::Duration};

/// Reads an SDK error. Only status, codes, request ID and the innermost cause of a broken connection are
/// taken: the outer messages carry URLs with their SAS, and bodies may quote what was sent.
pub(crate) fn refusal(error: Error) -> Box<Refusal> {
    let below = match error.kind() {
        ErrorKind::HttpResponse { .. } => return Box::new(of_response(&error)),
        ErrorKind::Connection => {
            BelowHttp::Transport(format!("connecting failed{}", innermost(&error)))
        }
        ErrorKind::Io => BelowHttp::Transport(format!("the connection broke{}", innermost(&error))),
        ErrorKind::Credential => no_token(&error),
        ErrorKind::DataConversion => BelowHttp::Unreadable("the answer could not be parsed".into()),
        _ => BelowHttp::Request(format!(
            "the request could not be made{}",
            innermost(&error)
        )),
    };
    Refusal::below(below)
}

/// What an answer that is an error has in its body. The SDK's `StorageError` has all of it, and 20 kB of machine code for that.
#[derive(Default, Deserialize)]
struct Body {
    #[serde(rename = "Code")]
    code: Option<String>,
    #[serde(rename = "CopySourceStatusCode")]
    source_status: Option<String>,
    #[serde(rename = "CopySourceErrorCode")]
    source_code: Option<String>,
}

fn of_response(error: &Error) -> Refusal {
    let mut refusal = Refusal {
        told: Told {
            status: error.http_status().map(u16::from),
            ..Told::default()
        },
        ..Refusal::default()
    };
    if let ErrorKind::HttpResponse {
        raw_response: Some(response),
        ..
    } = error.kind()
    {
        let headers = response.headers();
        refusal.told.code = text(headers, "x-ms-error-code");
        refusal.told.request_id = text(headers, "x-ms-request-id");
        refusal.retry_after = retry_after(headers);
        refusal.source_status =
            text(headers, "x-ms-copy-source-status-code").and_then(|status| status.parse().ok());
        refusal.source_code = text(headers, "x-ms-copy-source-error-code");
        // The body repeats the codes, and is the only place that has them for some failures.
        let body: Body = response.body().xml().unwrap_or_default();
        refusal.told.code = refusal.told.code.or(body.code);
        refusal.source_status = refusal
            .source_status
            .or_else(|| body.source_status?.parse().ok());
        refusal.source_code = refusal.source_code.or(body.source_code);
    }
    refusal.told.code = refusal.told.code.and_then(word);
    refusal.told.request_id = refusal.told.request_id.and_then(word);
    refusal.source_code = refusal.source_code.and_then(word);
    refusal
}

fn text(headers: &Headers, name: &'static str) -> Option<String> {
    headers.get_optional_string(&HeaderName::from_static(name))
}

/// Error codes and request IDs are words; anything else in their place is not shown.
fn word(text: String) -> Option<String> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    (!text.is_empty() && text.len() <= 100 && text.bytes().all(plain)).then_some(text)
}

/// What the service asked to be waited, in seconds or milliseconds.
pub(crate) fn retry_after(headers: &Headers) -> Option<Duration> {
    let number = |name| text(headers, name).and_then(|value| value.trim().parse().ok());
    number("x-ms-retry-after-ms")
        .or_else(|| number("retry-after-ms"))
        .map(Duration::from_millis)
        .or_else(|| number("retry-after").map(Duration::from_secs))
}

fn no_token(error: &Error) -> BelowHttp {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(status) = inner.downcast_ref::<Error>().and_then(Error::http_status) {
            let status = u16::from(status);
            // The identity service understood and refused; anything else may pass.
            return if matches!(status, 400..=404) {
                BelowHttp::NoToken
            } else {
                BelowHttp::NoTokenNow
            };
        }
        cause = inner.source();
    }
    BelowHttp::NoTokenNow
}

/// The last cause in the chain, such as "connection refused" or a certificate's fault, unless it
/// looks as if it had more in it than that.
fn innermost(error: &Error) -> String {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = error.source();
    let mut last = None;
    while let Some(inner) = cause {
        last = Some(inner);
        cause = inner.source();
    }
    match last.map(ToString::to_string) {
        Some(text)
            if text.len() <= 200
                && !["://", "sig=", "Bearer", "?"]
                    .iter()
                    .any(|s| text.contains(s)) =>
        {
            format!(": {text}")
        }
        _ => String::new(),
    }
}
