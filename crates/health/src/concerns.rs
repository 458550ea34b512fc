use std::collections::BTreeMap;

use change::{Depth, Kind};
use mirror::Reason;
use state::{Blind, Figures, Heartbeat, Lag, Primary};
use time::{Duration, OffsetDateTime};

/// From this lag on somebody should look: the last bucket of the ages of exceptions.
const LATE: u64 = 15 * 60;

/// How often in a row a walk may be due and not complete.
const MISSED: u32 = 3;

/// A walk that is due takes its time.
const WALKING: std::time::Duration = std::time::Duration::from_secs(15 * 60);

/// A heartbeat comes each minute.
const SILENT: Duration = Duration::minutes(5);

/// How long before it expires a token is a concern.
const EXPIRING: Duration = Duration::days(30);

/// Something that somebody must do something about, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concern {
    /// What is wrong.
    pub what: String,
    /// What to do next.
    pub next_step: String,
}

impl Concern {
    fn new(what: impl Into<String>, next_step: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            next_step: next_step.into(),
        }
    }
}

/// What must be looked at; nothing when all is well. `figures` are what was measured, if anything was. `heartbeat` is what the heartbeat has kept: when it is silent,
/// nobody measures between two looks. `sweep` is how often everything is walked.
#[must_use]
pub fn concerns(
    figures: Option<&Figures>,
    heartbeat: &Heartbeat,
    sweep: &BTreeMap<Depth, std::time::Duration>,
    now: OffsetDateTime,
) -> Vec<Concern> {
    let mut concerns = Vec::new();
    silence(heartbeat, now, &mut concerns);
    let Some(figures) = figures else {
        return concerns;
    };
    if let Primary::Dark { unreadable, detail } = &figures.primary {
        concerns.push(Concern::new(
            format!("the primary cannot be read: {unreadable}, {detail}"),
            next_step(unreadable),
        ));
    }
    lag(figures, &mut concerns);
    for (queue, count) in &figures.poisoned {
        concerns.push(Concern::new(
            format!("{} in {queue}-poison", counted(*count, "message")),
            "Look at `reason` and `detail` in them; when the cause is gone, put them back.",
        ));
    }
    if let Some(count @ 1..) = figures.dead_letters {
        concerns.push(Concern::new(
            format!(
                "{}: what Event Grid could not deliver",
                counted(count, "dead letter")
            ),
            "See that the app runs and its subscriptions point to it; what they announced is found by the next walk. Then delete them.",
        ));
    }
    for (reason, count) in &figures.failures {
        concerns.push(Concern::new(
            format!("{count} failed: {reason}"),
            next_step(reason),
        ));
    }
    for (kind, count) in &figures.held {
        concerns.push(Concern::new(
            format!("{count} of {kind} are held back by a setting"),
            next_step(Reason::DeleteCap.as_str()),
        ));
    }
    blind(figures, sweep, &mut concerns);
    for (side, at) in &figures.tokens {
        if at.0 - now < EXPIRING {
            concerns.push(Concern::new(
                format!(
                    "the token of the {side} expires in {} days",
                    (at.0 - now).whole_days()
                ),
                "Make a new one and put it into the app's settings.",
            ));
        }
    }
    if let Some(verified) = &figures.verified
        && verified.differences > 0
    {
        concerns.push(Concern::new(
            format!(
                "the last verification found {} differences",
                verified.differences
            ),
            "media-mirror verify names each, and the command that repairs it.",
        ));
    }
    for problem in &figures.problems {
        concerns.push(Concern::new(
            format!("could not be looked at: {problem}"),
            "See that the app's storage can be reached and the identity has its roles.",
        ));
    }
    concerns
}

fn lag(figures: &Figures, concerns: &mut Vec<Concern>) {
    for (kind, lag) in &figures.lag {
        match lag {
            Lag::Seconds(seconds) if *seconds >= LATE => concerns.push(Concern::new(
                format!("{kind} are {} behind", span(*seconds)),
                "See what waits and what failed, below and in the log.",
            )),
            // The primary's silence was said already.
            Lag::UnknownSince(_) if figures.primary.is_readable() => concerns.push(Concern::new(
                format!("how far {kind} are behind is {lag}"),
                "See what could not be looked at.",
            )),
            Lag::Seconds(_) | Lag::UnknownSince(_) => {}
        }
    }
}

/// A kind that the settings do not have walked is no concern: somebody decided that.
fn blind(
    figures: &Figures,
    sweep: &BTreeMap<Depth, std::time::Duration>,
    concerns: &mut Vec<Concern>,
) {
    let unwalked = Kind::ALL.into_iter().filter_map(|kind| {
        let every = match kind.parent() {
            Some(_) => sweep.get(&Depth::Children)?,
            None => sweep.get(&Depth::List)?,
        };
        match figures.blind.get(kind.as_str())? {
            Blind::Seconds(seconds) if *seconds > (*every * MISSED + WALKING).as_secs() => {
                Some(format!("{kind} for {}", span(*seconds)))
            }
            Blind::Never => Some(format!("{kind} never")),
            Blind::Seconds(_) | Blind::Unknown => None,
        }
    });
    let kinds: Vec<String> = unwalked.collect();
    if !kinds.is_empty() {
        let kinds = kinds.join(", ");
        concerns.push(Concern::new(
            format!("not walked: {kinds}; a lost event would not be noticed"),
            "See in the log why the walks do not come to their end.",
        ));
    }
}

fn silence(heartbeat: &Heartbeat, now: OffsetDateTime, concerns: &mut Vec<Concern>) {
    let last = heartbeat.latest.as_ref().map(|figures| figures.at);
    let what = match last {
        Some(at) if now - at > SILENT => {
            let seconds = u64::try_from((now - at).whole_seconds()).unwrap_or_default();
            format!("the last heartbeat was {} ago", span(seconds))
        }
        Some(_) => return,
        None => "there was no heartbeat yet".to_owned(),
    };
    concerns.push(Concern::new(
        what,
        "See that the app runs and its timer functions are not disabled.",
    ));
}

fn next_step(reason: &str) -> String {
    let known = Reason::ALL.iter().find(|known| known.as_str() == reason);
    known.map_or_else(
        || "See docs/reasons.md.".to_owned(),
        |reason| reason.next_step().to_owned(),
    )
}

fn counted(count: u64, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}s"),
    }
}

/// A time span for people, in its largest fitting unit: `90 s`, `15 min`, `3 h`, `4 days`.
#[must_use]
pub fn span(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests;
