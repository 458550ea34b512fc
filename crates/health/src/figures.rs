//! From what was seen to numbers: no calls, no clock.

use std::collections::BTreeMap;

use change::{Kind, ResourceId};
use mirror::Reason;
use state::{Ages, Blind, Exception, Figures, Lag, QueueFigures, Time};
use time::OffsetDateTime;

use crate::{
    entries::map,
    heads::{Head, Hint},
    queues::carries,
    seen::Seen,
};

/// Reasons with which a setting holds a change back on purpose. A replica that stays different because of one of these is no lag. (A
/// `replica-conflict` is: nobody decided that the replica stays as it is, only that it is not replaced unasked.)
const HELD: &[Reason] = &[
    Reason::DeletesOff,
    Reason::DeleteCap,
    Reason::OutOfScope,
    Reason::Predefined,
    Reason::NotMirroredKind,
    Reason::NotPrimary,
];

impl Seen {
    /// The numbers.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let read = || self.exceptions.values().flatten();
        let mut figures = Figures {
            at: self.at,
            primary: self.primary.clone(),
            lag: by_kind(|kind| Some(self.lag(kind))),
            lag_at_least: self.partly_read(),
            blind: by_kind(|kind| Some(self.blind(kind))),
            backlog: by_kind(|kind| self.backlog(kind)),
            queues: self.queues(),
            poisoned: BTreeMap::new(),
            dead_letters: self
                .dead_letters
                .as_ref()
                .and_then(|seen| seen.clone().ok()),
            exceptions: Ages::default(),
            failures: BTreeMap::new(),
            waiting: BTreeMap::new(),
            held: BTreeMap::new(),
            arrivals: self.arrivals.clone().unwrap_or_default(),
            walks: self.walks(),
            tokens: self.tokens.clone(),
            verified: self.verified.clone(),
            problems: self.problems(),
        };
        for (queue, seen) in &self.poisoned {
            if let Ok(count @ 1..) = seen {
                figures.poisoned.insert((*queue).to_owned(), *count);
            }
        }
        for listed in read() {
            figures.exceptions.unread += number(listed.count - listed.read.len());
            for exception in &listed.read {
                figures.exceptions.add(self.at - exception.since);
                let by_reason = match exception.outcome.as_str() {
                    "waiting" => &mut figures.waiting,
                    _ => &mut figures.failures,
                };
                *by_reason.entry(exception.reason.clone()).or_default() += 1;
                if is_held(exception) {
                    *figures.held.entry(exception.kind.clone()).or_default() += 1;
                }
            }
        }
        figures
    }

    /// Unknown as soon as one of the places where a change of the kind may wait could not be looked at, or the primary does not answer:
    /// then nobody knows what changed there.
    fn lag(&self, kind: Kind) -> Lag {
        let queues = || {
            let carrying = self.queues.iter().filter(|(name, _)| carries(name, kind));
            carrying.map(|(name, seen)| (*name, seen))
        };
        let Some(Ok(listed)) = self.exceptions.get(&kind) else {
            return self.unknown(kind);
        };
        if !self.primary.is_readable() || queues().any(|(_, seen)| seen.is_err()) {
            return self.unknown(kind);
        }
        // A deletion that the cap holds back comes by in its queue again and again.
        let held: Vec<&Exception> = listed.read.iter().filter(|one| is_held(one)).collect();
        let waits = |hint: &&Hint| !held.iter().any(|one| is_about(one, hint.id.as_ref()));
        // A message may be about another kind than its queue is for: it is passed on.
        let heads = self.queues.values().flatten().flat_map(|seen| &seen.heads);
        let hints = heads.filter_map(|head| head.hint.as_ref());
        let hints = hints.filter(|hint| hint.kind == kind && hint.is_lag);
        let queued = hints.filter(waits).map(|hint| hint.since);
        let exceptions = listed.read.iter().filter(|one| !is_held(one));
        let oldest = queued.chain(exceptions.map(|one| one.since)).min();
        Lag::Seconds(oldest.map_or(0, |since| seconds(self.at, since)))
    }

    /// Since when it was last known, or since now.
    fn unknown(&self, kind: Kind) -> Lag {
        let before = self.before.as_ref();
        let since = before.map(|before| match before.lag.get(kind.as_str()) {
            Some(Lag::UnknownSince(since)) => *since,
            _ => before.at,
        });
        Lag::UnknownSince(since.unwrap_or(self.at))
    }

    fn partly_read(&self) -> Vec<String> {
        let partly = self.exceptions.iter().filter(|(_, seen)| {
            seen.as_ref()
                .is_ok_and(|listed| !listed.is_all || listed.read.len() < listed.count)
        });
        partly.map(|(kind, _)| kind.to_string()).collect()
    }

    fn blind(&self, kind: Kind) -> Blind {
        match &self.marks {
            Ok(marks) => Self::walked(marks, kind).map_or(Blind::Never, |started| {
                Blind::Seconds(seconds(self.at, started))
            }),
            Err(_) => Blind::Unknown,
        }
    }

    fn backlog(&self, kind: Kind) -> Option<u64> {
        let heads = self.queues.values().flatten().flat_map(|seen| &seen.heads);
        let hints = heads.filter_map(|head| head.hint.as_ref());
        let named = hints.filter(|hint| hint.kind == kind && !hint.is_lag);
        let oldest = named.map(|hint| hint.since).min()?;
        Some(seconds(self.at, oldest))
    }

    fn queues(&self) -> BTreeMap<String, QueueFigures> {
        let figures = |seen: &Result<_, String>| match seen {
            Ok(crate::QueueSeen { messages, heads }) => QueueFigures::Read {
                messages: *messages,
                oldest_seconds: oldest(heads).map(|oldest| seconds(self.at, oldest)),
            },
            Err(why) => QueueFigures::Unread {
                unknown: why.clone(),
            },
        };
        let queues = self.queues.iter();
        map(queues.map(|(name, seen)| ((*name).to_owned(), figures(seen))))
    }

    fn walks(&self) -> BTreeMap<String, Time> {
        let mut walks = BTreeMap::new();
        if let Ok(marks) = &self.marks {
            for kind in Kind::ALL {
                for depth in change::Depth::ALL {
                    if let Some(walked) = marks.walked(kind, depth) {
                        walks.insert(format!("{kind}/{depth}"), Time(walked.started));
                    }
                }
            }
        }
        walks
    }

    fn problems(&self) -> Vec<String> {
        let queues = self.queues.values().filter_map(|seen| seen.as_ref().err());
        let poison = self
            .poisoned
            .values()
            .filter_map(|seen| seen.as_ref().err());
        let exceptions = self
            .exceptions
            .values()
            .filter_map(|seen| seen.as_ref().err());
        let marks = self.marks.as_ref().err();
        let arrivals = self.arrivals.as_ref().err();
        let letters = self
            .dead_letters
            .as_ref()
            .and_then(|seen| seen.as_ref().err());
        let mut problems: Vec<String> = queues
            .chain(poison)
            .chain(exceptions)
            .chain(marks)
            .chain(arrivals)
            .chain(letters)
            .chain(&self.problems)
            .cloned()
            .collect();
        for (kind, seen) in &self.exceptions {
            if let Ok(listed) = seen
                && listed.unreadable > 0
            {
                let count = listed.unreadable;
                problems.push(format!(
                    "{count} exceptions of {kind} are no exceptions; delete them"
                ));
            }
        }
        problems.dedup();
        problems
    }
}

/// Every kind in a map, but for those without a figure.
fn by_kind<T>(figure: impl Fn(Kind) -> Option<T>) -> BTreeMap<String, T> {
    let kinds = Kind::ALL.into_iter();
    map(kinds.filter_map(|kind| Some((kind.to_string(), figure(kind)?))))
}

fn is_held(exception: &Exception) -> bool {
    HELD.iter()
        .any(|reason| reason.as_str() == exception.reason)
}

fn is_about(exception: &Exception, id: Option<&ResourceId>) -> bool {
    id.is_some_and(|id| {
        exception.name == id.name().as_str()
            && exception.parent.as_deref() == id.parent().map(change::Name::as_str)
    })
}

fn oldest(heads: &[Head]) -> Option<OffsetDateTime> {
    heads.iter().map(|head| head.inserted).min()
}

/// How long ago, in whole seconds; what lies ahead, by another clock, is now.
fn seconds(now: OffsetDateTime, then: OffsetDateTime) -> u64 {
    u64::try_from((now - then).whole_seconds()).unwrap_or_default()
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
