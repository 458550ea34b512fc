use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{Kind, ResourceId};

/// The version of the message format that this code writes and reads, field `v`.
pub const FORMAT_VERSION: u32 = 1;

/// The largest message, in bytes of JSON before base64. A storage queue takes 48 KiB.
pub const MAX_MESSAGE_BYTES: usize = 32 * 1024;

/// Who thinks that the resource may differ. It decides nothing about the resource's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// An event said that it was created or updated.
    Written,
    /// An event said that it was deleted.
    Deleted,
    /// An encoding job that writes this asset finished.
    JobFinished,
    /// Blobs of the asset were created or deleted.
    Blobs,
    /// A webhook of the service named it.
    Webhook,
    /// Another resource depends on it and found it missing or incomplete.
    Dependency,
    /// A walk found a difference.
    Walk,
    /// A backfill names everything.
    Backfill,
    /// An operator asked.
    Operator,
    /// The platform's own hint, or a cause that this version does not know.
    #[serde(other)]
    Platform,
}

impl Cause {
    /// The word in messages and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Deleted => "deleted",
            Self::JobFinished => "job-finished",
            Self::Blobs => "blobs",
            Self::Webhook => "webhook",
            Self::Dependency => "dependency",
            Self::Walk => "walk",
            Self::Backfill => "backfill",
            Self::Operator => "operator",
            Self::Platform => "platform",
        }
    }
}

/// A hint that a resource may differ now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The resource to look at.
    pub id: ResourceId,
    /// Why.
    pub cause: Cause,
    /// When the primary changed, as well as the sender knows: what lag is measured from. Survives re-queuing.
    /// `None` when a platform's hint does not say; the handler then takes the time at which it first sees it.
    pub since: Option<OffsetDateTime>,
    /// How often the work was put back before.
    pub attempt: u32,
}

/// A queue message that cannot be understood. It is never retried: the handler moves it to the poison queue with
/// the reason `bad-message`. Nothing of the text is repeated. Remedy: correct the sender; the format is documented in the README.
#[derive(Debug, thiserror::Error)]
pub enum BadMessage {
    /// Larger than a message may be.
    #[error("the message has {0} bytes, more than {MAX_MESSAGE_BYTES}")]
    TooLarge(usize),
    /// Not the JSON that the format asks for.
    #[error(
        "the message is not a change ({category} at line {line}, column {column}); expected {{\"v\":1,\"kind\":...,\"name\":...}}"
    )]
    Syntax {
        /// `syntax`, `data`, `eof` or `io`, as the JSON reader classifies it.
        category: &'static str,
        /// Line, from 1.
        line: usize,
        /// Column, from 1; 0 when the end was reached.
        column: usize,
    },
    /// A format version that this code does not read.
    #[error("the message has format version {0}, this handler reads {FORMAT_VERSION}")]
    Version(u32),
    /// A kind that is not mirrored.
    #[error(transparent)]
    Kind(#[from] crate::UnknownKind),
    /// A name that no service accepts, or a parent missing or not wanted.
    #[error(transparent)]
    Name(#[from] crate::BadName),
    /// An account or a container that the storage service would not accept.
    #[error(
        "`account` is not the name of a storage account, or `container` not that of a container in it"
    )]
    Container,
    /// A depth that no walk has.
    #[error("`depth` is not one of updated, list, children, keys, bytes")]
    Depth,
    /// A time that is not RFC 3339.
    #[error("`since` is not an RFC 3339 time")]
    Since,
}

/// The JSON of a message. `version` is its field `v`.
pub(crate) fn read<'a, T: Deserialize<'a>>(
    bytes: &'a [u8],
    version: impl FnOnce(&T) -> u32,
) -> Result<T, BadMessage> {
    if bytes.len() > MAX_MESSAGE_BYTES {
        return Err(BadMessage::TooLarge(bytes.len()));
    }
    let message = serde_json::from_slice(bytes).map_err(|error| BadMessage::from(&error))?;
    match version(&message) {
        FORMAT_VERSION => Ok(message),
        other => Err(BadMessage::Version(other)),
    }
}

/// A time of a message.
pub(crate) fn time(text: Option<String>) -> Result<Option<OffsetDateTime>, BadMessage> {
    text.map(|text| OffsetDateTime::parse(&text, &Rfc3339).map_err(|_| BadMessage::Since))
        .transpose()
}

impl From<&serde_json::Error> for BadMessage {
    fn from(error: &serde_json::Error) -> Self {
        Self::Syntax {
            category: match error.classify() {
                serde_json::error::Category::Io => "io",
                serde_json::error::Category::Syntax => "syntax",
                serde_json::error::Category::Data => "data",
                serde_json::error::Category::Eof => "eof",
            },
            line: error.line(),
            column: error.column(),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Wire<'a> {
    v: u32,
    #[serde(borrow)]
    kind: std::borrow::Cow<'a, str>,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    #[serde(default = "platform")]
    cause: Cause,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    #[serde(default)]
    attempt: u32,
}

const fn platform() -> Cause {
    Cause::Platform
}

impl Change {
    /// A first hint.
    #[must_use]
    pub const fn new(id: ResourceId, cause: Cause, since: Option<OffsetDateTime>) -> Self {
        Self {
            id,
            cause,
            since,
            attempt: 0,
        }
    }

    /// The same hint about another resource: what lag is measured from stays.
    #[must_use]
    pub const fn about(&self, id: ResourceId, cause: Cause) -> Self {
        Self::new(id, cause, self.since)
    }

    /// The hint put back once more.
    #[must_use]
    pub fn again(&self) -> Self {
        Self {
            attempt: self.attempt.saturating_add(1),
            ..self.clone()
        }
    }

    /// Reads a message.
    ///
    /// # Errors
    /// [`BadMessage`] when it cannot be understood; retrying cannot help.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadMessage> {
        let wire = read(bytes, |wire: &Wire<'_>| wire.v)?;
        let kind: Kind = wire.kind.parse()?;
        Ok(Self {
            id: ResourceId::from_parts(kind, wire.parent, wire.name)?,
            cause: wire.cause,
            since: time(wire.since)?,
            attempt: wire.attempt,
        })
    }

    /// The message text, one line of JSON.
    #[must_use]
    pub fn to_text(&self) -> String {
        let wire = Wire {
            v: FORMAT_VERSION,
            kind: self.id.kind().as_str().into(),
            name: self.id.name().as_str().to_owned(),
            parent: self.id.parent().map(ToString::to_string),
            cause: self.cause,
            since: self.since.and_then(|time| time.format(&Rfc3339).ok()),
            attempt: self.attempt,
        };
        serde_json::to_string(&wire).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Name;
    use time::macros::datetime;

    #[test]
    fn a_change_survives_the_queue() {
        let filter = ResourceId::asset_filter(
            Name::new("film").unwrap(),
            Name::new("only \"hd\"").unwrap(),
        );
        let change = Change::new(
            filter,
            Cause::Written,
            Some(datetime!(2026-01-02 03:04:05.678 UTC)),
        )
        .again();
        let text = change.to_text();
        assert_eq!(Change::parse(text.as_bytes()).unwrap(), change);
        assert_eq!(
            text,
            r#"{"v":1,"kind":"assetFilters","name":"only \"hd\"","parent":"film","cause":"written","since":"2026-01-02T03:04:05.678Z","attempt":1}"#
        );
    }

    #[test]
    fn a_platform_may_say_as_little_as_kind_and_name() {
        let change = Change::parse(br#"{"v":1,"kind":"ASSETS","name":"film"}"#).unwrap();
        assert_eq!(
            (change.id.kind(), change.cause, change.since, change.attempt),
            (Kind::Assets, Cause::Platform, None, 0)
        );
    }

    #[test]
    fn what_cannot_be_understood_says_why_without_repeating_it() {
        for (text, says) in [
            ("SECRET", "syntax at line 1"),
            (r#"{"v":1,"kind":"assets""#, "eof"),
            (r#"{"v":1,"kind":"assets","name":7}"#, "data"),
            (r#"{"v":2,"kind":"assets","name":"SECRET"}"#, "version 2"),
            (
                r#"{"v":1,"kind":"jobs","name":"SECRET"}"#,
                "not a mirrored kind",
            ),
            (
                r#"{"v":1,"kind":"assets","name":"SECRET/x"}"#,
                "forbidden character '/'",
            ),
            (r#"{"v":1,"kind":"assetFilters","name":"SECRET"}"#, "empty"),
            (
                r#"{"v":1,"kind":"assets","name":"a","parent":"SECRET"}"#,
                "forbidden",
            ),
            (
                r#"{"v":1,"kind":"assets","name":"a","since":"SECRET"}"#,
                "RFC 3339",
            ),
        ] {
            let error = Change::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
            assert!(!error.contains("SECRET"), "{error}");
        }
        assert!(Change::parse(&vec![b' '; MAX_MESSAGE_BYTES + 1]).is_err());
    }
}
