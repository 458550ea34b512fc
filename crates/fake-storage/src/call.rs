//! One request, taken apart.

use axum::http::{HeaderMap, Method, Uri};
use bytes::Bytes;
use time::OffsetDateTime;

use crate::operation::Operation;
use crate::refusal::Refusal;
use crate::routing;
use crate::store::Metadata;

/// Which of an account's services a listener stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Blob,
    Queue,
}

/// A request with its address read as the service reads it: `/account/container/blob` or
/// `/account/queue/messages/id`.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) service: Service,
    pub(crate) operation: Operation,
    pub(crate) account: String,
    /// The container or the queue; empty for operations on the account.
    pub(crate) container: String,
    /// The blob's name or the message's ID; empty where there is none.
    pub(crate) name: String,
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) https: bool,
}

impl Call {
    pub(crate) fn parse(
        service: Service,
        https: bool,
        method: &Method,
        uri: &Uri,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Self, Refusal> {
        let query = Query::parse(uri.query().unwrap_or_default());
        let (account, container, name) = routing::address(uri.path())?;
        let operation = routing::operation(service, method, &container, &name, &query, &headers)?;
        let name = match service {
            Service::Blob => name,
            // What follows the queue is `messages`, and after it the message's ID.
            Service::Queue => name
                .strip_prefix("messages")
                .map(|id| id.trim_matches('/').to_owned())
                .unwrap_or_default(),
        };
        Ok(Self {
            service,
            operation,
            account,
            container,
            name,
            query,
            headers,
            body,
            https,
        })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The metadata in `x-ms-meta-*`, or `None` when there is not one such header.
    pub(crate) fn metadata(&self) -> Result<Option<Metadata>, Refusal> {
        let mut metadata = Metadata::new();
        for (name, value) in &self.headers {
            let Some(name) = name.as_str().strip_prefix("x-ms-meta-") else {
                continue;
            };
            let value = value.to_str().map_err(|_| Refusal::invalid_metadata())?;
            if !is_identifier(name) {
                return Err(Refusal::invalid_metadata());
            }
            metadata.insert(name.to_owned(), value.trim().to_owned());
        }
        // "Setting and retrieving properties and metadata": 8 KiB for names and values together.
        if metadata
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum::<usize>()
            > 8 * 1024
        {
            return Err(Refusal::metadata_too_large());
        }
        Ok((!metadata.is_empty()).then_some(metadata))
    }
}

/// A header's value, if it is there and text.
pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(str::trim)
}

/// Metadata names follow the rules of C# identifiers.
fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The parameters behind the `?`, decoded.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(query: &str) -> Self {
        Self(
            url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    /// The value of a parameter; names are compared without regard to case.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn is(&self, name: &str, value: &str) -> bool {
        self.get(name)
            .is_some_and(|given| given.eq_ignore_ascii_case(value))
    }

    /// A number within `range`; 400 when it is something else.
    pub(crate) fn number(
        &self,
        name: &str,
        range: std::ops::RangeInclusive<i64>,
    ) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let number: i64 = text.parse().map_err(|_| Refusal::invalid_query())?;
        if range.contains(&number) {
            Ok(Some(number))
        } else {
            Err(Refusal::out_of_range())
        }
    }

    /// Whether `value` stands in the comma-separated list `name`.
    pub(crate) fn lists(&self, name: &str, value: &str) -> bool {
        self.get(name).is_some_and(|list| {
            list.split(',')
                .any(|item| item.trim().eq_ignore_ascii_case(value))
        })
    }
}

/// A time in a SAS or a key's validity, such as `2026-11-22T08:30:02Z` or a date alone.
pub(crate) fn iso_time(text: &str) -> Option<OffsetDateTime> {
    use time::format_description::well_known::Rfc3339;
    OffsetDateTime::parse(text, &Rfc3339)
        .or_else(|_| OffsetDateTime::parse(&format!("{text}T00:00:00Z"), &Rfc3339))
        .ok()
}
