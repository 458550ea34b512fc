use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    BadMessage, Cause, Change, Depth, FORMAT_VERSION, Kind, MAX_MESSAGE_BYTES, Name, ResourceId,
    message,
};

/// The most names in a batch.
pub const MAX_NAMES: usize = 50;

/// The most bytes of names in a batch; with what stands round them a message stays below [`MAX_MESSAGE_BYTES`].
const MAX_NAME_BYTES: usize = MAX_MESSAGE_BYTES / 2;

/// Hints about resources of one kind, for the queue `backfill`: looked at in order, at its own pace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The kind of all of them.
    pub kind: Kind,
    /// Their names. Asset filters are named by their assets.
    pub names: Vec<Name>,
    /// How closely each is to be looked at; at `list` the walk saw a difference already.
    pub depth: Depth,
    /// Why.
    pub cause: Cause,
    /// The run that they belong to, for its progress and for pausing it.
    pub run: Option<String>,
    /// As in [`Change::since`].
    pub since: Option<OffsetDateTime>,
    /// How often the batch was put back before.
    pub attempt: u32,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    v: u32,
    kind: String,
    names: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    depth: Option<String>,
    #[serde(default = "backfill")]
    cause: Cause,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    #[serde(default)]
    attempt: u32,
}

const fn backfill() -> Cause {
    Cause::Backfill
}

impl Batch {
    /// The same about other names.
    #[must_use]
    pub fn of(&self, names: Vec<Name>) -> Self {
        Self {
            names,
            kind: self.kind,
            depth: self.depth,
            cause: self.cause,
            run: self.run.clone(),
            since: self.since,
            attempt: self.attempt,
        }
    }

    /// The batch in parts that fit a message each.
    #[must_use]
    pub fn split(self) -> Vec<Self> {
        let mut parts: Vec<Vec<Name>> = Vec::new();
        let mut bytes = 0;
        let rest = self.of(Vec::new());
        for name in self.names {
            // Every character could need an escape.
            let length = name.as_str().len() * 2 + 3;
            match parts.last_mut() {
                Some(part) if part.len() < MAX_NAMES && bytes + length <= MAX_NAME_BYTES => {
                    part.push(name);
                    bytes += length;
                }
                _ => {
                    parts.push(vec![name]);
                    bytes = length;
                }
            }
        }
        parts.into_iter().map(|names| rest.of(names)).collect()
    }

    /// The change of one of its resources.
    #[must_use]
    pub fn change(&self, name: &Name) -> Change {
        Change {
            attempt: self.attempt,
            ..Change::new(
                ResourceId::new(self.kind, name.clone()),
                self.cause,
                self.since,
            )
        }
    }

    /// The message text, one line of JSON.
    #[must_use]
    pub fn to_text(&self) -> String {
        let wire = Wire {
            v: FORMAT_VERSION,
            kind: self.kind.as_str().to_owned(),
            names: self.names.iter().map(ToString::to_string).collect(),
            depth: Some(self.depth.as_str().to_owned()),
            cause: self.cause,
            run: self.run.clone(),
            since: self.since.and_then(|time| time.format(&Rfc3339).ok()),
            attempt: self.attempt,
        };
        serde_json::to_string(&wire).unwrap_or_default()
    }

    /// Reads a message.
    ///
    /// # Errors
    /// [`BadMessage`] when it cannot be understood; retrying cannot help.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadMessage> {
        let wire = message::read(bytes, |wire: &Wire| wire.v)?;
        let kind: Kind = wire.kind.parse()?;
        if kind.parent().is_some() {
            return Err(BadMessage::Name(crate::BadName::Empty));
        }
        let names = wire.names.into_iter().map(Name::new);
        Ok(Self {
            kind,
            names: names.collect::<Result<_, _>>()?,
            depth: wire
                .depth
                .map_or(Ok(Depth::List), |text| text.parse())
                .map_err(|_| BadMessage::Depth)?,
            cause: wire.cause,
            run: wire.run,
            since: message::time(wire.since)?,
            attempt: wire.attempt,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    fn batch(names: impl IntoIterator<Item = String>) -> Batch {
        Batch {
            kind: Kind::Assets,
            names: names
                .into_iter()
                .map(|name| Name::new(name).unwrap())
                .collect(),
            depth: Depth::Bytes,
            cause: Cause::Walk,
            run: Some("sweep-bytes".to_owned()),
            since: Some(datetime!(2026-01-02 03:04:05 UTC)),
            attempt: 2,
        }
    }

    #[test]
    fn a_batch_of_a_large_library_is_split_in_order() {
        let parts = batch((0..200_000).map(|n| format!("asset-{n}"))).split();
        assert_eq!(parts.len(), 4_000);
        assert_eq!(parts[3_999].names[49].as_str(), "asset-199999");
        assert!(parts.iter().all(|part| part.attempt == 2));
    }

    #[test]
    fn a_batch_survives_the_queue_and_is_made_of_changes() {
        let batch = batch(["a".to_owned(), "b \"c\"".to_owned()]);
        let text = batch.to_text();
        assert_eq!(Batch::parse(text.as_bytes()).unwrap(), batch);
        assert_eq!(
            text,
            r#"{"v":1,"kind":"assets","names":["a","b \"c\""],"depth":"bytes","cause":"walk","run":"sweep-bytes","since":"2026-01-02T03:04:05Z","attempt":2}"#
        );
        let change = batch.change(&batch.names[1]);
        assert_eq!(change.id.to_string(), "assets/b \"c\"");
        assert_eq!((change.cause, change.attempt), (Cause::Walk, 2));
    }

    #[test]
    fn a_platform_may_say_as_little_as_kind_and_names() {
        let batch = Batch::parse(br#"{"v":1,"kind":"assets","names":["film"]}"#).unwrap();
        assert_eq!((batch.depth, batch.cause), (Depth::List, Cause::Backfill));
        for bad in [
            r#"{"v":1,"kind":"assetFilters","names":["x"]}"#,
            r#"{"v":1,"kind":"assets","names":["x/y"]}"#,
            r#"{"v":1,"kind":"assets","names":["x"],"depth":"deep"}"#,
            r#"{"v":1,"kind":"assets"}"#,
            r#"{"v":9,"kind":"assets","names":[]}"#,
        ] {
            assert!(Batch::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_part_fits_a_message_and_no_name_is_lost() {
        for long in [10, 260] {
            let names = (0..230).map(|n| format!("{n:-<long$}"));
            let whole = batch(names);
            let parts = whole.clone().split();
            let sizes: Vec<usize> = parts.iter().map(|part| part.names.len()).collect();
            assert!(sizes.iter().all(|size| *size <= MAX_NAMES), "{sizes:?}");
            assert!(
                parts
                    .iter()
                    .all(|part| part.to_text().len() < MAX_MESSAGE_BYTES)
            );
            let names: Vec<Name> = parts.into_iter().flat_map(|part| part.names).collect();
            assert_eq!(names, whole.names);
        }
    }
}
