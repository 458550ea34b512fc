//! Blocks, from the client and from another blob.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::ensure;
use azure_core::http::{Etag, RequestContent, Url};
use azure_storage_blob::BlockBlobClient;
use azure_storage_blob::models::{
    BlobClientGetPropertiesResultHeaders, BlockBlobClientCommitBlockListOptions,
    BlockBlobClientStageBlockFromUrlOptions, BlockBlobClientUploadBlobFromUrlOptions,
    BlockListType, BlockLookupList, HttpRange,
};

use super::scene::{Scene, body, bytes, etag, refusal, refused};
use super::{Check, check};

type Outcome = anyhow::Result<()>;

pub(super) const CHECKS: &[Check] = &[
    check!(
        "blocks from a URL, committed, are the source",
        blocks_from_url
    ),
    check!(
        "staged blocks are listed and are no blob yet",
        staged_blocks
    ),
    check!("a list with an unknown block is refused", unknown_block),
    check!("a block from a source that changed is 412", changed_source),
    check!(
        "a block from a source nobody may read is refused",
        closed_source
    ),
    check!(
        "a block from nothing is 404 CannotVerifyCopySource",
        missing_source
    ),
    check!("a block with the wrong MD5 is refused", wrong_md5),
    check!("a token opens the source of a block", block_by_token, azurite: "<Code>CannotVerifyCopySource</Code>"),
    check!("Put Blob From URL copies bytes and headers and computes the MD5", put_from_url, azurite: "APINotImplemented"),
    check!("a token opens the source of Put Blob From URL", put_from_url_by_token, azurite: "APINotImplemented"),
    check!("Put Blob From URL is 412 when the source changed", put_from_changed_source, azurite: "APINotImplemented"),
];

/// Stages `length` bytes from `offset` of a source as the block `id`.
async fn stage(
    blob: &BlockBlobClient,
    id: &str,
    source: &Url,
    (offset, length): (u64, u64),
    options: BlockBlobClientStageBlockFromUrlOptions<'static>,
) -> azure_core::Result<()> {
    let options = BlockBlobClientStageBlockFromUrlOptions {
        source_range: Some(HttpRange::new(offset, length)),
        ..options
    };
    blob.stage_block_from_url(id.as_bytes(), 0, source.to_string(), Some(options))
        .await
        .map(|_| ())
}

fn latest(
    ids: &[&str],
) -> anyhow::Result<RequestContent<BlockLookupList, azure_core::http::XmlFormat>> {
    let latest = ids.iter().map(|id| id.as_bytes().to_vec()).collect();
    Ok(BlockLookupList {
        latest: Some(latest),
        ..Default::default()
    }
    .try_into()?)
}

async fn blocks_from_url(scene: Arc<Scene>) -> Outcome {
    let sent = bytes(300_000);
    let (source, etag) = scene.seed("video 1+a.mp4", &sent).await?;
    let url = scene.readable(&source).await?;
    let blob = scene.destination.blob_client("video 1+a.mp4");
    let blocks = blob.block_blob_client();
    let pinned = || BlockBlobClientStageBlockFromUrlOptions {
        source_if_match: Some(etag.clone()),
        ..Default::default()
    };
    stage(&blocks, "block-2", &url, (200_000, 100_000), pinned()).await?;
    stage(&blocks, "block-1", &url, (0, 200_000), pinned()).await?;
    let options = BlockBlobClientCommitBlockListOptions {
        blob_content_type: Some("video/mp4".to_owned()),
        metadata: Some(HashMap::from([(
            "mirrorsource".to_owned(),
            "0x8D".to_owned(),
        )])),
        ..Default::default()
    };
    blocks
        .commit_block_list(latest(&["block-1", "block-2"])?, Some(options))
        .await?;
    ensure!(body(&blob).await? == sent);
    let found = blob.get_properties(None).await?;
    ensure!(found.content_type()?.as_deref() == Some("video/mp4"));
    ensure!(
        found.metadata()? == HashMap::from([("mirrorsource".to_owned(), "0x8D".to_owned())]),
        "and not the source's"
    );
    ensure!(found.content_md5()?.is_none(), "nobody has read the whole");
    let list = blocks
        .get_block_list(BlockListType::All, None)
        .await?
        .into_model()?;
    ensure!(list.committed_blocks.unwrap_or_default().len() == 2);
    ensure!(list.uncommitted_blocks.unwrap_or_default().is_empty());
    Ok(())
}

async fn staged_blocks(scene: Arc<Scene>) -> Outcome {
    let blob = scene.destination.blob_client("staged");
    let blocks = blob.block_blob_client();
    blocks
        .stage_block(b"one", 3, RequestContent::from(b"abc".to_vec()), None)
        .await?;
    ensure!(!blob.exists().await?);
    let list = blocks
        .get_block_list(BlockListType::Uncommitted, None)
        .await?
        .into_model()?;
    let staged: Vec<_> = list
        .uncommitted_blocks
        .unwrap_or_default()
        .into_iter()
        .map(|b| (b.name, b.size))
        .collect();
    ensure!(staged == [(Some(b"one".to_vec()), Some(3))], "{staged:?}");
    Ok(())
}

async fn unknown_block(scene: Arc<Scene>) -> Outcome {
    let blocks = scene.destination.blob_client("unknown").block_blob_client();
    blocks
        .stage_block(b"one", 1, RequestContent::from(vec![1]), None)
        .await?;
    refused(
        blocks.commit_block_list(latest(&["two"])?, None).await,
        400,
        "InvalidBlockList",
    )
}

async fn changed_source(scene: Arc<Scene>) -> Outcome {
    let (source, _) = scene.seed("source", &bytes(100)).await?;
    let url = scene.readable(&source).await?;
    let blocks = scene.destination.blob_client("copy").block_blob_client();
    let other = BlockBlobClientStageBlockFromUrlOptions {
        source_if_match: Some(Etag::from("\"0x1\"")),
        ..Default::default()
    };
    let (status, _) = refusal(stage(&blocks, "one", &url, (0, 100), other).await)?;
    ensure!(status == 412, "412 expected, {status} found");
    Ok(())
}

async fn closed_source(scene: Arc<Scene>) -> Outcome {
    let (source, _) = scene.seed("source", &bytes(100)).await?;
    let blocks = scene.destination.blob_client("copy").block_blob_client();
    let outcome = stage(
        &blocks,
        "one",
        source.url(),
        (0, 100),
        BlockBlobClientStageBlockFromUrlOptions::default(),
    );
    let (status, code) = refusal(outcome.await)?;
    // 404 for a private container, 409 where public access is forbidden, 403 from Azurite.
    ensure!(
        [403, 404, 409].contains(&status) && code == "CannotVerifyCopySource",
        "{status} {code}"
    );
    Ok(())
}

async fn missing_source(scene: Arc<Scene>) -> Outcome {
    let url = scene.readable(&scene.source.blob_client("nothing")).await?;
    let blocks = scene.destination.blob_client("copy").block_blob_client();
    let outcome = stage(
        &blocks,
        "one",
        &url,
        (0, 100),
        BlockBlobClientStageBlockFromUrlOptions::default(),
    );
    refused(outcome.await, 404, "CannotVerifyCopySource")
}

async fn wrong_md5(scene: Arc<Scene>) -> Outcome {
    let (source, _) = scene.seed("source", &bytes(100)).await?;
    let url = scene.readable(&source).await?;
    let blocks = scene.destination.blob_client("copy").block_blob_client();
    let wrong = BlockBlobClientStageBlockFromUrlOptions {
        source_content_md5: Some(vec![0; 16]),
        ..Default::default()
    };
    refused(
        stage(&blocks, "one", &url, (0, 100), wrong).await,
        400,
        "Md5Mismatch",
    )
}

async fn block_by_token(scene: Arc<Scene>) -> Outcome {
    let sent = bytes(100);
    let (source, _) = scene.seed("source", &sent).await?;
    let blob = scene.destination.blob_client("copy");
    let blocks = blob.block_blob_client();
    let token = BlockBlobClientStageBlockFromUrlOptions {
        copy_source_authorization: Some(scene.authorization()),
        ..Default::default()
    };
    stage(&blocks, "one", source.url(), (0, 100), token).await?;
    blocks.commit_block_list(latest(&["one"])?, None).await?;
    ensure!(body(&blob).await? == sent);
    Ok(())
}

async fn put_from_url(scene: Arc<Scene>) -> Outcome {
    let sent = bytes(300_000);
    let (source, etag) = scene.seed("source", &sent).await?;
    let url = scene.readable(&source).await?;
    let blob = scene.destination.blob_client("copy");
    let put = || async {
        let options = BlockBlobClientUploadBlobFromUrlOptions {
            source_if_match: Some(etag.clone()),
            metadata: Some(HashMap::from([(
                "mirrorsource".to_owned(),
                "0x8D".to_owned(),
            )])),
            ..Default::default()
        };
        blob.block_blob_client()
            .upload_blob_from_url(url.to_string(), Some(options.if_not_exists()))
            .await
            .map(|_| ())
    };
    put().await?;
    ensure!(body(&blob).await? == sent);
    let found = blob.get_properties(None).await?;
    ensure!(
        found.content_type()?.as_deref() == Some("video/mp4")
            && found.cache_control()?.as_deref() == Some("max-age=60")
    );
    ensure!(found.metadata()? == HashMap::from([("mirrorsource".to_owned(), "0x8D".to_owned())]));
    ensure!(found.content_md5()? == crate::Content::bytes(sent).md5().map(Vec::from));
    refused(put().await, 409, "BlobAlreadyExists")
}

async fn put_from_url_by_token(scene: Arc<Scene>) -> Outcome {
    let (source, _) = scene.seed("source", b"open").await?;
    let blob = scene.destination.blob_client("copy");
    let options = |token| BlockBlobClientUploadBlobFromUrlOptions {
        copy_source_authorization: token,
        ..Default::default()
    };
    let put = |token| {
        let (client, options) = (blob.block_blob_client(), options(token));
        let url = source.url().to_string();
        async move {
            client
                .upload_blob_from_url(url, Some(options))
                .await
                .map(|_| ())
        }
    };
    ensure!(refusal(put(None).await)?.1 == "CannotVerifyCopySource");
    put(Some(scene.authorization())).await?;
    ensure!(body(&blob).await? == b"open");
    Ok(())
}

async fn put_from_changed_source(scene: Arc<Scene>) -> Outcome {
    let (source, before) = scene.seed("source", b"old").await?;
    scene.seed("source", b"new").await?;
    ensure!(etag(&source).await? != before);
    let url = scene.readable(&source).await?;
    let options = BlockBlobClientUploadBlobFromUrlOptions {
        source_if_match: Some(before),
        ..Default::default()
    };
    let blob = scene.destination.blob_client("copy");
    let outcome = blob
        .block_blob_client()
        .upload_blob_from_url(url.to_string(), Some(options))
        .await;
    let (status, code) = refusal(outcome.map(|_| ()))?;
    ensure!(status == 412, "412 expected, {status} {code} found");
    ensure!(!blob.exists().await?);
    Ok(())
}
