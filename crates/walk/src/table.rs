use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use mirror::Fingerprint;

/// The secondary's list, reduced to what tells whether a replica agrees with its source.
#[derive(Default)]
pub(crate) struct Table(HashMap<Box<str>, Entry>);

struct Entry {
    fingerprint: Fingerprint,
    /// Whether the primary's list had it too.
    seen: bool,
}

/// What the table says of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    Missing,
    Same,
    Different,
}

impl Table {
    pub(crate) fn insert(&mut self, name: &str, fingerprint: Fingerprint) {
        let entry = Entry {
            fingerprint,
            seen: false,
        };
        self.0.insert(name.into(), entry);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// `source`: `None` where the configuration does not say how the replica should be.
    pub(crate) fn compare(&mut self, name: &str, source: Option<&Fingerprint>) -> Match {
        let Some(entry) = self.0.get_mut(name) else {
            return Match::Missing;
        };
        entry.seen = true;
        if source.is_some_and(|source| source.matches(&entry.fingerprint)) {
            Match::Same
        } else {
            Match::Different
        }
    }

    /// The names that the primary's list did not have, in order.
    pub(crate) fn unseen(self) -> Vec<Box<str>> {
        let unseen = self.0.into_iter().filter(|(_, entry)| !entry.seen);
        let mut names: Vec<Box<str>> = unseen.map(|(name, _)| name).collect();
        names.sort_unstable();
        names
    }
}

/// Names, as 64 bits each: who cannot bear a confusion once in some billion walks must not rely on it.
#[derive(Default)]
pub(crate) struct Names(HashSet<u64>);

impl Names {
    /// Whether the name was not there.
    pub(crate) fn insert(&mut self, name: &str) -> bool {
        self.0.insert(hash(name))
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.contains(&hash(name))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}
