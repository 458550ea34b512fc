//! What the copier needs of a storage service. The only way out of this crate's algorithms.

use crate::{
    Place, Side,
    blob::{Blob, CopyState, Metadata, Tier},
    blocks::{Block, BlockId},
    refusal::Refusal,
};
use async_trait::async_trait;
use time::OffsetDateTime;

/// Boxed, because refusals are rare and large.
pub(crate) type Answer<T> = Result<T, Box<Refusal>>;

/// One page of a listing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page {
    pub blobs: Vec<Blob>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// The service's clock (`Date` of the answer).
    pub date: Option<OffsetDateTime>,
}

/// The blocks of a blob: ID and size in bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blocks {
    /// ETag of the blob, if there is one beside what is not committed, as far as the answer shows it: [Get Block
    /// List](https://learn.microsoft.com/rest/api/storageservices/get-block-list) has it in its headers where anything was committed.
    pub etag: Option<String>,
    pub committed: Vec<(BlockId, u64)>,
    pub uncommitted: Vec<(BlockId, u64)>,
}

/// One blob to be copied, in the state in which it was listed.
#[derive(Clone, Debug)]
pub(crate) struct Copying {
    pub source: Place,
    pub replica: Place,
    pub blob: Blob,
    /// ETag of the replica blob that is to be overwritten; `None` writes only if there is none.
    pub replaces: Option<String>,
}

impl Copying {
    /// The tier to send: only with the first copy, so that a tier chosen on the replica stays.
    pub(crate) fn tier(&self) -> Option<Tier> {
        match self.replaces {
            None => self.blob.tier.map(Tier::for_replica),
            Some(_) => None,
        }
    }
}

/// The operations of Azure Blob Storage that copying takes. Every call is one request (not
/// counting the transport's own retries) and no bytes of a blob pass through it.
///
/// Writes of a whole blob carry the source's metadata and the mark, and are conditional on
/// [`Copying::replaces`]; reads of the source are conditional on its ETag.
#[async_trait]
pub(crate) trait BlobService: Send + Sync + 'static {
    /// List Blobs with metadata and copy state: up to 5,000 in name order.
    async fn list(&self, side: Side, place: &Place, marker: Option<&str>) -> Answer<Page>;
    /// Get Container Properties.
    async fn container_metadata(&self, side: Side, place: &Place) -> Answer<Metadata>;
    /// Create Container on the replica side.
    async fn create_container(&self, place: &Place, metadata: &Metadata) -> Answer<()>;
    /// Get Blob Properties.
    async fn properties(&self, side: Side, place: &Place, name: &str) -> Answer<Blob>;
    /// Get Block List of a replica blob.
    async fn block_list(&self, place: &Place, name: &str) -> Answer<Blocks>;
    /// Put Blob From URL.
    async fn put_blob_from_url(&self, copying: &Copying) -> Answer<()>;
    /// Put Block From URL.
    async fn put_block_from_url(&self, copying: &Copying, block: &Block) -> Answer<()>;
    /// Put Block List.
    async fn put_block_list(&self, copying: &Copying, ids: Vec<BlockId>) -> Answer<()>;
    /// Copy Blob From URL (synchronous).
    async fn copy_blob_from_url(&self, copying: &Copying) -> Answer<()>;
    /// Copy Blob (asynchronous): where the copy stands when the call returns.
    async fn start_copy(&self, copying: &Copying) -> Answer<CopyState>;
    /// Abort Copy Blob.
    async fn abort_copy(&self, place: &Place, name: &str, id: &str) -> Answer<()>;
    /// Gets what lets the storage service into a place of the source, and throws it away.
    async fn open_source(&self, place: &Place) -> Answer<()>;
    /// Waits before a pending copy is asked about for the `polls`-th time.
    async fn pause(&self, polls: u32);
}
