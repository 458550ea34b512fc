use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use change::ResourceId;
use tokio::time::Instant;

/// How long a replica that this process saw equal, or wrote, need not be looked at again as a dependency.
const TRUST: Duration = Duration::from_secs(60);

/// How many are remembered; beyond that all are forgotten, which costs a read each.
const CAPACITY: usize = 4096;

/// Which replicas this process saw in place a moment ago.
#[derive(Default)]
pub(super) struct Seen(Mutex<HashMap<ResourceId, Instant>>);

impl Seen {
    pub(super) fn lately(&self, id: &ResourceId) -> bool {
        self.lock()
            .get(id)
            .is_some_and(|when| when.elapsed() < TRUST)
    }

    pub(super) fn note(&self, id: &ResourceId) {
        let mut seen = self.lock();
        if seen.len() >= CAPACITY {
            seen.clear();
        }
        seen.insert(id.clone(), Instant::now());
    }

    pub(super) fn forget(&self, id: &ResourceId) {
        self.lock().remove(id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ResourceId, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
