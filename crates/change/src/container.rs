use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    BadMessage, Cause, Change, FORMAT_VERSION, Kind, MAX_MESSAGE_BYTES, Name, ResourceId, message,
};

/// Whether a text is the name of a storage account of Azure: 3 to 24 lower-case letters and digits.
#[must_use]
pub fn is_storage_account(text: &str) -> bool {
    (3..=24).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// Whether a text is the name of a container: 3 to 63 lower-case letters, digits and single hyphens. The storage service's own
/// containers (`$logs`, `$web`, `$root` ...) are none of these.
#[must_use]
pub fn is_container(text: &str) -> bool {
    (3..=63).contains(&text.len())
        && !text.contains("--")
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// A hint that blobs of a container of the primary changed, from somebody who does not know which asset the container belongs to.
///
/// It goes into the queue of assets, whose function finds the asset and enqueues a [`Change`] of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerChange {
    /// The storage account, by its own name.
    account: String,
    /// The container.
    container: String,
    /// When the blobs changed, as in [`Change::since`].
    pub since: Option<OffsetDateTime>,
    /// How often the work was put back before.
    pub attempt: u32,
}

#[derive(Serialize, Deserialize)]
struct Wire<'a> {
    v: u32,
    container: String,
    account: String,
    // For people and the log; who enqueues this form can mean nothing else.
    #[serde(borrow, default, skip_deserializing)]
    cause: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    #[serde(default)]
    attempt: u32,
}

impl ContainerChange {
    /// A first hint.
    ///
    /// # Errors
    /// [`BadMessage::Container`] when these cannot be the names of a storage account and of a container in it.
    pub fn new(
        account: impl Into<String>,
        container: impl Into<String>,
        since: Option<OffsetDateTime>,
    ) -> Result<Self, BadMessage> {
        let (account, container) = (account.into(), container.into());
        if is_storage_account(&account) && is_container(&container) {
            Ok(Self {
                account,
                container,
                since,
                attempt: 0,
            })
        } else {
            Err(BadMessage::Container)
        }
    }

    /// The storage account, by its own name.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The container.
    #[must_use]
    pub fn container(&self) -> &str {
        &self.container
    }

    /// The hint put back once more.
    #[must_use]
    pub fn again(&self) -> Self {
        Self {
            attempt: self.attempt.saturating_add(1),
            ..self.clone()
        }
    }

    /// The change of an asset whose container it is: what lag is measured from stays.
    #[must_use]
    pub fn about(&self, asset: Name) -> Change {
        Change::new(
            ResourceId::new(Kind::Assets, asset),
            Cause::Blobs,
            self.since,
        )
    }

    /// The message text, one line of JSON.
    #[must_use]
    pub fn to_text(&self) -> String {
        let wire = Wire {
            v: FORMAT_VERSION,
            container: self.container.clone(),
            account: self.account.clone(),
            cause: Cause::Blobs.as_str().into(),
            since: self.since.and_then(|time| time.format(&Rfc3339).ok()),
            attempt: self.attempt,
        };
        serde_json::to_string(&wire).unwrap_or_default()
    }

    fn parse(bytes: &[u8]) -> Result<Self, BadMessage> {
        let wire = message::read(bytes, |wire: &Wire<'_>| wire.v)?;
        let since = message::time(wire.since)?;
        Ok(Self {
            attempt: wire.attempt,
            ..Self::new(wire.account, wire.container, since)?
        })
    }
}

/// What may stand in the queues of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A resource may differ.
    Change(Change),
    /// Blobs of a container changed.
    Container(ContainerChange),
}

impl Message {
    /// Reads a message: one with `container` and without `kind` is about a container, any other about a resource.
    ///
    /// # Errors
    /// [`BadMessage`] when it cannot be understood; retrying cannot help.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadMessage> {
        #[derive(Deserialize)]
        struct Form {
            kind: Option<serde::de::IgnoredAny>,
            container: Option<serde::de::IgnoredAny>,
        }
        if bytes.len() <= MAX_MESSAGE_BYTES
            && let Ok(Form {
                kind: None,
                container: Some(_),
            }) = serde_json::from_slice(bytes)
        {
            return ContainerChange::parse(bytes).map(Self::Container);
        }
        Change::parse(bytes).map(Self::Change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_hint_about_a_container_survives_the_queue() {
        let at = datetime!(2026-01-02 03:04:05.678 UTC);
        let hint = ContainerChange::new("weststore", "asset-1", Some(at)).unwrap();
        let text = hint.again().to_text();
        assert_eq!(
            text,
            r#"{"v":1,"container":"asset-1","account":"weststore","cause":"blobs","since":"2026-01-02T03:04:05.678Z","attempt":1}"#
        );
        let parsed = Message::parse(text.as_bytes()).unwrap();
        assert_eq!(parsed, Message::Container(hint.again()));
        let change = hint.about(Name::new("film").unwrap());
        assert_eq!(
            (change.cause, change.since, change.attempt),
            (Cause::Blobs, Some(at), 0)
        );
    }

    #[test]
    fn a_platform_may_say_as_little_as_account_and_container() {
        let text = br#"{"v":1,"account":"weststore","container":"films","reason":"bug"}"#;
        let hint = ContainerChange::new("weststore", "films", None).unwrap();
        assert_eq!(Message::parse(text).unwrap(), Message::Container(hint));
    }

    #[test]
    fn a_change_remains_a_change_whatever_else_stands_in_it() {
        let text = br#"{"v":1,"kind":"assets","name":"film","container":"films"}"#;
        let change = Change::parse(text).unwrap();
        assert_eq!(Message::parse(text).unwrap(), Message::Change(change));
    }

    #[test]
    fn what_cannot_be_understood_says_why_without_repeating_it() {
        let long = "s".repeat(64);
        for (account, container) in [
            ("SECRET", "films"),
            ("ab", "films"),
            ("weststore", "SECRET"),
            ("weststore", "$web"),
            ("weststore", "a--b"),
            ("weststore", "-ab"),
            ("weststore", "a/b"),
            ("weststore", ""),
            ("weststore", &long),
        ] {
            let text = format!(r#"{{"v":1,"account":"{account}","container":"{container}"}}"#);
            let error = Message::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("storage account"), "{text}: {error}");
            assert!(!error.contains("SECRET"), "{error}");
        }
        for (text, says) in [
            (r#"{"v":2,"account":"abc","container":"abc"}"#, "version 2"),
            (r#"{"v":1,"container":"abc"}"#, "data"),
            (r#"{"v":1,"account":"abc","container":7}"#, "data"),
            (
                r#"{"v":1,"account":"abc","container":"abc","since":"SECRET"}"#,
                "RFC 3339",
            ),
            ("SECRET", "syntax"),
        ] {
            let error = Message::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
            assert!(!error.contains("SECRET"), "{error}");
        }
        assert!(Message::parse(&vec![b' '; MAX_MESSAGE_BYTES + 1]).is_err());
    }
}
