//! ARM's token buckets, published in 2024: for each region and principal, reads 250 at once and 25 a second, writes and
//! deletes 200 at once and 10 a second each.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Which bucket a request takes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Bucket {
    Reads,
    Writes,
    Deletes,
}

impl Bucket {
    /// The bucket of a method: actions (POST) count as writes.
    pub(crate) fn of(method: &str) -> Self {
        match method {
            "GET" | "HEAD" => Self::Reads,
            "DELETE" => Self::Deletes,
            _ => Self::Writes,
        }
    }

    fn size_and_rate(self) -> (f64, f64) {
        match self {
            Self::Reads => (250.0, 25.0),
            Self::Writes | Self::Deletes => (200.0, 10.0),
        }
    }
}

/// The buckets of all principals.
#[derive(Default)]
pub(crate) struct Buckets {
    levels: Mutex<HashMap<(String, u64, Bucket), Level>>,
}

struct Level {
    tokens: f64,
    at: Instant,
}

impl Buckets {
    /// Takes one token. Err: the whole seconds until there is one again.
    pub(crate) fn take(
        &self,
        region: &str,
        principal: u64,
        bucket: Bucket,
        scale: f64,
        now: Instant,
    ) -> Result<(), u32> {
        let (size, rate) = bucket.size_and_rate();
        let (size, rate) = (size * scale, rate * scale);
        let mut levels = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        let level = levels
            .entry((region.to_lowercase(), principal, bucket))
            .or_insert(Level {
                tokens: size,
                at: now,
            });
        let passed = now.saturating_duration_since(level.at).as_secs_f64();
        level.tokens = (level.tokens + passed * rate).min(size);
        level.at = now;
        if level.tokens >= 1.0 {
            level.tokens -= 1.0;
            return Ok(());
        }
        let wait = ((1.0 - level.tokens) / rate).ceil().clamp(1.0, 3600.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to 1..=3600"
        )]
        Err(wait as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_empties_the_bucket_and_time_fills_it() {
        let buckets = Buckets::default();
        let start = Instant::now();
        let take = |at| buckets.take("westeurope", 1, Bucket::Writes, 1.0, at);
        for _ in 0..200 {
            assert_eq!(take(start), Ok(()));
        }
        assert_eq!(take(start), Err(1));
        assert_eq!(take(start + Duration::from_millis(100)), Ok(()));
        assert_eq!(
            buckets.take("westeurope", 2, Bucket::Writes, 1.0, start),
            Ok(())
        );
        assert_eq!(
            buckets.take("westeurope", 1, Bucket::Reads, 1.0, start),
            Ok(())
        );
    }
}
