//! What a look at both places says.

use crate::{Calls, Settings, Settle, blob::Blob, compare::Likeness};
use std::time::Duration;
use time::OffsetDateTime;

/// How many names a look keeps as examples.
const SAMPLE: usize = 10;

/// Whether a container is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    Exists,
    /// The service says that it is not.
    #[default]
    Absent,
}

/// What is there and what is missing, as both listings showed it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Look {
    /// Source blobs, without directory entries.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Source blobs of which the replica does not have the present state.
    pub missing: u64,
    /// Their bytes.
    pub missing_bytes: u64,
    /// Those of the missing that are being copied by the service already (asynchronous copy).
    pub arriving: u64,
    /// Those of the missing that cannot be copied yet because bytes are still being copied into
    /// the source blob itself.
    pub source_arriving: u64,
    /// Those of the missing that claim to be the copy but have another length or MD5.
    pub mismatched: u64,
    /// Replica blobs without a source blob. They are left alone.
    pub extra: u64,
    /// Names of some missing blobs, relative to the place.
    pub sample: Vec<String>,
    /// A missing blob that is archived, if there is one.
    pub archived: Option<String>,
    /// When the newest source blob was written, by the storage service's clock.
    pub source_newest: Option<OffsetDateTime>,
    /// The storage service's clock when the source was listed.
    pub service_now: Option<OffsetDateTime>,
    /// Whether the newest source blob is old enough, or need not be. An empty source is settled.
    pub settled: bool,
    /// How long until it will be old enough; `None` if it is, or if nobody can tell.
    pub settled_in: Option<Duration>,
    /// Whether the source container exists.
    pub source_container: Presence,
    /// Whether the replica container exists.
    pub replica_container: Presence,
    /// The calls it took.
    pub calls: Calls,
}

impl Look {
    /// Whether the replica has the bytes: the source container exists, every source blob is in
    /// the replica in its present state, and the source is settled. An asset without blobs is
    /// complete once both containers exist.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.source_container == Presence::Exists
            && self.replica_container == Presence::Exists
            && self.missing == 0
            && self.settled
    }

    /// Whether what is missing is better shared out over several invocations.
    #[must_use]
    pub fn is_large(&self, settings: &Settings) -> bool {
        self.missing > settings.large_blobs || self.missing_bytes > settings.large_bytes
    }

    pub(crate) fn count(&mut self, source: &Blob) {
        self.blobs += 1;
        self.bytes += source.length;
        self.source_newest = self.source_newest.max(source.modified);
        if source.is_arriving() {
            self.source_arriving += 1;
        }
    }

    pub(crate) fn miss(&mut self, source: &Blob, likeness: Option<Likeness>) {
        self.missing += 1;
        self.missing_bytes += source.length;
        match likeness {
            Some(Likeness::Arriving) => self.arriving += 1,
            Some(Likeness::Mismatch) => self.mismatched += 1,
            Some(Likeness::Differs | Likeness::Equal) | None => {}
        }
        if self.sample.len() < SAMPLE {
            self.sample.push(source.name.clone());
        }
    }

    /// Decides whether the source is settled, once everything is counted.
    pub(crate) fn settle(&mut self, settle: Settle, needed: Duration) {
        if self.source_arriving > 0 {
            self.settled = false;
            return;
        }
        self.settled_in = match (settle, self.source_newest, self.service_now) {
            (Settle::AfterJob, _, _) | (_, None, _) => None,
            _ if needed.is_zero() => None,
            // A service without a clock: it must be asked again, not before `settle` is over.
            (Settle::Wait, Some(_), None) => Some(needed),
            (Settle::Wait, Some(newest), Some(now)) => {
                let until = newest + needed - now;
                until.is_positive().then(|| until.unsigned_abs())
            }
        };
        self.settled = self.settled_in.is_none();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    fn newest(modified: OffsetDateTime) -> Look {
        let mut look = Look {
            service_now: Some(datetime!(2026-01-01 12:00:00 UTC)),
            ..Look::default()
        };
        look.count(&Blob {
            modified: Some(modified),
            ..Blob::default()
        });
        look
    }

    #[test]
    fn the_newest_blob_must_be_older_than_settle() {
        let needed = Duration::from_secs(120);
        let mut look = newest(datetime!(2026-01-01 11:58:01 UTC));
        look.settle(Settle::Wait, needed);
        assert_eq!(
            (look.settled, look.settled_in),
            (false, Some(Duration::from_secs(1)))
        );
        let mut look = newest(datetime!(2026-01-01 11:58:00 UTC));
        look.settle(Settle::Wait, needed);
        assert_eq!((look.settled, look.settled_in), (true, None));
    }

    #[test]
    fn a_finished_job_or_no_settle_is_not_waited_for() {
        for (settle, needed) in [(Settle::AfterJob, 120), (Settle::Wait, 0)] {
            let mut look = newest(datetime!(2026-01-01 12:00:00 UTC));
            look.settle(settle, Duration::from_secs(needed));
            assert!(look.settled && look.settled_in.is_none());
        }
    }

    #[test]
    fn a_source_blob_still_arriving_is_never_settled() {
        let mut look = Look {
            source_arriving: 1,
            ..newest(datetime!(2026-01-01 00:00:00 UTC))
        };
        look.settle(Settle::AfterJob, Duration::ZERO);
        assert!(!look.settled);
    }

    #[test]
    fn complete_needs_both_containers() {
        let mut look = Look {
            settled: true,
            source_container: Presence::Exists,
            ..Look::default()
        };
        assert!(!look.complete());
        look.replica_container = Presence::Exists;
        assert!(look.complete());
        look.missing = 1;
        assert!(!look.complete());
    }
}
