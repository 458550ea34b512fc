//! Counts the calls of one operation, per account.

use crate::{
    Place, Side,
    blob::{Blob, CopyState, Metadata},
    blocks::{Block, BlockId},
    service::{Answer, BlobService, Blocks, Copying, Page},
};
use async_trait::async_trait;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

/// Calls made to the two storage accounts, not counting retries inside a call and requests for
/// tokens and delegation keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Calls to the source account.
    pub source: u64,
    /// Calls to the replica account; every copy is one of these.
    pub replica: u64,
}

impl Calls {
    /// Both together.
    #[must_use]
    pub fn total(self) -> u64 {
        self.source + self.replica
    }
}

pub(crate) struct Counted {
    service: Arc<dyn BlobService>,
    source: AtomicU64,
    replica: AtomicU64,
}

impl Counted {
    pub(crate) fn new(service: Arc<dyn BlobService>) -> Self {
        Self {
            service,
            source: AtomicU64::new(0),
            replica: AtomicU64::new(0),
        }
    }

    pub(crate) fn calls(&self) -> Calls {
        Calls {
            source: self.source.load(Relaxed),
            replica: self.replica.load(Relaxed),
        }
    }

    fn to(&self, side: Side) -> &dyn BlobService {
        let counter = match side {
            Side::Source => &self.source,
            Side::Replica => &self.replica,
        };
        counter.fetch_add(1, Relaxed);
        self.service.as_ref()
    }
}

#[async_trait]
impl BlobService for Counted {
    async fn list(&self, side: Side, place: &Place, marker: Option<&str>) -> Answer<Page> {
        self.to(side).list(side, place, marker).await
    }
    async fn container_metadata(&self, side: Side, place: &Place) -> Answer<Metadata> {
        self.to(side).container_metadata(side, place).await
    }
    async fn create_container(&self, place: &Place, metadata: &Metadata) -> Answer<()> {
        self.to(Side::Replica)
            .create_container(place, metadata)
            .await
    }
    async fn properties(&self, side: Side, place: &Place, name: &str) -> Answer<Blob> {
        self.to(side).properties(side, place, name).await
    }
    async fn block_list(&self, place: &Place, name: &str) -> Answer<Blocks> {
        self.to(Side::Replica).block_list(place, name).await
    }
    async fn put_blob_from_url(&self, copying: &Copying) -> Answer<()> {
        self.to(Side::Replica).put_blob_from_url(copying).await
    }
    async fn put_block_from_url(&self, copying: &Copying, block: &Block) -> Answer<()> {
        self.to(Side::Replica)
            .put_block_from_url(copying, block)
            .await
    }
    async fn put_block_list(&self, copying: &Copying, ids: Vec<BlockId>) -> Answer<()> {
        self.to(Side::Replica).put_block_list(copying, ids).await
    }
    async fn copy_blob_from_url(&self, copying: &Copying) -> Answer<()> {
        self.to(Side::Replica).copy_blob_from_url(copying).await
    }
    async fn start_copy(&self, copying: &Copying) -> Answer<CopyState> {
        self.to(Side::Replica).start_copy(copying).await
    }
    async fn abort_copy(&self, place: &Place, name: &str, id: &str) -> Answer<()> {
        self.to(Side::Replica).abort_copy(place, name, id).await
    }
    async fn open_source(&self, place: &Place) -> Answer<()> {
        self.service.open_source(place).await
    }
    async fn pause(&self, polls: u32) {
        self.service.pause(polls).await;
    }
}
