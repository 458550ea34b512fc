use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::{figures::Figures, words::Lag};

/// How long a step is.
pub const STEP: Duration = Duration::minutes(5);

/// How long steps are kept.
pub const KEPT: Duration = Duration::DAY;

/// Five minutes of a day: the worst of what was measured in them. What was zero all the time is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When it begins: a whole multiple of five minutes.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// How many heartbeats there were; one a minute when all is well, so that fewer than five is a gap.
    pub beats: u32,
    /// The most seconds behind that were measured, per kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lag: BTreeMap<String, u64>,
    /// At how many heartbeats the lag was unknown, per kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unknown: BTreeMap<String, u32>,
    /// The most exceptions.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub exceptions: u64,
    /// The most messages in poison queues.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub poisoned: u64,
    /// The most messages in queues that functions work on.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub messages: u64,
}

// serde hands over a reference.
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Step {
    fn new(at: OffsetDateTime) -> Self {
        Self {
            at,
            beats: 0,
            lag: BTreeMap::new(),
            unknown: BTreeMap::new(),
            exceptions: 0,
            poisoned: 0,
            messages: 0,
        }
    }

    fn add(&mut self, figures: &Figures) {
        self.beats += 1;
        for (kind, lag) in &figures.lag {
            match lag {
                Lag::Seconds(0) => {}
                Lag::Seconds(seconds) => {
                    let most = self.lag.entry(kind.clone()).or_default();
                    *most = (*most).max(*seconds);
                }
                Lag::UnknownSince(_) => *self.unknown.entry(kind.clone()).or_default() += 1,
            }
        }
        self.exceptions = self.exceptions.max(figures.exceptions.count());
        self.poisoned = self.poisoned.max(figures.poisoned.values().sum());
        self.messages = self.messages.max(figures.messages());
    }
}

/// Adds what was measured to its step, and drops steps that are older than a day or lie far ahead of it: a clock was wrong then. (A little
/// ahead is another process's clock.)
pub(super) fn add(steps: &mut Vec<Step>, figures: &Figures) {
    let seconds = figures.at.unix_timestamp();
    let into = seconds.rem_euclid(STEP.whole_seconds());
    let start = OffsetDateTime::from_unix_timestamp(seconds - into).unwrap_or(figures.at);
    steps.retain(|step| step.at > start - KEPT && step.at <= start + STEP);
    let at = steps.partition_point(|step| step.at < start);
    if steps.get(at).is_none_or(|step| step.at != start) {
        steps.insert(at, Step::new(start));
    }
    if let Some(step) = steps.get_mut(at) {
        step.add(figures);
    }
}
