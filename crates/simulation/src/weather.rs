//! What goes wrong, and how often.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::chance::Chance;

/// Something that can be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Primary,
    Secondary,
    SourceStorage,
    ReplicaStorage,
    Queues,
    Documents,
}

impl Part {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::SourceStorage => "source-storage",
            Self::ReplicaStorage => "replica-storage",
            Self::Queues => "queues",
            Self::Documents => "documents",
        }
    }
}

/// How a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// 429, or 503 of the storage service, with the seconds of `Retry-After`.
    Throttled(Option<u64>),
    /// A server error.
    Failed(u16),
    /// 403 for a moment.
    Denied,
    /// The connection broke.
    Broken,
    /// No answer came in time.
    TimedOut,
    /// The account itself cannot be found.
    Lost,
}

/// What becomes of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is answered.
    Answered,
    /// It is answered as if it had been done, and was not. Of writes to the secondary only.
    Ignored,
    /// It fails; `done` says whether the work was done all the same.
    Fails { trouble: Trouble, done: bool },
    /// The caller is killed, before or after the work is done.
    Killed { done: bool },
    /// The caller panics: a fault of its own.
    Panics,
}

/// Probabilities, each of one call.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rates {
    pub(crate) throttled: f64,
    pub(crate) failed: f64,
    pub(crate) denied: f64,
    pub(crate) broken: f64,
    pub(crate) hung: f64,
    pub(crate) ignored: f64,
    pub(crate) killed: f64,
    pub(crate) panics: f64,
}

pub(crate) struct Weather {
    chance: Chance,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    rates: Rates,
    dark: BTreeMap<Part, Instant>,
    passing_only: bool,
    seen: BTreeMap<&'static str, u64>,
}

impl Weather {
    /// Fine weather.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            chance: Chance::new(seed, "weather"),
            state: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Weather that follows from the seed: from none at all to all kinds at once.
    pub(crate) fn turn(&self) {
        let strength = *self.chance.pick(&[0.0, 0.3, 1.0, 1.0, 3.0]);
        let of = |usual: f64| {
            if self.chance.happens(0.3) {
                0.0
            } else {
                usual * strength
            }
        };
        let rates = Rates {
            throttled: of(0.02),
            failed: of(0.02),
            denied: of(0.01),
            broken: of(0.02),
            hung: of(0.006),
            ignored: of(0.01),
            killed: of(0.008),
            panics: of(0.002),
        };
        let mut state = self.lock();
        state.rates = rates;
        if state.passing_only {
            state.rates.denied = 0.0;
            state.rates.ignored = 0.0;
            // So often at once that the message is given up.
            state.rates.panics = 0.0;
        }
    }

    /// Nothing fails in a way that does not pass by itself.
    pub(crate) fn passing_only(&self) {
        self.lock().passing_only = true;
    }

    /// From now on everything works.
    pub(crate) fn clear(&self) {
        let mut state = self.lock();
        state.rates = Rates::default();
        state.dark.clear();
    }

    /// One part of the world does not answer for a while.
    pub(crate) fn darken(&self, part: Part, time: Duration) {
        self.lock().dark.insert(part, Instant::now() + time);
    }

    /// Until when a part does not answer, if it does not.
    pub(crate) fn dark_until(&self, part: Part) -> Option<Instant> {
        let until = self.lock().dark.get(&part).copied();
        until.filter(|until| Instant::now() < *until)
    }

    /// How often each fault happened.
    pub(crate) fn seen(&self) -> BTreeMap<&'static str, u64> {
        self.lock().seen.clone()
    }

    /// What becomes of the next call to `part`.
    pub(crate) fn fate(&self, part: Part, writes: bool) -> Fate {
        let mut state = self.lock();
        let until = state.dark.get(&part).copied();
        if until.is_some_and(|until| Instant::now() < until) {
            *state.seen.entry("dark").or_default() += 1;
            let trouble = if self.chance.happens(0.5) {
                Trouble::Lost
            } else {
                Trouble::Broken
            };
            return Fate::Fails {
                trouble,
                done: false,
            };
        }
        let rates = state.rates;
        let mut draw = self.chance.share();
        let mut drawn = |rate: f64| {
            let hit = draw < rate;
            draw -= rate;
            hit && rate > 0.0
        };
        let (word, fate) = if drawn(rates.throttled) {
            let seconds = self
                .chance
                .happens(0.7)
                .then(|| *self.chance.pick(&[1, 6, 36, 372]));
            (
                "throttled",
                Fate::Fails {
                    trouble: Trouble::Throttled(seconds),
                    done: false,
                },
            )
        } else if drawn(rates.failed) {
            let status = *self.chance.pick(&[500, 502, 503, 504]);
            (
                "failed",
                Fate::Fails {
                    trouble: Trouble::Failed(status),
                    done: self.chance.happens(0.2),
                },
            )
        } else if drawn(rates.denied) {
            (
                "denied",
                Fate::Fails {
                    trouble: Trouble::Denied,
                    done: false,
                },
            )
        } else if drawn(rates.broken) {
            let done = self.chance.happens(0.6);
            let word = if done { "reply lost" } else { "broken" };
            (
                word,
                Fate::Fails {
                    trouble: Trouble::Broken,
                    done,
                },
            )
        } else if drawn(rates.hung) {
            (
                "hung",
                Fate::Fails {
                    trouble: Trouble::TimedOut,
                    done: self.chance.happens(0.5),
                },
            )
        } else if drawn(rates.ignored) && writes && part == Part::Secondary {
            ("ignored", Fate::Ignored)
        } else if drawn(rates.killed) {
            let done = self.chance.happens(0.5);
            let word = if done {
                "killed after"
            } else {
                "killed before"
            };
            (word, Fate::Killed { done })
        } else if drawn(rates.panics) {
            ("panicked", Fate::Panics)
        } else {
            return Fate::Answered;
        };
        *state.seen.entry(word).or_default() += 1;
        fate
    }
}
