//! Resources that are still being made after their PUT was answered.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::state::Key;

/// How many more reads find each resource unfinished.
#[derive(Default)]
pub(crate) struct Pending {
    left: Mutex<HashMap<(String, Key), u32>>,
}

/// What a read found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    Made,
    /// Still being made.
    Making,
    /// Still being made, and this was the last read that finds it so.
    Last,
}

impl Pending {
    /// From now on so many reads find it unfinished.
    pub(super) fn start(&self, project: &str, key: &Key, reads: u32) {
        let mut left = self.left();
        if reads == 0 {
            left.remove(&place(project, key));
        } else {
            left.insert(place(project, key), reads);
        }
    }

    /// Counts a read.
    pub(super) fn read(&self, project: &str, key: &Key) -> Progress {
        let place = place(project, key);
        let mut left = self.left();
        match left.get_mut(&place) {
            None => Progress::Made,
            Some(1) => {
                left.remove(&place);
                Progress::Last
            }
            Some(reads) => {
                *reads -= 1;
                Progress::Making
            }
        }
    }

    /// Without counting.
    pub(super) fn is_made(&self, project: &str, key: &Key) -> bool {
        !self.left().contains_key(&place(project, key))
    }

    fn left(&self) -> MutexGuard<'_, HashMap<(String, Key), u32>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(project: &str, key: &Key) -> (String, Key) {
    (project.to_lowercase(), key.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Kind;

    #[test]
    fn so_many_reads_find_it_unfinished() {
        let pending = Pending::default();
        let key = Key::new(Kind::Assets, None, "a");
        assert_eq!(pending.read("p", &key), Progress::Made);
        pending.start("P", &key, 2);
        assert!(!pending.is_made("p", &key));
        assert_eq!(pending.read("p", &key), Progress::Making);
        assert_eq!(pending.read("p", &key), Progress::Last);
        assert_eq!(pending.read("p", &key), Progress::Made);
        assert!(pending.is_made("p", &key));
    }
}
