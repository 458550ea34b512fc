use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use reqwest::Method;
use tokio::time::Instant;

/// The longest time that a call waits for its turn; a longer wait belongs in the queue.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// A token bucket: so many calls at once, and so many a second after that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Calls at once.
    pub burst: f64,
    /// Calls a second.
    pub per_second: f64,
}

impl Rate {
    /// A part of the rate. At least one call fits, so that work goes on however small the part.
    #[must_use]
    pub fn scaled(self, part: f64) -> Self {
        Self {
            burst: (self.burst * part).max(1.0),
            per_second: (self.per_second * part).max(0.01),
        }
    }
}

/// The rates of an account, by what a call counts as.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// GET.
    pub reads: Rate,
    /// PUT, PATCH, and POST: reading keys counts as writing.
    pub writes: Rate,
    /// DELETE; `None` where it counts as a write.
    pub deletes: Option<Rate>,
}

impl Rates {
    /// Azure Resource Manager's token buckets, per principal, subscription and region (Azure documentation, "Understand how Azure
    /// Resource Manager throttles requests"). That POST counts as a write is from recorded `x-ms-ratelimit-remaining` headers.
    pub const ARM: Self = Self {
        reads: Rate {
            burst: 250.0,
            per_second: 25.0,
        },
        writes: Rate {
            burst: 200.0,
            per_second: 10.0,
        },
        deletes: Some(Rate {
            burst: 200.0,
            per_second: 10.0,
        }),
    };

    /// MK.IO's limits, per project and minute (MK.IO documentation, "Rate limits"): 2,000 GET, 1,000 of all other verbs. Burst and
    /// rate together stay within them in any minute.
    pub const MKIO: Self = Self {
        reads: Rate {
            burst: 200.0,
            per_second: 30.0,
        },
        writes: Rate {
            burst: 100.0,
            per_second: 15.0,
        },
        deletes: None,
    };

    /// A part of each rate.
    #[must_use]
    pub fn scaled(self, part: f64) -> Self {
        Self {
            reads: self.reads.scaled(part),
            writes: self.writes.scaled(part),
            deletes: self.deletes.map(|rate| rate.scaled(part)),
        }
    }
}

/// Keeps the calls to an account within a budget, and silent while the service asks for silence.
#[derive(Debug)]
pub struct Pace(Mutex<State>);

#[derive(Debug)]
struct State {
    /// Reads, writes, and deletes where they count apart; `None` without limits of our own.
    buckets: Option<Vec<Bucket>>,
    /// Until when the service asked for no more calls.
    silent_until: Option<Instant>,
}

#[derive(Debug)]
struct Bucket {
    rate: Rate,
    tokens: f64,
    filled: Instant,
}

impl Pace {
    /// At most these rates.
    #[must_use]
    pub fn new(rates: Rates) -> Self {
        let filled = Instant::now();
        let bucket = |rate: Rate| Bucket {
            rate,
            tokens: rate.burst,
            filled,
        };
        let rates = [Some(rates.reads), Some(rates.writes), rates.deletes];
        let buckets = rates.into_iter().flatten().map(bucket).collect();
        Self(Mutex::new(State {
            buckets: Some(buckets),
            silent_until: None,
        }))
    }

    /// No limit but what the service asks for.
    #[must_use]
    pub const fn unlimited() -> Self {
        Self(Mutex::new(State {
            buckets: None,
            silent_until: None,
        }))
    }

    /// Waits for a call's turn.
    ///
    /// # Errors
    /// How long it would take, when that is too long to wait for here.
    pub(crate) async fn turn(&self, method: &Method) -> Result<(), Duration> {
        let wait = self.reserve(method)?;
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }

    /// The service asked for no more calls for a while.
    pub(crate) fn silence(&self, asked: Duration) {
        let until = Instant::now() + asked;
        let mut state = self.lock();
        state.silent_until = Some(state.silent_until.map_or(until, |known| known.max(until)));
    }

    /// Takes a token, perhaps one that is still to come, and says how long to wait for it.
    fn reserve(&self, method: &Method) -> Result<Duration, Duration> {
        let now = Instant::now();
        let mut state = self.lock();
        if let Some(until) = state.silent_until {
            if until > now {
                return Err(until - now);
            }
            state.silent_until = None;
        }
        let Some(buckets) = &mut state.buckets else {
            return Ok(Duration::ZERO);
        };
        let index = match *method {
            Method::GET => 0,
            Method::DELETE if buckets.len() > 2 => 2,
            _ => 1,
        };
        let bucket = &mut buckets[index];
        let gained = (now - bucket.filled).as_secs_f64() * bucket.rate.per_second;
        bucket.tokens = (bucket.tokens + gained).min(bucket.rate.burst);
        bucket.filled = now;
        let missing = 1.0 - bucket.tokens;
        let wait = if missing > 0.0 {
            Duration::from_secs_f64(missing / bucket.rate.per_second)
        } else {
            Duration::ZERO
        };
        if wait > LONGEST_WAIT {
            return Err(wait);
        }
        bucket.tokens -= 1.0;
        Ok(wait)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn calls_keep_to_the_rate_and_a_long_wait_is_refused() {
        let rate = Rate {
            burst: 2.0,
            per_second: 1.0,
        };
        let pace = Pace::new(Rates {
            reads: rate,
            writes: rate,
            deletes: Some(rate),
        });
        let started = Instant::now();
        for _ in 0..5 {
            pace.turn(&Method::GET).await.unwrap();
        }
        assert_eq!(started.elapsed().as_secs(), 3);
        pace.turn(&Method::POST).await.unwrap();
        assert_eq!(
            started.elapsed().as_secs(),
            3,
            "writes have a bucket of their own"
        );
        let mut refused = 0;
        for _ in 0..15 {
            refused += usize::from(pace.reserve(&Method::GET).is_err());
        }
        assert!(refused >= 4, "{refused}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_asks_for_silence_gets_it() {
        let pace = Pace::unlimited();
        pace.silence(Duration::from_secs(36));
        assert_eq!(pace.turn(&Method::GET).await, Err(Duration::from_secs(36)));
        tokio::time::advance(Duration::from_secs(37)).await;
        assert_eq!(pace.turn(&Method::GET).await, Ok(()));
    }
}
