//! The bytes of assets, as a row says.

use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use blobs::{
    BlobError, Budget, Claim, Copied, Look, Place, Presence, Settle, Share, ShareCopied, Sharing,
};
use mirror::AssetBytes;

struct Held {
    look: Result<Look, BlobError>,
    claim: Result<Claim, BlobError>,
    copy: BlobError,
    large: bool,
    /// How many shares were copied.
    shares: u64,
    /// Whether shares were asked for.
    shared_out: bool,
}

/// What the copier answers. Clones share it.
#[derive(Clone)]
pub(crate) struct Bytes(Arc<Mutex<Held>>);

impl Default for Bytes {
    /// Neither container is there, and any is free to be made.
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Held {
            look: Ok(Look::default()),
            claim: Ok(Claim::Ours),
            copy: unscripted(),
            large: false,
            shares: 0,
            shared_out: false,
        })))
    }
}

fn unscripted() -> BlobError {
    BlobError::Configuration {
        what: "no row says what becomes of this call".to_owned(),
    }
}

/// A look that finds both containers, and the replica complete.
fn complete() -> Look {
    let mut look = Look::default();
    look.source_container = Presence::Exists;
    look.replica_container = Presence::Exists;
    look.settled = true;
    look
}

impl Bytes {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap()
    }

    pub(crate) fn are_complete(&self) {
        self.look_finds(|_| {});
    }

    /// What a look finds, as it differs from a complete replica.
    pub(crate) fn look_finds(&self, differs: impl FnOnce(&mut Look)) {
        let mut look = complete();
        differs(&mut look);
        self.held().look = Ok(look);
    }

    pub(crate) fn look_fails(&self, error: BlobError) {
        self.held().look = Err(error);
    }

    /// A blob is missing, and copying it fails.
    pub(crate) fn copy_fails(&self, error: BlobError) {
        self.look_finds(|look| look.missing = 1);
        self.held().copy = error;
    }

    /// Much of it is missing.
    pub(crate) fn are_large(&self) {
        self.look_finds(|look| look.missing = 1000);
        self.held().large = true;
    }

    pub(crate) fn are_shared_out(&self) -> bool {
        self.held().shared_out
    }

    pub(crate) fn shares_copied(&self) -> u64 {
        self.held().shares
    }

    pub(crate) fn containers_are(&self, claim: Claim) {
        self.held().claim = Ok(claim);
    }

    pub(crate) fn claim_fails(&self, error: BlobError) {
        self.held().claim = Err(error);
    }
}

#[async_trait]
impl AssetBytes for Bytes {
    async fn look(&self, _: &Place, _: &Place, _: Settle) -> Result<Look, BlobError> {
        self.held().look.clone()
    }

    async fn claim(&self, _: &Place, _: &Place, _: &str) -> Result<Claim, BlobError> {
        self.held().claim.clone()
    }

    async fn shares(&self, _: &Place, _: &Place, _: Settle) -> Result<Sharing, BlobError> {
        self.held().shared_out = true;
        Err(unscripted())
    }

    fn is_large(&self, _: &Look) -> bool {
        self.held().large
    }

    async fn mirror(
        &self,
        _: &Place,
        _: &Place,
        _: Settle,
        _: &Budget,
    ) -> Result<Copied, BlobError> {
        Err(self.held().copy.clone())
    }

    async fn copy_share(&self, _: &Share, _: &Budget) -> Result<ShareCopied, BlobError> {
        self.held().shares += 1;
        let mut copied = ShareCopied::default();
        copied.blobs = 1;
        Ok(copied)
    }
}
