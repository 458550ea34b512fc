//! Which operation copies a blob, and what is known of an endpoint that lacks some. Pure.

use crate::{Settings, blob::BlobKind, settings::MIB};
use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The largest source of a synchronous Copy Blob From URL, in bytes.
const SYNC_LIMIT: u64 = 256 * MIB;

/// The operation that copies a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Route {
    /// Put Blob From URL.
    OneCall,
    /// Put Block From URL for each block, then Put Block List.
    Blocks,
    /// Copy Blob From URL.
    SyncCopy,
    /// Copy Blob, and waiting for it.
    AsyncCopy,
}

/// Chooses the operation. `lacks` are those that the endpoint answered with 501.
///
/// Page and append blobs can be read by URL like anything else, and become block blobs; both kinds
/// of Copy Blob would insist on the type.
pub(crate) fn choose(
    lacks: &HashSet<Route>,
    kind: BlobKind,
    length: u64,
    settings: &Settings,
) -> Option<Route> {
    let small = length <= settings.one_call_limit;
    let copyable = kind == BlobKind::Block;
    let wanted = if small {
        [
            Some(Route::OneCall),
            (copyable && length <= SYNC_LIMIT).then_some(Route::SyncCopy),
            (!copyable || length > SYNC_LIMIT).then_some(Route::Blocks),
            copyable.then_some(Route::AsyncCopy),
        ]
    } else {
        [
            Some(Route::Blocks),
            copyable.then_some(Route::AsyncCopy),
            None,
            None,
        ]
    };
    wanted
        .into_iter()
        .flatten()
        .find(|route| !lacks.contains(route))
}

/// What the process has learned: which operations a replica account lacks, and between which
/// accounts the order of listings differs. Kept as long as the [`Copier`](crate::Copier).
#[derive(Default)]
pub(crate) struct Lessons {
    lacks: Mutex<HashMap<String, HashSet<Route>>>,
    unordered: Mutex<HashSet<(String, String)>>,
}

impl Lessons {
    pub(crate) fn lacks(&self, account: &str) -> HashSet<Route> {
        lock(&self.lacks).get(account).cloned().unwrap_or_default()
    }

    pub(crate) fn learn(&self, account: &str, lacks: Route) {
        let new = lock(&self.lacks)
            .entry(account.to_owned())
            .or_default()
            .insert(lacks);
        if new {
            tracing::info!(account, operation = ?lacks, "the storage endpoint lacks an operation; copying another way");
        }
    }

    pub(crate) fn unordered(&self, source: &str, replica: &str) -> bool {
        lock(&self.unordered).contains(&(source.to_owned(), replica.to_owned()))
    }

    pub(crate) fn learn_unordered(&self, source: &str, replica: &str) {
        lock(&self.unordered).insert((source.to_owned(), replica.to_owned()));
    }
}

/// Nothing panics while holding these, and what they hold is whole at every moment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(lacks: &[Route], kind: BlobKind, length: u64) -> Option<Route> {
        choose(
            &lacks.iter().copied().collect(),
            kind,
            length,
            &Settings::default(),
        )
    }

    #[test]
    fn one_call_up_to_the_limit_and_blocks_beyond() {
        let limit = 256 * MIB;
        assert_eq!(route(&[], BlobKind::Block, 0), Some(Route::OneCall));
        assert_eq!(route(&[], BlobKind::Block, limit), Some(Route::OneCall));
        assert_eq!(route(&[], BlobKind::Block, limit + 1), Some(Route::Blocks));
    }

    #[test]
    fn the_copies_only_where_the_better_operation_is_lacking() {
        use Route::{AsyncCopy, Blocks, OneCall, SyncCopy};
        let (small, large) = (MIB, 300 * MIB);
        let block = BlobKind::Block;
        assert_eq!(route(&[OneCall], block, small), Some(SyncCopy));
        assert_eq!(route(&[OneCall], block, large), Some(Blocks));
        assert_eq!(route(&[OneCall, SyncCopy], block, small), Some(AsyncCopy));
        assert_eq!(route(&[Blocks], block, large), Some(AsyncCopy));
        assert_eq!(route(&[Blocks], block, small), Some(OneCall));
        assert_eq!(route(&[OneCall, SyncCopy, AsyncCopy], block, small), None);
    }

    #[test]
    fn between_256_mib_and_a_higher_limit_blocks_stand_in() {
        let settings = Settings {
            one_call_limit: 1024 * MIB,
            ..Settings::default()
        };
        let route = |lacks: &[Route]| {
            choose(
                &lacks.iter().copied().collect(),
                BlobKind::Block,
                300 * MIB,
                &settings,
            )
        };
        assert_eq!(route(&[]), Some(Route::OneCall));
        assert_eq!(route(&[Route::OneCall]), Some(Route::Blocks));
    }

    #[test]
    fn page_and_append_blobs_are_only_read_by_url() {
        use Route::{Blocks, OneCall};
        let other = BlobKind::Other;
        assert_eq!(route(&[], other, 5), Some(OneCall));
        assert_eq!(route(&[OneCall], other, 5), Some(Blocks));
        assert_eq!(route(&[OneCall, Blocks], other, 5), None);
        assert_eq!(route(&[Blocks], other, 300 * MIB), None);
    }

    #[test]
    fn lessons_are_kept_per_account() {
        let lessons = Lessons::default();
        lessons.learn("a", Route::OneCall);
        assert!(lessons.lacks("a").contains(&Route::OneCall));
        assert!(lessons.lacks("b").is_empty());
        lessons.learn_unordered("a", "b");
        assert!(lessons.unordered("a", "b"));
        assert!(!lessons.unordered("b", "a"));
    }
}
