//! One message for many events.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use time::OffsetDateTime;
use tokio::time::Instant;

/// How many containers are remembered. Events of more are all passed on: that costs messages, and loses nothing.
const MAX_CONTAINERS: usize = 4096;

/// The least time between the end of a window here and the moment at which its message can be seen: queues keep time in whole seconds.
const LEAST_MARGIN: Duration = Duration::from_secs(2);

/// Remembers of which containers a message waits that nobody can have read yet.
///
/// Invariant: an event is dropped only while a message of its container is in the queue that becomes visible later. The message was
/// sent after the window began and becomes visible a whole delay after it was sent, and the window ends a quarter of the delay
/// (at least two seconds) before that. So whoever reads the message looks at the container after everything that dropped events were about.
/// By both clocks: the monotonic one can stand still while a machine sleeps, and the other can be set back.
pub(crate) struct Debounce {
    delay: Duration,
    containers: Mutex<HashMap<String, Slot>>,
}

/// A window of one container. Locked while its message is sent: what comes meanwhile waits, and sends its own if that one failed.
type Slot = Arc<tokio::sync::Mutex<Option<Window>>>;

#[derive(Clone, Copy)]
struct Window {
    began: Instant,
    began_at: OffsetDateTime,
}

impl Window {
    fn holds(self, length: Duration, now: OffsetDateTime) -> bool {
        let passed = now - self.began_at;
        self.began.elapsed() < length && !passed.is_negative() && passed < length
    }
}

impl Debounce {
    pub(crate) fn new(delay: Duration) -> Self {
        Self {
            delay,
            containers: Mutex::default(),
        }
    }

    /// How long messages stay invisible.
    pub(crate) const fn delay(&self) -> Duration {
        self.delay
    }

    /// How long after the first event others are dropped.
    fn window(&self) -> Duration {
        self.delay
            .saturating_sub(LEAST_MARGIN.max(self.delay.div_f64(4.0)))
    }

    /// Sends a message about a container, unless one waits that covers this event. Whether it was sent.
    ///
    /// # Errors
    /// Those of `send`; then nothing is remembered.
    pub(crate) async fn once<E>(
        &self,
        container: &str,
        clock: impl Fn() -> OffsetDateTime,
        send: impl Future<Output = Result<(), E>>,
    ) -> Result<bool, E> {
        let Some(slot) = self.slot(container, clock()) else {
            return send.await.map(|()| true);
        };
        let mut slot = slot.lock().await;
        let length = self.window();
        if slot.is_some_and(|window| window.holds(length, clock())) {
            return Ok(false);
        }
        let window = Window {
            began: Instant::now(),
            began_at: clock(),
        };
        send.await?;
        *slot = Some(window);
        Ok(true)
    }

    fn slot(&self, container: &str, now: OffsetDateTime) -> Option<Slot> {
        let mut containers = self
            .containers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = containers.get(container) {
            return Some(Arc::clone(slot));
        }
        if containers.len() >= MAX_CONTAINERS {
            let length = self.window();
            // A slot that is locked is being used.
            containers.retain(|_, slot| {
                slot.try_lock()
                    .map_or(true, |slot| slot.is_some_and(|w| w.holds(length, now)))
            });
        }
        if containers.len() >= MAX_CONTAINERS {
            return None;
        }
        let slot = Slot::default();
        containers.insert(container.to_owned(), Arc::clone(&slot));
        Some(slot)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;
    use time::macros::datetime;

    use super::*;

    const DELAY: Duration = Duration::from_secs(60);

    /// A queue whose messages are counted, and a clock that goes with tokio's.
    struct Bench {
        debounce: Debounce,
        start: Instant,
        sent: AtomicUsize,
        refuses: AtomicUsize,
    }

    impl Bench {
        fn new(delay: Duration) -> Self {
            Self {
                debounce: Debounce::new(delay),
                start: Instant::now(),
                sent: AtomicUsize::new(0),
                refuses: AtomicUsize::new(0),
            }
        }

        fn now(&self) -> OffsetDateTime {
            datetime!(2026-01-02 03:04:05 UTC) + self.start.elapsed()
        }

        /// Sending takes a second.
        async fn event(&self, container: &str) -> Result<bool, ()> {
            let send = async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                if self.refuses.load(Ordering::Relaxed) > 0 {
                    self.refuses.fetch_sub(1, Ordering::Relaxed);
                    return Err(());
                }
                self.sent.fetch_add(1, Ordering::Relaxed);
                Ok(())
            };
            self.debounce.once(container, || self.now(), send).await
        }

        fn sent(&self) -> usize {
            self.sent.load(Ordering::Relaxed)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_makes_one_message_for_each_window_and_container() {
        let bench = Bench::new(DELAY);
        let all = |container: &'static str| join_all((0..200).map(|_| bench.event(container)));
        let told = all("one").await;
        assert_eq!(told.iter().filter(|told| **told == Ok(true)).count(), 1);
        assert_eq!(bench.sent(), 1);
        all("two").await;
        assert_eq!(bench.sent(), 2);
        // The window is counted from before the message was sent, and is 45 of the 60 seconds.
        tokio::time::sleep_until(bench.start + Duration::from_millis(44_900)).await;
        assert_eq!(bench.event("one").await, Ok(false));
        tokio::time::sleep_until(bench.start + Duration::from_millis(45_100)).await;
        assert_eq!(bench.event("one").await, Ok(true));
        assert_eq!(bench.event("one").await, Ok(false));
        assert_eq!(bench.sent(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn every_window_ends_clearly_before_its_message_can_be_seen() {
        for seconds in [0, 1, 2, 3, 6, 8, 60, 3600] {
            let delay = Duration::from_secs(seconds);
            let bench = Bench::new(delay);
            assert_eq!(bench.event("one").await, Ok(true));
            let visible = bench.start + delay;
            let last = visible.checked_sub(LEAST_MARGIN).unwrap_or(bench.start);
            tokio::time::sleep_until(last.max(Instant::now())).await;
            assert_eq!(bench.event("one").await, Ok(true), "{seconds} s");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_not_sent_is_not_remembered() {
        let bench = Bench::new(DELAY);
        bench.refuses.store(2, Ordering::Relaxed);
        let told = join_all((0..10).map(|_| bench.event("one"))).await;
        let count = |of: Result<bool, ()>| told.iter().filter(|told| **told == of).count();
        assert_eq!(
            (count(Err(())), count(Ok(true)), count(Ok(false))),
            (2, 1, 7)
        );
        assert_eq!(bench.sent(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_machine_that_slept_or_was_set_back_drops_nothing() {
        let bench = Bench::new(DELAY);
        assert_eq!(bench.event("one").await, Ok(true));
        for shift in [time::Duration::seconds(100), time::Duration::seconds(-100)] {
            let clock = || bench.now() + shift;
            let send = async { Ok::<(), ()>(()) };
            let told = bench.debounce.once("one", clock, send).await;
            assert_eq!(told, Ok(true), "{shift}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_table_is_bounded_and_what_does_not_fit_is_sent() {
        let bench = Bench::new(DELAY);
        let names: Vec<String> = (0..MAX_CONTAINERS).map(|at| at.to_string()).collect();
        join_all(names.iter().map(|name| bench.event(name))).await;
        for _ in 0..2 {
            assert_eq!(bench.event("one more").await, Ok(true));
        }
        let remembered = || bench.debounce.containers.lock().unwrap().len();
        assert_eq!(remembered(), MAX_CONTAINERS);
        // What is over makes room.
        tokio::time::sleep(DELAY).await;
        assert_eq!(bench.event("one more").await, Ok(true));
        assert_eq!(bench.event("one more").await, Ok(false));
        assert_eq!(remembered(), 1);
    }
}
