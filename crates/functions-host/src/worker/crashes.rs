//! The crash counter: the third within the window stops the host.

use std::time::Duration;

use tokio::time::Instant;

#[derive(Debug)]
pub(crate) struct Crashes {
    limit: usize,
    window: Duration,
    count: usize,
    last: Option<Instant>,
}

impl Crashes {
    pub(crate) fn new(limit: usize, window: Duration) -> Self {
        Self {
            limit,
            window,
            count: 0,
            last: None,
        }
    }

    /// Counts a crash; `true` when it is one too many.
    pub(crate) fn add(&mut self, now: Instant) -> bool {
        if self
            .last
            .is_some_and(|last| now.duration_since(last) > self.window)
        {
            self.count = 0;
        }
        self.last = Some(now);
        self.count += 1;
        self.count >= self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_crash_within_the_window_is_too_many() {
        let minute = Duration::from_secs(60);
        let mut crashes = Crashes::new(3, 30 * minute);
        let start = Instant::now();
        assert!(!crashes.add(start));
        assert!(!crashes.add(start + 20 * minute));
        assert!(
            !crashes.add(start + 51 * minute),
            "more than the window after the one before: counted from 1 again"
        );
        assert!(!crashes.add(start + 60 * minute));
        assert!(crashes.add(start + 70 * minute));
    }
}
