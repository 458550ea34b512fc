//! Each operation as one call of the SDK.

use super::{
    Sdk,
    convert::{self, quoted, sdk_metadata, sdk_tier, unreadable},
    fault::refusal,
    gaps::copy_options,
    source_auth::CopySource,
};
use crate::{
    Place, Side,
    blob::{Blob, CopyState, Metadata},
    blocks::{Block, BlockId},
    service::{Answer, BlobService, Blocks, Copying, Page},
};
use async_trait::async_trait;
use azure_core::{
    http::{Etag, headers::HeaderName},
    time::parse_rfc7231,
};
use azure_storage_blob::{
    BlobClient,
    models::{
        BlobClientStartCopyFromUrlOptions, BlobClientStartCopyFromUrlResultHeaders,
        BlobContainerClientCreateOptions, BlobContainerClientGetPropertiesResultHeaders,
        BlobContainerClientListBlobsOptions, BlockBlobClientCommitBlockListOptions,
        BlockBlobClientStageBlockFromUrlOptions, BlockBlobClientUploadBlobFromUrlOptions,
        BlockListType, BlockLookupList, HttpRange, ListBlobsIncludeItem,
    },
};
use cloud::BlobPage;
use futures::TryStreamExt;
use std::time::Duration;

impl Sdk {
    pub(super) fn side(&self, side: Side) -> &super::Clients {
        match side {
            Side::Source => &self.source,
            Side::Replica => &self.replica,
        }
    }

    async fn ends(&self, copying: &Copying) -> Answer<(CopySource, BlobClient)> {
        let name = &copying.blob.name;
        // Whatever it takes to open the source is the source's trouble, also within a copy.
        let source = self
            .reader
            .source(&self.source, &copying.source, name)
            .await
            .map_err(|mut refusal| {
                refusal.at = Some(Side::Source);
                refusal
            })?;
        Ok((source, self.replica.blob(&copying.replica, name)?))
    }

    async fn copy(&self, copying: &Copying, synchronous: bool) -> Answer<CopyState> {
        let (source, replica) = self.ends(copying).await?;
        let (if_match, if_none_match) = conditions(copying);
        let answer = replica
            .start_copy_from_url(
                source.url,
                Some(BlobClientStartCopyFromUrlOptions {
                    if_match,
                    if_none_match,
                    source_if_match: Some(quoted(&copying.blob.etag)),
                    metadata: sdk_metadata(&copying.blob.replica_metadata()),
                    tier: copying.tier().map(sdk_tier),
                    method_options: copy_options(synchronous, source.authorization),
                    ..Default::default()
                }),
            )
            .await
            .map_err(refusal)?;
        let status = answer.copy_status().map_err(refusal)?;
        Ok(CopyState {
            id: answer.copy_id().map_err(refusal)?.unwrap_or_default(),
            status: convert::copy_status(status.ok_or_else(|| unreadable("a copy has no status"))?),
            failed_with: None,
        })
    }
}

/// A replica blob is overwritten only in the state in which it was seen, and made only where none was.
fn conditions(copying: &Copying) -> (Option<Etag>, Option<Etag>) {
    match &copying.replaces {
        Some(etag) => (Some(quoted(etag)), None),
        None => (None, Some(Etag::from("*"))),
    }
}

#[async_trait]
impl BlobService for Sdk {
    async fn list(&self, side: Side, place: &Place, marker: Option<&str>) -> Answer<Page> {
        let options = BlobContainerClientListBlobsOptions {
            include: Some(vec![
                ListBlobsIncludeItem::Metadata,
                ListBlobsIncludeItem::Copy,
            ]),
            marker: marker.map(str::to_owned),
            prefix: place.listing_prefix(),
            ..Default::default()
        };
        let mut pages = self
            .side(side)
            .container(place)?
            .list_blobs(Some(options))
            .map_err(refusal)?
            .into_pages();
        let page = pages
            .try_next()
            .await
            .map_err(refusal)?
            .ok_or_else(|| unreadable("a listing without a page"))?;
        let date = page
            .headers()
            .get_optional_str(&HeaderName::from_static("date"))
            .and_then(|date| parse_rfc7231(date).ok());
        let page = BlobPage::read(&page.into_body()).map_err(refusal)?;
        let blobs = page.blobs.into_iter();
        Ok(Page {
            blobs: blobs
                .filter_map(|item| convert::listed(place, item).transpose())
                .collect::<Answer<_>>()?,
            next: page.next_marker.filter(|marker| !marker.is_empty()),
            date,
        })
    }

    async fn container_metadata(&self, side: Side, place: &Place) -> Answer<Metadata> {
        let answer = self
            .side(side)
            .container(place)?
            .get_properties(None)
            .await
            .map_err(refusal)?;
        let mut metadata = Metadata::new();
        metadata.extend(answer.metadata().map_err(refusal)?);
        Ok(metadata)
    }

    async fn create_container(&self, place: &Place, metadata: &Metadata) -> Answer<()> {
        let options = BlobContainerClientCreateOptions {
            metadata: sdk_metadata(metadata),
            ..Default::default()
        };
        let container = self.replica.container(place)?;
        container.create(Some(options)).await.map_err(refusal)?;
        Ok(())
    }

    async fn properties(&self, side: Side, place: &Place, name: &str) -> Answer<Blob> {
        let blob = self.side(side).blob(place, name)?;
        let answer = blob.get_properties(None).await.map_err(refusal)?;
        convert::properties(name, &answer)
            .map_err(refusal)?
            .ok_or_else(|| unreadable("a blob without ETag or length"))
    }

    async fn block_list(&self, place: &Place, name: &str) -> Answer<Blocks> {
        let blob = self.replica.blob(place, name)?.block_blob_client();
        let answer = blob
            .get_block_list(BlockListType::All, None)
            .await
            .map_err(refusal)?;
        let etag = convert::committed(&answer).map_err(refusal)?;
        let answer = answer.into_model().map_err(refusal)?;
        let ours = |blocks: Option<Vec<_>>| {
            blocks
                .unwrap_or_default()
                .into_iter()
                .filter_map(convert::block)
        };
        Ok(Blocks {
            etag,
            committed: ours(answer.committed_blocks).collect(),
            uncommitted: ours(answer.uncommitted_blocks).collect(),
        })
    }

    async fn put_blob_from_url(&self, copying: &Copying) -> Answer<()> {
        let (source, replica) = self.ends(copying).await?;
        let (if_match, if_none_match) = conditions(copying);
        let blob = &copying.blob;
        let options = BlockBlobClientUploadBlobFromUrlOptions {
            blob_cache_control: blob.headers.cache_control.clone(),
            blob_content_disposition: blob.headers.disposition.clone(),
            blob_content_encoding: blob.headers.encoding.clone(),
            blob_content_language: blob.headers.language.clone(),
            blob_content_md5: blob.md5.clone(),
            blob_content_type: blob.headers.content_type.clone(),
            copy_source_authorization: source.authorization,
            if_match,
            if_none_match,
            metadata: sdk_metadata(&blob.replica_metadata()),
            source_if_match: Some(quoted(&blob.etag)),
            tier: copying.tier().map(sdk_tier),
            ..Default::default()
        };
        let replica = replica.block_blob_client();
        replica
            .upload_blob_from_url(source.url, Some(options))
            .await
            .map_err(refusal)?;
        Ok(())
    }

    async fn put_block_from_url(&self, copying: &Copying, block: &Block) -> Answer<()> {
        let (source, replica) = self.ends(copying).await?;
        let options = BlockBlobClientStageBlockFromUrlOptions {
            copy_source_authorization: source.authorization,
            source_if_match: Some(quoted(&copying.blob.etag)),
            source_range: Some(HttpRange::new(block.offset, block.length)),
            ..Default::default()
        };
        let replica = replica.block_blob_client();
        // The length is that of the request's own body, of which there is none.
        replica
            .stage_block_from_url(&block.id, 0, source.url, Some(options))
            .await
            .map_err(refusal)?;
        Ok(())
    }

    async fn put_block_list(&self, copying: &Copying, ids: Vec<BlockId>) -> Answer<()> {
        let (if_match, if_none_match) = conditions(copying);
        let blob = &copying.blob;
        let options = BlockBlobClientCommitBlockListOptions {
            blob_cache_control: blob.headers.cache_control.clone(),
            blob_content_disposition: blob.headers.disposition.clone(),
            blob_content_encoding: blob.headers.encoding.clone(),
            blob_content_language: blob.headers.language.clone(),
            blob_content_md5: blob.md5.clone(),
            blob_content_type: blob.headers.content_type.clone(),
            if_match,
            if_none_match,
            metadata: sdk_metadata(&blob.replica_metadata()),
            tier: copying.tier().map(sdk_tier),
            ..Default::default()
        };
        // `latest` takes a block from the uncommitted ones first.
        let list = BlockLookupList {
            latest: Some(ids),
            ..Default::default()
        };
        let replica = self
            .replica
            .blob(&copying.replica, &blob.name)?
            .block_blob_client();
        replica
            .commit_block_list(list.try_into().map_err(refusal)?, Some(options))
            .await
            .map_err(refusal)?;
        Ok(())
    }

    async fn copy_blob_from_url(&self, copying: &Copying) -> Answer<()> {
        self.copy(copying, true).await.map(|_| ())
    }

    async fn start_copy(&self, copying: &Copying) -> Answer<CopyState> {
        self.copy(copying, false).await
    }

    async fn abort_copy(&self, place: &Place, name: &str, id: &str) -> Answer<()> {
        let replica = self.replica.blob(place, name)?;
        replica.abort_copy(id, None).await.map_err(refusal)?;
        Ok(())
    }

    async fn open_source(&self, place: &Place) -> Answer<()> {
        // The name matters to nobody: what lets in is for the whole place.
        let opened = self.reader.source(&self.source, place, "blob").await;
        opened.map(drop)
    }

    async fn pause(&self, polls: u32) {
        // From a quarter of a second to four.
        let pause = Duration::from_millis(250 << polls.min(4));
        tokio::time::sleep(pause).await;
    }
}
