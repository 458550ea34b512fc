//! How the copier works, as numbers.

use crate::BlobError;
use std::{fmt, sync::Arc, time::Duration};

/// One mebibyte, in bytes.
pub(crate) const MIB: u64 = 1024 * 1024;

/// Limits of the copier. The defaults are those of the product.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Blobs up to this many bytes are copied by one call. Default 256 MiB, so that no call
    /// outlives an idle connection; the service allows up to 5,000 MiB.
    pub one_call_limit: u64,
    /// Size in bytes of the blocks of larger blobs. Default 64 MiB; the service allows up to
    /// 4,000 MiB. Larger blocks are used only where 50,000 of these would not be enough.
    pub block_size: u64,
    /// How many copy calls run at once in one operation. Default 16.
    pub concurrency: usize,
    /// How long the newest source blob must have been left alone before the bytes count as
    /// complete, by the storage service's own clock. Default 2 minutes.
    pub settle: Duration,
    /// How many looks [`mirror`](crate::Copier::mirror) takes at a source that keeps changing.
    /// Default 4.
    pub rounds: u32,
    /// An asset with more missing blobs than this is shared out. Default 2,000.
    pub large_blobs: u64,
    /// An asset with more missing bytes than this is shared out. Default 16 GiB.
    pub large_bytes: u64,
    /// How many bytes one share copies at most, unless a single blob or block is larger.
    /// Default 4 GiB.
    pub share_bytes: u64,
    /// How many shares are handed out at a time. Default 32.
    pub shares: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            one_call_limit: 256 * MIB,
            block_size: 64 * MIB,
            concurrency: 16,
            settle: Duration::from_secs(120),
            rounds: 4,
            large_blobs: 2_000,
            large_bytes: 16 * 1024 * MIB,
            share_bytes: 4 * 1024 * MIB,
            shares: 32,
        }
    }
}

impl Settings {
    /// Checks every limit against what the service allows.
    ///
    /// # Errors
    /// [`BlobError::Configuration`] naming the first setting that is out of range.
    pub fn check(&self) -> Result<(), BlobError> {
        let wrong = [
            (
                self.one_call_limit == 0 || self.one_call_limit > 5_000 * MIB,
                "the one-call limit must be between 1 byte and 5,000 MiB",
            ),
            (
                self.block_size == 0 || self.block_size > 4_000 * MIB,
                "the block size must be between 1 byte and 4,000 MiB",
            ),
            (
                self.concurrency == 0 || self.concurrency > 1_000,
                "the copy concurrency must be between 1 and 1,000",
            ),
            (self.rounds < 2, "at least 2 rounds are needed"),
            (
                self.share_bytes == 0 || self.shares == 0,
                "the shares must have room for something",
            ),
        ]
        .into_iter()
        .find(|(wrong, _)| *wrong);
        match wrong {
            Some((_, what)) => Err(BlobError::Configuration { what: what.into() }),
            None => Ok(()),
        }
    }
}

/// Whether the source must have been quiet for a while before its bytes count as complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settle {
    /// Wait for [`Settings::settle`]: nobody said that writing has ended.
    Wait,
    /// Do not wait: a finished job said so.
    AfterJob,
}

/// Says whether there is time for another call. The copier asks before each one; it never looks
/// at a clock itself.
#[derive(Clone)]
pub struct Budget(Arc<dyn Fn() -> bool + Send + Sync>);

impl Budget {
    /// `more` answers true while there is time for another copy call.
    pub fn new(more: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(more))
    }

    /// No limit.
    #[must_use]
    pub fn unlimited() -> Self {
        Self::new(|| true)
    }

    pub(crate) fn left(&self) -> bool {
        (self.0)()
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Budget")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_allowed_and_impossible_limits_are_not() {
        assert!(Settings::default().check().is_ok());
        let broken: [fn(&mut Settings); 6] = [
            |s| s.one_call_limit = 0,
            |s| s.one_call_limit = 5_001 * MIB,
            |s| s.block_size = 4_001 * MIB,
            |s| s.concurrency = 0,
            |s| s.rounds = 1,
            |s| s.shares = 0,
        ];
        for breaks in broken {
            let mut settings = Settings::default();
            breaks(&mut settings);
            assert!(settings.check().is_err(), "{settings:?}");
        }
    }
}
