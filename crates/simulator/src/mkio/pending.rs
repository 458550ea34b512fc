//! Resources that are still being made after their PUT was answered.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::state::Key;

/// What is not made yet, and what never will be.
#[derive(Default)]
pub(crate) struct Pending {
    left: Mutex<HashMap<(String, Key), Unfinished>>,
}

struct Unfinished {
    /// How many more reads find it so.
    reads: u32,
    /// After these it is not made, but failed.
    fails: bool,
}

/// What a read found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    Made,
    /// Still being made.
    Making,
    /// Still being made, and this was the last read that finds it so.
    Last,
    /// It will not be made.
    Failed,
}

impl Pending {
    /// From now on so many reads find it unfinished, and the others made or failed.
    pub(super) fn start(&self, project: &str, key: &Key, reads: u32, fails: bool) {
        let mut left = self.left();
        if reads == 0 && !fails {
            left.remove(&place(project, key));
        } else {
            left.insert(place(project, key), Unfinished { reads, fails });
        }
    }

    /// Counts a read.
    pub(super) fn read(&self, project: &str, key: &Key) -> Progress {
        let place = place(project, key);
        let mut left = self.left();
        match left.get_mut(&place) {
            None => Progress::Made,
            Some(Unfinished { reads: 0, .. }) => Progress::Failed,
            Some(Unfinished {
                reads: 1,
                fails: false,
            }) => {
                left.remove(&place);
                Progress::Last
            }
            Some(unfinished) => {
                unfinished.reads -= 1;
                Progress::Making
            }
        }
    }

    /// Without counting.
    pub(super) fn look(&self, project: &str, key: &Key) -> Progress {
        match self.left().get(&place(project, key)) {
            None => Progress::Made,
            Some(Unfinished { reads: 0, .. }) => Progress::Failed,
            Some(_) => Progress::Making,
        }
    }

    fn left(&self) -> MutexGuard<'_, HashMap<(String, Key), Unfinished>> {
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
        pending.start("P", &key, 2, false);
        assert_eq!(pending.look("p", &key), Progress::Making);
        assert_eq!(pending.read("p", &key), Progress::Making);
        assert_eq!(pending.read("p", &key), Progress::Last);
        assert_eq!(pending.read("p", &key), Progress::Made);
        assert_eq!(pending.look("p", &key), Progress::Made);
        pending.start("p", &key, 1, true);
        assert_eq!(pending.read("p", &key), Progress::Making);
        assert_eq!(pending.read("p", &key), Progress::Failed);
        assert_eq!(pending.look("p", &key), Progress::Failed);
        pending.start("p", &key, 0, false);
        assert_eq!(pending.look("p", &key), Progress::Made, "made anew");
    }
}
