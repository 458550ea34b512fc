//! The bytes of assets, as the mirror sees them.

use async_trait::async_trait;
use blobs::{
    BlobError, Budget, Claim, Copied, Copier, Look, Place, Settle, Share, ShareCopied, Sharing,
    Side,
};
use media::Body;
use uuid::Uuid;

use crate::{Reason, problem::Problem};

/// What the mirror asks of the blob copier.
#[async_trait]
pub trait AssetBytes: Send + Sync {
    /// See [`Copier::look`].
    async fn look(
        &self,
        source: &Place,
        replica: &Place,
        settle: Settle,
    ) -> Result<Look, BlobError>;

    /// See [`Copier::claim`].
    async fn claim(&self, source: &Place, replica: &Place, owner: &str)
    -> Result<Claim, BlobError>;

    /// See [`Copier::shares`].
    async fn shares(
        &self,
        source: &Place,
        replica: &Place,
        settle: Settle,
    ) -> Result<Sharing, BlobError>;

    /// Whether what is missing is better shared out, see [`Look::is_large`].
    fn is_large(&self, look: &Look) -> bool;

    /// See [`Copier::mirror`].
    async fn mirror(
        &self,
        source: &Place,
        replica: &Place,
        settle: Settle,
        budget: &Budget,
    ) -> Result<Copied, BlobError>;

    /// See [`Copier::copy_share`].
    async fn copy_share(&self, share: &Share, budget: &Budget) -> Result<ShareCopied, BlobError>;
}

#[async_trait]
impl AssetBytes for Copier {
    async fn look(
        &self,
        source: &Place,
        replica: &Place,
        settle: Settle,
    ) -> Result<Look, BlobError> {
        Self::look(self, source, replica, settle).await
    }

    async fn claim(
        &self,
        source: &Place,
        replica: &Place,
        owner: &str,
    ) -> Result<Claim, BlobError> {
        Self::claim(self, source, replica, owner).await
    }

    async fn shares(
        &self,
        source: &Place,
        replica: &Place,
        settle: Settle,
    ) -> Result<Sharing, BlobError> {
        Self::shares(self, source, replica, settle).await
    }

    fn is_large(&self, look: &Look) -> bool {
        look.is_large(self.settings())
    }

    async fn mirror(
        &self,
        source: &Place,
        replica: &Place,
        settle: Settle,
        budget: &Budget,
    ) -> Result<Copied, BlobError> {
        Self::mirror(self, source, replica, settle, budget).await
    }

    async fn copy_share(&self, share: &Share, budget: &Budget) -> Result<ShareCopied, BlobError> {
        Self::copy_share(self, share, budget).await
    }
}

/// Who a container is made for: the same for an asset in every invocation, and free of characters that a header cannot hold. Assets that
/// share a container, each below a path of its own, own it together.
pub(crate) fn owner_of(asset: &Body, place: &Place) -> String {
    let owner = match place.prefix {
        None => asset.id().to_string(),
        Some(_) => format!("containers/{}/{}", place.account, place.container),
    };
    Uuid::new_v5(&Uuid::NAMESPACE_URL, owner.as_bytes()).to_string()
}

impl Problem {
    /// A failed call to one of the storage accounts.
    pub(crate) fn blobs(error: BlobError) -> Self {
        let of = |side, source, replica| match side {
            Side::Source => source,
            Side::Replica => replica,
        };
        let reason = match &error {
            BlobError::Denied { side, .. } => of(
                *side,
                Reason::SourceStorageDenied,
                Reason::ReplicaStorageDenied,
            ),
            BlobError::Throttled { side, .. } => of(
                *side,
                Reason::SourceStorageThrottled,
                Reason::ReplicaStorageThrottled,
            ),
            BlobError::Unavailable { side, .. } | BlobError::Unreadable { side, .. } => of(
                *side,
                Reason::SourceStorageUnavailable,
                Reason::ReplicaStorageUnavailable,
            ),
            // A container that vanishes from the replica is made again on the next look.
            BlobError::ContainerGone { side, .. } => {
                of(*side, Reason::SourceGone, Reason::ReplicaStorageUnavailable)
            }
            BlobError::SourceArchived { .. } => Reason::SourceArchived,
            BlobError::SourceChanging { .. } => Reason::SourceChanging,
            BlobError::CopyMismatch { .. } => Reason::CopyMismatch,
            BlobError::SourceUnsupported { .. } | BlobError::Name { .. } => {
                Reason::SourceUnsupported
            }
            BlobError::Refused { side, .. } => {
                of(*side, Reason::SourceUnsupported, Reason::ReplicaRefused)
            }
            BlobError::Configuration { .. } => Reason::Configuration,
        };
        let retry_after = match &error {
            BlobError::Throttled { retry_after, .. } => *retry_after,
            _ => None,
        };
        Self {
            retry_after,
            ..Self::new(reason, error.to_string())
        }
    }
}
