//! What happened, line by line. The same seed gives the same lines.

use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::clock::Clock;

#[derive(Default)]
pub(crate) struct Trace {
    on: AtomicBool,
    lines: Mutex<Vec<String>>,
}

impl Trace {
    pub(crate) fn new(on: bool) -> Self {
        Self {
            on: AtomicBool::new(on),
            lines: Mutex::default(),
        }
    }

    /// Notes a line, if anybody wants them.
    pub(crate) fn say(&self, clock: Clock, what: fmt::Arguments<'_>) {
        if !self.on.load(Ordering::Relaxed) {
            return;
        }
        let line = format!("{:>11.3} {what}", clock.elapsed().as_secs_f64());
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line);
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
