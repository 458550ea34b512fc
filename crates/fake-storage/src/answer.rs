//! From what an operation came to, to an HTTP response.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use futures::stream;
use time::OffsetDateTime;

use crate::content::Content;
use crate::refusal::Refusal;
use crate::store::{Stamp, http_time, iso_time_7};
use crate::xml::Xml;

/// A successful answer.
#[derive(Debug)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Payload,
}

#[derive(Debug)]
enum Payload {
    Nothing,
    Xml(String),
    Content(Content),
    /// The answer to `HEAD`: only how long the content is.
    Length(u64),
}

impl Answer {
    pub(crate) fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Payload::Nothing,
        }
    }

    pub(crate) fn xml(status: u16, xml: String) -> Self {
        Self {
            body: Payload::Xml(xml),
            ..Self::new(status)
        }
    }

    pub(crate) fn content(status: u16, content: Content) -> Self {
        Self {
            body: Payload::Content(content),
            ..Self::new(status)
        }
    }

    pub(crate) fn length(status: u16, length: u64) -> Self {
        Self {
            body: Payload::Length(length),
            ..Self::new(status)
        }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a header only where there is a value.
    pub(crate) fn with_some(self, name: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds `ETag` and `Last-Modified`.
    pub(crate) fn stamped(self, stamp: &Stamp) -> Self {
        self.with("etag", stamp.quoted())
            .with("last-modified", http_time(stamp.modified))
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }
}

/// What every response carries, whatever it says.
#[derive(Debug)]
pub(crate) struct Envelope<'a> {
    pub(crate) now: OffsetDateTime,
    pub(crate) method: &'a Method,
    pub(crate) version: Option<HeaderValue>,
    pub(crate) client_request_id: Option<HeaderValue>,
}

impl Envelope<'_> {
    pub(crate) fn respond(&self, outcome: Result<Answer, Refusal>) -> Response<Body> {
        let request_id = uuid::Uuid::new_v4().to_string();
        let answer = outcome.unwrap_or_else(|refusal| self.refuse(&refusal, &request_id));
        let mut response = match answer.body {
            Payload::Nothing => sized(Body::empty(), Some(0)),
            Payload::Xml(xml) => {
                let length = xml.len() as u64;
                let mut response = sized(Body::from(xml), Some(length));
                set(&mut response, "content-type", "application/xml");
                response
            }
            Payload::Length(length) => sized(Body::empty(), Some(length)),
            Payload::Content(content) => {
                let length = content.len();
                let chunks = content.chunks().map(Ok::<_, std::convert::Infallible>);
                sized(Body::from_stream(stream::iter(chunks)), Some(length))
            }
        };
        *response.status_mut() =
            StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if [204, 304].contains(&answer.status) {
            response.headers_mut().remove("content-length");
        }
        set(
            &mut response,
            "server",
            "Windows-Azure-Storage/1.0 fake-storage",
        );
        set(&mut response, "date", &http_time(self.now));
        set(&mut response, "x-ms-request-id", &request_id);
        for (name, value) in [
            ("x-ms-version", &self.version),
            ("x-ms-client-request-id", &self.client_request_id),
        ] {
            if let Some(value) = value {
                response.headers_mut().insert(name, value.clone());
            }
        }
        for (name, value) in &answer.headers {
            set(&mut response, name, value);
        }
        response
    }

    fn refuse(&self, refusal: &Refusal, request_id: &str) -> Answer {
        let bodiless = self.method == Method::HEAD || refusal.status == 304;
        let mut answer = if bodiless {
            Answer::new(refusal.status)
        } else {
            Answer::xml(refusal.status, self.error_body(refusal, request_id))
        };
        answer = answer
            .with("x-ms-error-code", refusal.code.as_ref())
            .with_some(
                "retry-after",
                refusal.retry_after.map(|seconds| seconds.to_string()),
            );
        if let Some(source) = &refusal.copy_source {
            answer = answer
                .with("x-ms-copy-source-status-code", source.status.to_string())
                .with("x-ms-copy-source-error-code", source.code.as_ref());
        }
        answer
    }

    fn error_body(&self, refusal: &Refusal, request_id: &str) -> String {
        let message = format!(
            "{}\nRequestId:{request_id}\nTime:{}",
            refusal.message,
            iso_time_7(self.now)
        );
        Xml::new()
            .element("Error", |xml| {
                xml.text("Code", &refusal.code).text("Message", &message);
                if let Some(source) = &refusal.copy_source {
                    xml.text("CopySourceStatusCode", &source.status.to_string())
                        .text("CopySourceErrorCode", &source.code)
                        .text("CopySourceErrorMessage", &source.message);
                }
            })
            .finish()
    }
}

fn sized(body: Body, length: Option<u64>) -> Response<Body> {
    let mut response = Response::new(body);
    if let Some(length) = length {
        response
            .headers_mut()
            .insert("content-length", length.into());
    }
    response
}

fn set(response: &mut Response<Body>, name: &str, value: &str) {
    // Both come from this crate or were headers before; what cannot be a header is left out.
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
        response.headers_mut().insert(name, value);
    }
}
