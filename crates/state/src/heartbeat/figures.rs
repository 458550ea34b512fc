use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::words::{Blind, Lag, Primary, QueueFigures};

/// What was measured at one time. Maps by kind have every kind, by its collection name.
///
/// It holds numbers, times, reasons and names of queues and kinds: no name of a resource, and no secret. The JSON is the same in the log, in
/// `heartbeat.json`, in `status --json` and in the function `status`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Whether the primary could be read.
    pub primary: Primary,
    /// Seconds behind, per kind.
    pub lag: BTreeMap<String, Lag>,
    /// The kinds whose lag may be more than it says, because not every exception was read.
    #[serde(default)]
    pub lag_at_least: Vec<String>,
    /// How long a lost event could have gone unnoticed, per kind, in seconds.
    pub blind: BTreeMap<String, Blind>,
    /// Seconds since the oldest of what backfills and deep sweeps have named and nobody has looked at yet, by kind. No lag: most of it is
    /// in sync. Kinds of which nothing waits are left out.
    #[serde(default)]
    pub backlog: BTreeMap<String, u64>,
    /// The queues that functions work on. One that does not exist is left out.
    pub queues: BTreeMap<String, QueueFigures>,
    /// Messages in poison queues, by the queue that they come from; queues without any are left out.
    #[serde(default)]
    pub poisoned: BTreeMap<String, u64>,
    /// Events that Event Grid could not deliver, as blobs in the container for dead letters. `None` when nobody could look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_letters: Option<u64>,
    /// The exceptions by age.
    pub exceptions: Ages,
    /// What failed for good, by reason.
    #[serde(default)]
    pub failures: BTreeMap<String, u64>,
    /// What waits, by reason.
    #[serde(default)]
    pub waiting: BTreeMap<String, u64>,
    /// Exceptions that a setting holds back, by kind: they are no lag.
    #[serde(default)]
    pub held: BTreeMap<String, u64>,
    /// When events of a type last arrived.
    #[serde(default)]
    pub arrivals: BTreeMap<String, Time>,
    /// When the latest complete walk began, as `kind/depth`.
    #[serde(default)]
    pub walks: BTreeMap<String, Time>,
    /// When the API token of a side expires.
    #[serde(default)]
    pub tokens: BTreeMap<String, Time>,
    /// What the operator's last verification said. `None` where nobody has verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<Verified>,
    /// What could not be looked at, and why.
    #[serde(default)]
    pub problems: Vec<String>,
}

/// What a verification of all kinds said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// When it ended.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// How closely it looked.
    pub depth: String,
    /// Resources that differ and should not.
    pub differences: u64,
    /// Resources of which it could not be told.
    pub unknown: u64,
}

impl Figures {
    /// Messages in all queues that functions work on, as far as they could be counted.
    #[must_use]
    pub fn messages(&self) -> u64 {
        let counts = self.queues.values().filter_map(|queue| match queue {
            QueueFigures::Read { messages, .. } => Some(*messages),
            QueueFigures::Unread { .. } => None,
        });
        counts.sum()
    }
}

/// A time in a map, as RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(#[serde(with = "time::serde::rfc3339")] pub OffsetDateTime);

/// Exceptions by age: since when the primary is ahead, in minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ages {
    /// Less than 5 minutes.
    #[serde(rename = "0-5")]
    pub under_5: u64,
    /// From 5 to less than 10.
    #[serde(rename = "5-10")]
    pub under_10: u64,
    /// From 10 to less than 15.
    #[serde(rename = "10-15")]
    pub under_15: u64,
    /// 15 and more.
    #[serde(rename = "over-15")]
    pub over_15: u64,
    /// Counted and not read, so of any age.
    #[serde(default)]
    pub unread: u64,
}

impl Ages {
    /// Adds one of an age.
    pub fn add(&mut self, age: time::Duration) {
        let bucket = match age.whole_minutes() {
            ..5 => &mut self.under_5,
            5..10 => &mut self.under_10,
            10..15 => &mut self.under_15,
            _ => &mut self.over_15,
        };
        *bucket += 1;
    }

    /// All of them.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.under_5 + self.under_10 + self.under_15 + self.over_15 + self.unread
    }
}
