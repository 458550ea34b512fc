use std::{
    future::Future,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use reqwest::Method;
use tokio::time::Instant;

/// The longest time that a call waits for its turn; a longer wait belongs in the queue.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// The part of a full bucket that work in the background leaves alone, so that what is live never waits for it.
const KEPT_FOR_LIVE: f64 = 0.5;

tokio::task_local! {
    /// Until when calls wait for their turn.
    static BACKGROUND: Instant;
}

/// Runs a future whose calls can wait: they are made only while more than half of the burst is left, one after the other, and wait for that
/// until a time. A call that would wait for longer is refused as throttled, with its work to be put back: whoever is called by the Functions
/// host must be done before the host's time limit. A live change finds the rest.
pub async fn in_background<F: Future>(until: Instant, future: F) -> F::Output {
    BACKGROUND.scope(until, future).await
}

/// The time of the [`in_background`] that this runs in, from which on its calls are refused; `None` outside of one.
#[must_use]
pub fn background_until() -> Option<Instant> {
    BACKGROUND.try_with(|until| *until).ok()
}

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

/// The bursts are somewhat smaller than what is published: calls that are held up on their way arrive together with later ones, and
/// none of them must be one too many. They may be held up by 300 ms.
impl Rates {
    /// Azure Resource Manager's token buckets, per principal, subscription and region (Azure documentation, "Understand how Azure
    /// Resource Manager throttles requests"): 250 reads and 25 a second, 200 writes and 200 deletes and 10 a second each. That POST
    /// counts as a write is from recorded `x-ms-ratelimit-remaining` headers.
    pub const ARM: Self = Self {
        reads: Rate {
            burst: 240.0,
            per_second: 25.0,
        },
        writes: Rate {
            burst: 195.0,
            per_second: 10.0,
        },
        deletes: Some(Rate {
            burst: 195.0,
            per_second: 10.0,
        }),
    };

    /// MK.IO's limits, per project and minute (MK.IO documentation, "Rate limits"): 2,000 GET, 1,000 of all other verbs. Burst and
    /// rate together stay within them in any minute.
    pub const MKIO: Self = Self {
        reads: Rate {
            burst: 190.0,
            per_second: 30.0,
        },
        writes: Rate {
            burst: 95.0,
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
pub struct Pace {
    state: Mutex<State>,
    /// Background calls that wait, by bucket: in the order in which they came, one at a time.
    background: [tokio::sync::Mutex<()>; 3],
}

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
        Self::with(Some(buckets))
    }

    /// No limit but what the service asks for.
    #[must_use]
    pub const fn unlimited() -> Self {
        Self::with(None)
    }

    const fn with(buckets: Option<Vec<Bucket>>) -> Self {
        Self {
            state: Mutex::new(State {
                buckets,
                silent_until: None,
            }),
            background: [const { tokio::sync::Mutex::const_new(()) }; 3],
        }
    }

    /// Waits for a call's turn.
    ///
    /// # Errors
    /// How long it would take, when that is too long to wait for here.
    pub(crate) async fn turn(&self, method: &Method) -> Result<(), Duration> {
        if let Some(until) = background_until() {
            let turn = tokio::time::timeout_at(until, self.background_turn(method));
            return turn.await.unwrap_or(Err(LONGEST_WAIT));
        }
        let wait = self.reserve(method)?;
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }

    async fn background_turn(&self, method: &Method) -> Result<(), Duration> {
        let _first = self.background[self.index(method)].lock().await;
        loop {
            let wait = self.take_spare(method)?;
            if wait.is_zero() {
                return Ok(());
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// The service asked for no more calls for a while.
    pub(crate) fn silence(&self, asked: Duration) {
        let until = Instant::now() + asked;
        let mut state = self.lock();
        state.silent_until = Some(state.silent_until.map_or(until, |known| known.max(until)));
    }

    /// Takes a token, perhaps one that is still to come, and says how long to wait for it.
    fn reserve(&self, method: &Method) -> Result<Duration, Duration> {
        self.with_bucket(method, |bucket| {
            let wait = bucket.until(1.0);
            if wait > LONGEST_WAIT {
                return Err(wait);
            }
            bucket.tokens -= 1.0;
            Ok(wait)
        })
    }

    /// Takes a token if enough are left for others; else says how long it is until then.
    fn take_spare(&self, method: &Method) -> Result<Duration, Duration> {
        self.with_bucket(method, |bucket| {
            // A bucket of one call has nothing to keep.
            let kept = (bucket.rate.burst * KEPT_FOR_LIVE).min(bucket.rate.burst - 1.0);
            let wait = bucket.until(kept + 1.0);
            if wait.is_zero() {
                bucket.tokens -= 1.0;
            }
            Ok(wait)
        })
    }

    /// Which bucket a call takes from.
    fn index(&self, method: &Method) -> usize {
        let count = self.lock().buckets.as_ref().map_or(0, Vec::len);
        match *method {
            Method::GET => 0,
            Method::DELETE if count > 2 => 2,
            _ => 1,
        }
    }

    fn with_bucket(
        &self,
        method: &Method,
        take: impl FnOnce(&mut Bucket) -> Result<Duration, Duration>,
    ) -> Result<Duration, Duration> {
        let now = Instant::now();
        let index = self.index(method);
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
        let bucket = &mut buckets[index];
        bucket.fill(now);
        take(bucket)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bucket {
    fn fill(&mut self, now: Instant) {
        let gained = (now - self.filled).as_secs_f64() * self.rate.per_second;
        self.tokens = (self.tokens + gained).min(self.rate.burst);
        self.filled = now;
    }

    /// How long it is until so many tokens are there.
    fn until(&self, tokens: f64) -> Duration {
        let missing = tokens - self.tokens;
        if missing > 0.0 {
            // Rounding must not make it a wait of nothing, again and again.
            Duration::from_secs_f64(missing / self.rate.per_second).max(Duration::from_millis(1))
        } else {
            Duration::ZERO
        }
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
    async fn work_in_the_background_keeps_to_the_rate_and_leaves_half_of_the_burst() {
        let rate = Rate {
            burst: 20.0,
            per_second: 2.0,
        };
        let pace = Pace::new(Rates {
            reads: rate,
            writes: rate,
            deletes: None,
        });
        let started = Instant::now();
        let later = Instant::now() + Duration::from_secs(3600);
        let calls = in_background(later, async {
            let turns = (0..30).map(|_| pace.turn(&Method::GET));
            futures::future::join_all(turns).await
        });
        let live = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            let started = Instant::now();
            for _ in 0..10 {
                pace.turn(&Method::GET).await.unwrap();
            }
            started.elapsed()
        };
        let (calls, live) = tokio::join!(calls, live);
        assert!(calls.iter().all(Result::is_ok));
        assert_eq!(live, Duration::ZERO, "a live change waits for nothing");
        // 30 and 10 calls, of which 20 come out of the burst, and half of a burst is left.
        let took = started.elapsed().as_secs_f64();
        assert!((14.9..15.1).contains(&took), "{took}");
    }

    #[tokio::test(start_paused = true)]
    async fn work_in_the_background_does_not_wait_past_its_time() {
        let rate = Rate {
            burst: 1.0,
            per_second: 0.1,
        };
        let pace = Pace::new(Rates {
            reads: rate,
            writes: rate,
            deletes: None,
        });
        let started = Instant::now();
        let turns = in_background(started + Duration::from_secs(25), async {
            let turns = (0..5).map(|_| pace.turn(&Method::GET));
            futures::future::join_all(turns).await
        });
        let turns = turns.await;
        assert_eq!(turns.iter().filter(|turn| turn.is_ok()).count(), 3);
        assert!(turns[4].is_err_and(|wait| wait > Duration::ZERO));
        assert_eq!(started.elapsed(), Duration::from_secs(25));
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
