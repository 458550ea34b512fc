use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use percent_encoding::percent_decode_str;
use tokio::time::Instant;

/// For how long after it began a listing tells which records there are. Between a look at a resource and the record of what it showed
/// lie seconds anyway.
const FRESH: Duration = Duration::from_secs(5);

/// So many records are asked for one by one within that time before a listing is worth its price: storage services charge for listings
/// and not for deletions.
const ONE_BY_ONE: u32 = 10;

/// The most records that are kept in mind. Where there are more, each is asked for.
pub(crate) const MANY: usize = 500;

/// What this process knows of the records that there are, its own and those of others.
#[derive(Default)]
pub(crate) struct Known(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    listed: Option<Listed>,
    /// Whether a listing is under way. If it never ends, each record is asked for.
    listing: bool,
    /// What this process recorded since the last listing began; `None` when it is too much to keep in mind.
    own: Option<HashSet<String>>,
    counted_from: Option<Instant>,
    asked: u32,
}

struct Listed {
    began: Instant,
    /// `None` when there are too many.
    names: Option<HashSet<String>>,
}

/// What to do about a record that may be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Remove it; it may or may not be there.
    Ask,
    /// It is not there.
    Skip,
    /// List all of them, then call [`Known::listed`].
    List,
}

impl Known {
    /// What to do about a record at `now`.
    pub(crate) fn step(&self, path: &str, now: Instant) -> Step {
        let mut inner = self.lock();
        if let Some(step) = inner.by_listing(path, now) {
            return step;
        }
        if inner.counted_from.is_none_or(|from| now - from >= FRESH) {
            (inner.counted_from, inner.asked) = (Some(now), 0);
        }
        if inner.asked < ONE_BY_ONE || inner.listing {
            inner.asked += 1;
            return Step::Ask;
        }
        inner.listing = true;
        inner.own = Some(HashSet::new());
        Step::List
    }

    /// Takes in a listing that began at `began`, `None` if it failed, and says what to do about the record for which it was made.
    pub(crate) fn listed(&self, path: &str, began: Instant, paths: Option<Vec<String>>) -> Step {
        let mut inner = self.lock();
        inner.listing = false;
        // Without one, some are asked for one by one before the next is tried.
        inner.counted_from = None;
        let Some(paths) = paths else {
            return Step::Ask;
        };
        let names = paths.iter().map(|path| plain(path)).collect();
        inner.listed = Some(Listed {
            began,
            names: (paths.len() <= MANY).then_some(names),
        });
        inner.by_listing(path, began).unwrap_or(Step::Ask)
    }

    /// Something was recorded, or may have been.
    pub(crate) fn recorded(&self, path: &str) {
        let mut inner = self.lock();
        let Some(own) = &mut inner.own else { return };
        own.insert(plain(path));
        if own.len() > MANY {
            inner.own = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn by_listing(&self, path: &str, now: Instant) -> Option<Step> {
        let listed = self.listed.as_ref();
        let listed = listed.filter(|listed| now - listed.began < FRESH)?;
        let (Some(names), Some(own)) = (&listed.names, &self.own) else {
            return Some(Step::Ask);
        };
        let name = plain(path);
        let there = names.contains(&name) || own.contains(&name);
        Some(if there { Step::Ask } else { Step::Skip })
    }
}

/// A path without its encoding: whether a listing shows that depends on who made the URL.
fn plain(path: &str) -> String {
    percent_decode_str(path).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after_some(known: &Known, now: Instant) {
        for _ in 0..ONE_BY_ONE {
            assert_eq!(known.step("a", now), Step::Ask);
        }
    }

    fn listing(known: &Known, now: Instant, paths: &[&str]) {
        after_some(known, now);
        assert_eq!(known.step("trigger", now), Step::List);
        let paths = paths.iter().map(|&path| path.to_owned()).collect();
        assert_eq!(known.listed("trigger", now, Some(paths)), Step::Skip);
    }

    #[test]
    fn a_few_records_are_asked_for_one_by_one() {
        let (known, start) = (Known::default(), Instant::now());
        for minute in 0..5 {
            after_some(&known, start + FRESH * minute);
        }
    }

    #[test]
    fn a_fresh_listing_tells_which_are_there() {
        let (known, now) = (Known::default(), Instant::now());
        listing(&known, now, &["exceptions/assets/a b"]);
        assert_eq!(known.step("exceptions/assets/a%20b", now), Step::Ask);
        assert_eq!(known.step("exceptions/assets/a", now), Step::Skip);
        let last = now + FRESH - Duration::from_millis(1);
        assert_eq!(known.step("exceptions/assets/a", last), Step::Skip);
        after_some(&known, now + FRESH);
    }

    #[test]
    fn what_is_recorded_while_a_listing_is_made_is_not_overlooked() {
        let (known, now) = (Known::default(), Instant::now());
        after_some(&known, now);
        assert_eq!(known.step("a", now), Step::List);
        known.recorded("b%2Ec");
        // Nobody waits for the listing of another.
        assert_eq!(known.step("c", now), Step::Ask);
        assert_eq!(known.listed("a", now, Some(Vec::new())), Step::Skip);
        assert_eq!(known.step("b%2Ec", now), Step::Ask);
        assert_eq!(known.step("c", now), Step::Skip);
    }

    #[test]
    fn a_listing_that_fails_is_not_tried_at_every_record() {
        let (known, now) = (Known::default(), Instant::now());
        after_some(&known, now);
        assert_eq!(known.step("a", now), Step::List);
        assert_eq!(known.listed("a", now, None), Step::Ask);
        after_some(&known, now);
    }

    #[test]
    fn where_there_are_too_many_each_is_asked_for() {
        let (known, now) = (Known::default(), Instant::now());
        after_some(&known, now);
        assert_eq!(known.step("a", now), Step::List);
        let many: Vec<String> = (0..=MANY).map(|n| n.to_string()).collect();
        assert_eq!(known.listed("a", now, Some(many)), Step::Ask);
        assert_eq!(known.step("not among them", now), Step::Ask);

        let known = Known::default();
        listing(&known, now, &[]);
        for n in 0..=MANY {
            known.recorded(&n.to_string());
        }
        assert_eq!(known.step("not among them", now), Step::Ask);
    }
}
