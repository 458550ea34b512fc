//! Where everything random comes from: streams of numbers that follow from the seed.
//!
//! Each part of the world draws from a stream of its own, so that what happens to the accounts stays the same when the mirror makes
//! a call more or less.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use uuid::Uuid;

pub(crate) struct Chance(Mutex<StdRng>);

impl Chance {
    /// The stream of this name of a seed.
    pub(crate) fn new(seed: u64, stream: &str) -> Self {
        let mixed = stream
            .bytes()
            .fold(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), |mixed, byte| {
                (mixed ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            });
        Self(Mutex::new(StdRng::seed_from_u64(mixed)))
    }

    fn lock(&self) -> MutexGuard<'_, StdRng> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number from 0 up to 1.
    pub(crate) fn share(&self) -> f64 {
        self.lock().random()
    }

    /// A number below `limit`, which must not be 0.
    pub(crate) fn below(&self, limit: usize) -> usize {
        self.lock().random_range(0..limit)
    }

    /// A number from `least` to `most`.
    pub(crate) fn between(&self, least: usize, most: usize) -> usize {
        self.lock().random_range(least..=most)
    }

    pub(crate) fn happens(&self, probability: f64) -> bool {
        self.share() < probability
    }

    /// One of these, of which there must be one.
    pub(crate) fn pick<'a, T>(&self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// One of these, if there is any.
    pub(crate) fn any<'a, T>(&self, of: &'a [T]) -> Option<&'a T> {
        (!of.is_empty()).then(|| self.pick(of))
    }

    /// A time between two numbers of milliseconds.
    pub(crate) fn millis(&self, least: u64, most: u64) -> Duration {
        Duration::from_millis(self.lock().random_range(least..=most))
    }

    /// A GUID.
    pub(crate) fn uuid(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.lock().random()).into_uuid()
    }

    /// Puts a list into another order.
    pub(crate) fn shuffle<T>(&self, list: &mut [T]) {
        for end in (1..list.len()).rev() {
            list.swap(end, self.below(end + 1));
        }
    }
}
