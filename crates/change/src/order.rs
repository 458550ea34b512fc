use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{BadMessage, Cause, Depth, FORMAT_VERSION, Kind, message};

/// One kind to be walked in one run, for the queue `walk`. It says everything that the walk needs to know: the run's document may be lost.
#[derive(Clone, Debug, PartialEq)]
pub struct WalkOrder {
    /// The kind to walk.
    pub kind: Kind,
    /// How closely.
    pub depth: Depth,
    /// Why: a sweep's [`Cause::Walk`], or [`Cause::Backfill`].
    pub cause: Cause,
    /// The run that it belongs to.
    pub run: String,
    /// When it was asked for. A walk of the kind and depth that began later does as well.
    pub since: OffsetDateTime,
    /// Only resources whose names match this pattern (`*` and `?`).
    pub name: Option<String>,
    /// Only resources that the primary made since.
    pub created_after: Option<OffsetDateTime>,
    /// At most so many resources a second.
    pub rate: Option<f64>,
    /// How often it was put back before.
    pub attempt: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    v: u32,
    kind: String,
    depth: String,
    cause: Cause,
    run: String,
    since: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_after: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate: Option<f64>,
    #[serde(default)]
    attempt: u32,
}

impl WalkOrder {
    /// A walk of a whole kind.
    #[must_use]
    pub fn new(kind: Kind, depth: Depth, cause: Cause, run: &str, since: OffsetDateTime) -> Self {
        Self {
            kind,
            depth,
            cause,
            run: run.to_owned(),
            since,
            name: None,
            created_after: None,
            rate: None,
            attempt: 0,
        }
    }

    /// Whether it leaves nothing of the kind out.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.name.is_none() && self.created_after.is_none()
    }

    /// The order put back once more.
    #[must_use]
    pub fn again(&self) -> Self {
        Self {
            attempt: self.attempt.saturating_add(1),
            ..self.clone()
        }
    }

    /// The message text, one line of JSON.
    #[must_use]
    pub fn to_text(&self) -> String {
        let format = |time: OffsetDateTime| time.format(&Rfc3339).ok();
        let wire = Wire {
            v: FORMAT_VERSION,
            kind: self.kind.as_str().to_owned(),
            depth: self.depth.as_str().to_owned(),
            cause: self.cause,
            run: self.run.clone(),
            since: format(self.since).unwrap_or_default(),
            name: self.name.clone(),
            created_after: self.created_after.and_then(format),
            rate: self.rate,
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
        Ok(Self {
            kind: wire.kind.parse()?,
            depth: wire.depth.parse().map_err(|_| BadMessage::Depth)?,
            cause: wire.cause,
            run: wire.run,
            since: message::time(Some(wire.since))?.ok_or(BadMessage::Since)?,
            name: wire.name,
            created_after: message::time(wire.created_after)?,
            rate: wire.rate.filter(|rate| *rate > 0.0),
            attempt: wire.attempt,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn an_order_survives_the_queue() {
        let since = datetime!(2026-01-02 03:04:05 UTC);
        let whole = WalkOrder::new(Kind::Assets, Depth::List, Cause::Walk, "sweep-list", since);
        assert_eq!(WalkOrder::parse(whole.to_text().as_bytes()).unwrap(), whole);
        assert!(whole.is_whole());
        let part = WalkOrder {
            name: Some("film-*".to_owned()),
            created_after: Some(since),
            rate: Some(2.5),
            ..whole.again()
        };
        assert_eq!(WalkOrder::parse(part.to_text().as_bytes()).unwrap(), part);
        assert!(!part.is_whole());
        assert!(WalkOrder::parse(br#"{"v":1,"kind":"assets"}"#).is_err());
    }
}
