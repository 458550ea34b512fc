//! How long work waits in its queue before it is looked at again.

use std::time::Duration;

use mirror::Again;

/// The longest wait of the first [`PATIENT`] attempts.
const LONGEST: Duration = Duration::from_secs(600);

/// From this attempt on the wait is an hour.
const PATIENT: u32 = 20;

/// The delay before attempt `attempt + 1`. `jitter` is between 0 and 1.
pub(crate) fn delay(again: Again, attempt: u32, jitter: f64) -> Duration {
    let spread = |delay: Duration| delay.mul_f64(0.75 + 0.5 * jitter.clamp(0.0, 1.0));
    let usual = if attempt >= PATIENT {
        Duration::from_secs(3600)
    } else {
        LONGEST.min(Duration::from_secs(2) * 2_u32.saturating_pow(attempt.min(16)))
    };
    match again {
        Again::BackOff => spread(usual),
        // What was asked for is the least; the spread keeps a crowd from coming back at one time.
        Again::After(asked) if attempt >= PATIENT => spread(usual).max(asked),
        Again::After(asked) | Again::Progress(asked) => {
            asked + asked.mul_f64(0.2 * jitter.clamp(0.0, 1.0))
        }
    }
}

/// A number between 0 and 1 that differs from call to call.
pub(crate) fn jitter() -> f64 {
    f64::from(uuid::Uuid::new_v4().as_fields().0) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_ten_minutes_and_then_an_hour() {
        let usual = |attempt| delay(Again::BackOff, attempt, 0.5);
        assert_eq!(usual(0), Duration::from_secs(2));
        assert_eq!(usual(3), Duration::from_secs(16));
        assert_eq!(usual(19), Duration::from_secs(600));
        assert_eq!(usual(20), Duration::from_secs(3600));
        assert_eq!(usual(u32::MAX), Duration::from_secs(3600));
    }

    #[test]
    fn a_service_is_never_called_before_it_asked_for() {
        for jitter in [0.0, 0.5, 1.0] {
            let asked = Duration::from_secs(36);
            assert!(delay(Again::After(asked), 0, jitter) >= asked);
            assert!(delay(Again::After(asked), 25, jitter) >= asked);
        }
    }
}
