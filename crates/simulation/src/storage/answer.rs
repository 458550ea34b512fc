//! An answer of the storage service.

use std::fmt::Write as _;

use azure_core::{
    http::{AsyncRawResponse, StatusCode, headers::Headers},
    time::to_rfc7231,
};
use time::OffsetDateTime;

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn of(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: String::new(),
        }
    }

    /// A refusal with the service's own code.
    pub(crate) fn refused(status: u16, code: &str) -> Self {
        let mut answer = Self::of(status).with("x-ms-error-code", code);
        answer.body = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{code}</Message></Error>"
        );
        answer
    }

    /// A refusal of the copy's source, as the replica's account passes it on.
    pub(crate) fn source_refused(status: u16, code: &str) -> Self {
        Self::refused(status, "CannotVerifyCopySource")
            .with("x-ms-copy-source-status-code", &status.to_string())
            .with("x-ms-copy-source-error-code", code)
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// As the SDK's transport hands it over.
    pub(crate) fn into_response(self, now: OffsetDateTime) -> AsyncRawResponse {
        let mut headers = Headers::new();
        headers.insert("date", to_rfc7231(&now));
        headers.insert("x-ms-request-id", "00000000-0000-0000-0000-000000000000");
        if !self.body.is_empty() {
            headers.insert("content-type", "application/xml");
        }
        for (name, value) in self.headers {
            headers.insert(name, value);
        }
        AsyncRawResponse::from_bytes(StatusCode::from(self.status), headers, self.body)
    }
}

/// Adds an element with text.
pub(crate) fn element(xml: &mut String, name: &str, text: &str) {
    let escaped = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    // Writing into a string cannot fail.
    let _ = write!(xml, "<{name}>{escaped}</{name}>");
}
