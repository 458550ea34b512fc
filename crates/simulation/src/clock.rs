//! Virtual time. It stands still while anything can run, and jumps to the next timer when nothing can.

use std::{cell::Cell, time::Duration};

use time::{OffsetDateTime, macros::datetime};
use tokio::time::Instant;

/// When every history begins.
const BEGINNING: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

thread_local! {
    /// When the history began that runs in this thread: the mirror asks for the time without saying whose.
    static BEGAN: Cell<Option<Instant>> = const { Cell::new(None) };
}

#[derive(Clone, Copy)]
pub(crate) struct Clock(Instant);

/// The time of day in the history that runs in this thread.
pub(crate) fn now() -> OffsetDateTime {
    BEGINNING + BEGAN.get().map_or(Duration::ZERO, |began| began.elapsed())
}

impl Clock {
    /// Starts now, by the clock of the runtime, which must be a paused one.
    pub(crate) fn start() -> Self {
        let now = Instant::now();
        BEGAN.set(Some(now));
        Self(now)
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// The time of day in the services.
    pub(crate) fn now(self) -> OffsetDateTime {
        BEGINNING + self.elapsed()
    }
}
