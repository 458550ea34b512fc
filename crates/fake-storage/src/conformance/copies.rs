//! Copy Blob, asynchronous and synchronous.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use azure_core::http::{ClientMethodOptions, Context, Etag};
use azure_storage_blob::BlobClient;
use azure_storage_blob::models::{
    AccessTier, BlobClientGetPropertiesResultHeaders, BlobClientStartCopyFromUrlOptions,
    BlobClientStartCopyFromUrlResultHeaders, CopyStatus,
};

use super::scene::{ExtraHeaders, Scene, body, bytes, refusal, refused};
use super::{Check, check};

type Outcome = anyhow::Result<()>;

pub(super) const CHECKS: &[Check] = &[
    check!(
        "an asynchronous copy has bytes, headers, metadata and MD5 of its source",
        asynchronous
    ),
    check!("a synchronous copy has them too", synchronous),
    check!(
        "metadata given to a copy replace the source's",
        other_metadata
    ),
    check!("a copy that is not pending cannot be aborted", abort),
    check!("a copy of a source that changed is 412", changed_source),
    check!(
        "a copy onto a blob that must not be there is refused",
        existing
    ),
    check!(
        "a copy from nothing is 404 CannotVerifyCopySource",
        missing_source
    ),
    check!(
        "a copy of a source nobody may read is refused",
        closed_source
    ),
    check!(
        "an archived source of an asynchronous copy is refused",
        archived_source,
        azurite: "409 CannotVerifyCopySource found"
    ),
    check!(
        "an archived source of a synchronous copy is refused",
        archived_source_synchronous
    ),
    check!("a token opens the source of a synchronous copy", by_token, azurite: "<Code>CannotVerifyCopySource</Code>"),
];

/// The options of a synchronous copy, which the client has no method for.
fn sync_options(token: Option<String>) -> BlobClientStartCopyFromUrlOptions<'static> {
    let mut headers = vec![("x-ms-requires-sync", "true".to_owned())];
    headers.extend(token.map(|token| ("x-ms-copy-source-authorization", token)));
    let context = Context::new().with_value(ExtraHeaders(headers));
    BlobClientStartCopyFromUrlOptions {
        method_options: ClientMethodOptions { context },
        ..Default::default()
    }
}

async fn copied_whole(
    scene: &Scene,
    options: BlobClientStartCopyFromUrlOptions<'static>,
) -> anyhow::Result<BlobClient> {
    let sent = bytes(300_000);
    let (source, etag) = scene.seed("source é.mp4", &sent).await?;
    let url = scene.readable(&source).await?;
    let blob = scene.destination.blob_client("copy");
    let options = BlobClientStartCopyFromUrlOptions {
        source_if_match: Some(etag),
        ..options
    };
    let answer = blob
        .start_copy_from_url(url.to_string(), Some(options))
        .await?;
    ensure!(answer.copy_status()? == Some(CopyStatus::Success) && answer.copy_id()?.is_some());
    ensure!(body(&blob).await? == sent);
    let found = blob.get_properties(None).await?;
    ensure!(found.content_type()?.as_deref() == Some("video/mp4"));
    ensure!(
        found.content_md5()? == crate::Content::bytes(sent).md5().map(Vec::from),
        "the source's MD5"
    );
    Ok(blob)
}

async fn asynchronous(scene: Arc<Scene>) -> Outcome {
    let blob = copied_whole(&scene, BlobClientStartCopyFromUrlOptions::default()).await?;
    let found = blob.get_properties(None).await?;
    ensure!(found.metadata()? == HashMap::from([("kind".to_owned(), "seed".to_owned())]));
    ensure!(found.copy_status()? == Some(CopyStatus::Success));
    ensure!(found.copy_progress()?.as_deref() == Some("300000/300000"));
    ensure!(found.copy_completion_time()?.is_some() && found.copy_source()?.is_some());
    Ok(())
}

async fn synchronous(scene: Arc<Scene>) -> Outcome {
    let blob = copied_whole(&scene, sync_options(None)).await?;
    ensure!(
        blob.get_properties(None).await?.metadata()?
            == HashMap::from([("kind".to_owned(), "seed".to_owned())])
    );
    Ok(())
}

async fn other_metadata(scene: Arc<Scene>) -> Outcome {
    let metadata = HashMap::from([("mirrorsource".to_owned(), "0x8D".to_owned())]);
    let options = BlobClientStartCopyFromUrlOptions {
        metadata: Some(metadata.clone()),
        ..Default::default()
    };
    let blob = copied_whole(&scene, options).await?;
    ensure!(blob.get_properties(None).await?.metadata()? == metadata);
    Ok(())
}

async fn abort(scene: Arc<Scene>) -> Outcome {
    let blob = copied_whole(&scene, BlobClientStartCopyFromUrlOptions::default()).await?;
    let id = blob
        .get_properties(None)
        .await?
        .copy_id()?
        .context("no copy ID")?;
    refused(
        blob.abort_copy(&id, None).await,
        409,
        "NoPendingCopyOperation",
    )
}

async fn changed_source(scene: Arc<Scene>) -> Outcome {
    let (source, _) = scene.seed("source", b"x").await?;
    let url = scene.readable(&source).await?;
    let options = BlobClientStartCopyFromUrlOptions {
        source_if_match: Some(Etag::from("\"0x1\"")),
        ..Default::default()
    };
    let outcome = scene
        .destination
        .blob_client("copy")
        .start_copy_from_url(url.to_string(), Some(options))
        .await;
    let (status, _) = refusal(outcome.map(|_| ()))?;
    ensure!(status == 412, "412 expected, {status} found");
    Ok(())
}

async fn existing(scene: Arc<Scene>) -> Outcome {
    let blob = copied_whole(&scene, BlobClientStartCopyFromUrlOptions::default()).await?;
    let url = scene
        .readable(&scene.source.blob_client("source é.mp4"))
        .await?;
    let options = BlobClientStartCopyFromUrlOptions {
        if_none_match: Some(Etag::from("*")),
        ..Default::default()
    };
    let outcome = blob
        .start_copy_from_url(url.to_string(), Some(options))
        .await;
    refused(outcome.map(|_| ()), 409, "BlobAlreadyExists")
}

async fn missing_source(scene: Arc<Scene>) -> Outcome {
    let url = scene.readable(&scene.source.blob_client("nothing")).await?;
    let blob = scene.destination.blob_client("copy");
    refused(
        blob.start_copy_from_url(url.to_string(), None)
            .await
            .map(|_| ()),
        404,
        "CannotVerifyCopySource",
    )?;
    let synchronous = blob
        .start_copy_from_url(url.to_string(), Some(sync_options(None)))
        .await;
    refused(synchronous.map(|_| ()), 404, "CannotVerifyCopySource")
}

async fn closed_source(scene: Arc<Scene>) -> Outcome {
    let (source, _) = scene.seed("source", b"x").await?;
    let outcome = scene
        .destination
        .blob_client("copy")
        .start_copy_from_url(source.url().to_string(), None)
        .await;
    let (status, code) = refusal(outcome.map(|_| ()))?;
    // 404 for a private container, 409 where public access is forbidden, 403 from Azurite.
    ensure!(
        [403, 404, 409].contains(&status) && code == "CannotVerifyCopySource",
        "{status} {code}"
    );
    Ok(())
}

async fn copy_of_archived(
    scene: &Scene,
    options: BlobClientStartCopyFromUrlOptions<'static>,
) -> anyhow::Result<azure_core::Result<()>> {
    let (source, _) = scene.seed("source", b"cold").await?;
    let url = scene.readable(&source).await?;
    source.set_tier(AccessTier::Archive, None).await?;
    let blob = scene.destination.blob_client("copy");
    Ok(blob
        .start_copy_from_url(url.to_string(), Some(options))
        .await
        .map(|_| ()))
}

async fn archived_source(scene: Arc<Scene>) -> Outcome {
    let outcome = copy_of_archived(&scene, BlobClientStartCopyFromUrlOptions::default()).await?;
    refused(outcome, 409, "BlobArchived")
}

async fn archived_source_synchronous(scene: Arc<Scene>) -> Outcome {
    refused(
        copy_of_archived(&scene, sync_options(None)).await?,
        409,
        "CannotVerifyCopySource",
    )
}

async fn by_token(scene: Arc<Scene>) -> Outcome {
    let (source, _) = scene.seed("source", b"open").await?;
    let blob = scene.destination.blob_client("copy");
    let options = sync_options(Some(scene.authorization()));
    blob.start_copy_from_url(source.url().to_string(), Some(options))
        .await?;
    ensure!(body(&blob).await? == b"open");
    Ok(())
}
