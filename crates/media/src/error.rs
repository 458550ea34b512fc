use std::{fmt, time::Duration};

/// What a failed call means to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// 401 or 403. Remedy: give the app's identity the role (or the token the capability) for the operation that the error names.
    Denied,
    /// 429. Remedy: none needed; the work waits as long as the service asks.
    Throttled,
    /// No answer, a server error, an answer that is not the service's, or an account that is not there. Remedy: none
    /// while it passes; else check the endpoint, the account's resource ID and the region's health.
    Unavailable,
    /// 405 for a read: what answers has another family of paths. Remedy: give the service's base URL as its endpoint, without a path.
    WrongPath,
    /// The service understood and refused (400, 422, 405 for a write ...). Remedy: look the code and reference up in the service's log.
    Refused,
    /// 409 or 412: something of that name exists already, or changed meanwhile.
    Conflict,
    /// Accepted, and not usable yet. Remedy: none needed; it is looked at again.
    NotReady,
    /// A content key ID that another locator already uses.
    KeyIdTaken,
    /// A container that belongs to another asset already.
    ContainerTaken,
    /// A limit of the account is reached. Remedy: ask the service for a higher quota, or remove what is not needed.
    Quota,
}

/// A failed call to a media service.
///
/// It carries the service's own code and request reference and never its message, which could repeat what was sent.
#[derive(Clone, Debug, thiserror::Error)]
pub struct ServiceError {
    /// What it means.
    pub kind: ErrorKind,
    /// The operation: method and resource, such as `PUT streamingLocators/film`.
    pub operation: String,
    /// The HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// The service's own error code, or a word for what was wrong with the answer.
    pub code: Option<String>,
    /// The service's request reference, to quote to its support.
    pub reference: Option<String>,
    /// How long the service asks to wait.
    pub retry_after: Option<Duration>,
}

impl ServiceError {
    /// An error of which only the meaning and a word are known.
    #[must_use]
    pub fn new(kind: ErrorKind, operation: &str, code: &str) -> Self {
        Self {
            kind,
            operation: operation.to_owned(),
            status: None,
            code: Some(code.to_owned()),
            reference: None,
            retry_after: None,
        }
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.operation)?;
        if let Some(status) = self.status {
            write!(f, ": {status}")?;
        }
        if let Some(code) = &self.code {
            write!(f, " {code}")?;
        }
        if let Some(reference) = &self.reference {
            write!(f, " (request {reference})")?;
        }
        Ok(())
    }
}

/// Keeps of a text from a service what can stand in a log line: a code or an identifier.
#[must_use]
pub(crate) fn word(text: &str) -> Option<String> {
    let word: String = text
        .chars()
        .take(80)
        .filter(|c| c.is_ascii_alphanumeric() || "-_.:".contains(*c))
        .collect();
    (!word.is_empty()).then_some(word)
}
