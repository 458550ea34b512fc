//! The published limits: for each project 2000 GET a minute, and 1000 of everything else.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// GET requests of a project in a minute.
const READS: f64 = 2000.0;

/// All other requests of a project in a minute, reads of keys by POST included.
const WRITES: f64 = 1000.0;

/// The windows of all projects: the first request opens one, and what comes in it is counted.
#[derive(Default)]
pub(crate) struct Windows {
    windows: Mutex<HashMap<(String, bool), Window>>,
}

struct Window {
    opened: Instant,
    count: f64,
}

impl Windows {
    /// Counts a request. Err: the whole seconds until the window closes.
    pub(super) fn count(
        &self,
        project: &str,
        method: &str,
        scale: f64,
        seconds: f64,
        now: Instant,
    ) -> Result<(), u64> {
        let length = Duration::from_secs_f64(seconds.clamp(0.01, 3600.0));
        let read = method == "GET";
        let limit = if read { READS } else { WRITES } * scale * length.as_secs_f64() / 60.0;
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let window = windows
            .entry((project.to_lowercase(), read))
            .or_insert(Window {
                opened: now,
                count: 0.0,
            });
        let open_for = now.saturating_duration_since(window.opened);
        if open_for >= length {
            *window = Window {
                opened: now,
                count: 0.0,
            };
        }
        if window.count + 1.0 > limit {
            return Err(length.saturating_sub(open_for).as_secs() + 1);
        }
        window.count += 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_takes_so_many_and_then_the_next_one_does() {
        let windows = Windows::default();
        let start = Instant::now();
        let count = |project, method, at| windows.count(project, method, 1.0, 60.0, at);
        for _ in 0..1000 {
            assert_eq!(count("a", "POST", start), Ok(()));
        }
        let later = start + Duration::from_secs(50);
        assert_eq!(count("a", "PUT", later), Err(11));
        assert_eq!(count("a", "GET", later), Ok(()));
        assert_eq!(count("b", "PUT", later), Ok(()));
        assert_eq!(
            count("a", "PUT", start + Duration::from_secs(60)),
            Ok(()),
            "a new window"
        );
    }

    #[test]
    fn the_limit_shrinks_with_the_window() {
        let windows = Windows::default();
        let start = Instant::now();
        let mut taken = 0;
        while windows.count("a", "DELETE", 1.0, 0.6, start).is_ok() {
            taken += 1;
        }
        assert_eq!(taken, 10);
    }
}
