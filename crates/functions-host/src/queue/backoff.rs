//! The pause between two looks at an empty queue.

use std::time::Duration;

/// Grows from `min` to `max`, doubling with a jitter of a fifth, and starts again once there was work.
#[derive(Debug)]
pub(crate) struct Backoff {
    min: Duration,
    max: Duration,
    round: u32,
}

impl Backoff {
    pub(crate) fn new(min: Duration, max: Duration) -> Self {
        Self {
            min,
            max: max.max(min),
            round: 0,
        }
    }

    /// The pause to make now. `jitter` is between 0 and 1.
    pub(crate) fn next(&mut self, jitter: f64) -> Duration {
        let pause = if self.round == 0 {
            self.min
        } else {
            let doubled = self.min.saturating_mul(1_u32 << (self.round - 1).min(24));
            (self.min + doubled.mul_f64(0.8 + 0.4 * jitter.clamp(0.0, 1.0))).min(self.max)
        };
        self.round = self.round.saturating_add(1);
        pause
    }

    pub(crate) fn reset(&mut self) {
        self.round = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_maximum_and_start_again() {
        let ms = Duration::from_millis;
        let mut backoff = Backoff::new(ms(100), ms(1_000));
        let pauses: Vec<_> = (0..6).map(|_| backoff.next(0.5).as_millis()).collect();
        assert_eq!(pauses, [100, 200, 300, 500, 900, 1_000]);
        backoff.reset();
        assert_eq!(backoff.next(0.5), ms(100));
        assert_eq!(backoff.next(0.0), ms(180));
    }
}
