//! Figures that are a number or a word.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// How far the secondary is behind: now minus the oldest time since which the primary is known to be ahead.
///
/// In JSON a number of seconds, or `unknown since T`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lag {
    /// Seconds; 0 when nothing is known to be behind.
    Seconds(u64),
    /// It was last known at this time, or has never been since then.
    UnknownSince(OffsetDateTime),
}

const UNKNOWN_SINCE: &str = "unknown since ";

impl Lag {
    /// The seconds, where they are known.
    #[must_use]
    pub const fn seconds(self) -> Option<u64> {
        match self {
            Self::Seconds(seconds) => Some(seconds),
            Self::UnknownSince(_) => None,
        }
    }
}

impl fmt::Display for Lag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seconds(seconds) => write!(f, "{seconds} s"),
            Self::UnknownSince(since) => {
                let since = since.format(&Rfc3339).unwrap_or_default();
                write!(f, "{UNKNOWN_SINCE}{since}")
            }
        }
    }
}

/// How long ago the last complete walk began.
///
/// In JSON a number of seconds, `never`, or `unknown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blind {
    /// Seconds.
    Seconds(u64),
    /// There was none.
    Never,
    /// Whether there was one cannot be read.
    Unknown,
}

impl fmt::Display for Blind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seconds(seconds) => write!(f, "{seconds} s"),
            Self::Never => f.write_str("never"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// What a queue holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum QueueFigures {
    /// It was looked at.
    Read {
        /// About how many messages are in it, those included that are being worked on or wait for their time.
        messages: u64,
        /// How many seconds ago the oldest visible one was put in; absent when none is visible. A message that is put back is a new one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        oldest_seconds: Option<u64>,
    },
    /// It could not be looked at.
    Unread {
        /// Why.
        unknown: String,
    },
}

/// Whether the primary could be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Primary {
    /// It could not.
    Dark {
        /// Why: a reason's code.
        unreadable: String,
        /// The service's own code and reference.
        detail: String,
    },
    /// It could.
    Readable {
        /// Always true.
        readable: bool,
    },
}

impl Primary {
    /// It answered.
    pub const READABLE: Self = Self::Readable { readable: true };

    /// Whether it answered.
    #[must_use]
    pub const fn is_readable(&self) -> bool {
        matches!(self, Self::Readable { .. })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Wire {
    Number(u64),
    Word(String),
}

impl Serialize for Lag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Seconds(seconds) => serializer.serialize_u64(*seconds),
            Self::UnknownSince(_) => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Lag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Wire::deserialize(deserializer)? {
            Wire::Number(seconds) => Ok(Self::Seconds(seconds)),
            Wire::Word(word) => word
                .strip_prefix(UNKNOWN_SINCE)
                .and_then(|time| OffsetDateTime::parse(time, &Rfc3339).ok())
                .map(Self::UnknownSince)
                .ok_or_else(|| D::Error::custom("expected seconds or `unknown since` a time")),
        }
    }
}

impl Serialize for Blind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Seconds(seconds) => serializer.serialize_u64(*seconds),
            Self::Never | Self::Unknown => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Blind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Wire::deserialize(deserializer)? {
            Wire::Number(seconds) => Ok(Self::Seconds(seconds)),
            Wire::Word(word) if word == "never" => Ok(Self::Never),
            Wire::Word(_) => Ok(Self::Unknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use time::macros::datetime;

    #[test]
    fn what_is_unknown_is_a_word_and_comes_back() {
        let since = datetime!(2026-01-02 03:04:05 UTC);
        for (lag, text) in [
            (Lag::Seconds(7), json!(7)),
            (
                Lag::UnknownSince(since),
                json!("unknown since 2026-01-02T03:04:05Z"),
            ),
        ] {
            assert_eq!(serde_json::to_value(lag).unwrap(), text);
            assert_eq!(serde_json::from_value::<Lag>(text).unwrap(), lag);
        }
        for (blind, text) in [
            (Blind::Seconds(7), json!(7)),
            (Blind::Never, json!("never")),
            (Blind::Unknown, json!("unknown")),
        ] {
            assert_eq!(serde_json::to_value(blind).unwrap(), text);
            assert_eq!(serde_json::from_value::<Blind>(text).unwrap(), blind);
        }
        assert!(serde_json::from_value::<Lag>(json!("soon")).is_err());
    }

    #[test]
    fn a_primary_that_is_dark_is_never_taken_for_one_that_answers() {
        let dark = Primary::Dark {
            unreadable: "source-unavailable".to_owned(),
            detail: String::new(),
        };
        for primary in [dark, Primary::READABLE] {
            let value: Value = serde_json::to_value(&primary).unwrap();
            let back: Primary = serde_json::from_value(value).unwrap();
            assert_eq!(back.is_readable(), primary.is_readable());
            assert_eq!(back, primary);
        }
    }
}
