//! Containers, whole blobs, and small documents under a condition.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use azure_core::http::{Etag, RequestContent};
use azure_core::time::Duration;
use azure_storage_blob::models::{
    AccessTier, BlobClientDeleteOptions, BlobClientDownloadOptions,
    BlobClientGetPropertiesResultHeaders, BlobClientUploadOptions,
    BlobContainerClientCreateOptions, BlobContainerClientGetPropertiesResultHeaders, HttpRange,
};

use super::scene::{Scene, body, bytes, etag, refusal, refused};
use super::{Check, check};

type Outcome = anyhow::Result<()>;

pub(super) const CHECKS: &[Check] = &[
    check!(
        "a container is made once, keeps its metadata, and is gone when deleted",
        containers
    ),
    check!("a container's name follows the rules", container_names),
    check!(
        "a blob comes back as it went, with headers, metadata and MD5",
        round_trip
    ),
    check!("a blob sent in parts has no MD5", sent_in_parts),
    check!("an empty blob can be read", empty),
    check!("a range is that part", range),
    check!("what is not there is 404 with the service's code", missing),
    check!(
        "a document is written only under its condition",
        conditional_write
    ),
    check!(
        "a document that is known need not be sent again",
        conditional_read
    ),
    check!("metadata change the ETag and nothing else", metadata),
    check!("a tier changes neither ETag nor bytes", tier),
    check!("an archived blob cannot be read", archived),
    check!(
        "a signature opens what it names, while it is valid",
        signatures
    ),
    check!("without authorisation there is 401", unauthorised, azurite: "403 AuthorizationFailure found"),
    check!("every answer has the service's date", date),
];

async fn containers(scene: Arc<Scene>) -> Outcome {
    let container = scene
        .clients
        .source
        .blob_container_client(&format!("{}-own", scene.name));
    let metadata = Some(HashMap::from([("owner".to_owned(), "mirror".to_owned())]));
    container
        .create(Some(BlobContainerClientCreateOptions {
            metadata,
            ..Default::default()
        }))
        .await?;
    refused(container.create(None).await, 409, "ContainerAlreadyExists")?;
    ensure!(
        container.get_properties(None).await?.metadata()?
            == HashMap::from([("owner".to_owned(), "mirror".to_owned())])
    );
    container
        .set_metadata(&HashMap::from([("other".to_owned(), "x".to_owned())]), None)
        .await?;
    ensure!(
        container.get_properties(None).await?.metadata()?
            == HashMap::from([("other".to_owned(), "x".to_owned())])
    );
    container.delete(None).await?;
    refused(
        container.get_properties(None).await,
        404,
        "ContainerNotFound",
    )?;
    refused(container.delete(None).await, 404, "ContainerNotFound")
}

async fn container_names(scene: Arc<Scene>) -> Outcome {
    let create = |name: &str| {
        let container = scene.clients.source.blob_container_client(name);
        async move { refusal(container.create(None).await) }
    };
    ensure!(create("ab").await?.0 == 400, "too short");
    ensure!(create("Upper").await?.0 == 400, "upper case");
    ensure!(create("two--hyphens").await?.0 == 400, "two hyphens");
    Ok(())
}

async fn round_trip(scene: Arc<Scene>) -> Outcome {
    let sent = bytes(100_000);
    for name in [
        "video 1+a.mp4",
        "a/b/c.ism",
        "odd%20name#?&.bin",
        "ünï/ç.bin",
    ] {
        let (blob, _) = scene.seed(name, &sent).await?;
        ensure!(body(&blob).await? == sent, "{name}");
        let found = blob.get_properties(None).await?;
        ensure!(found.content_length()? == Some(100_000));
        ensure!(found.content_type()?.as_deref() == Some("video/mp4"));
        ensure!(found.cache_control()?.as_deref() == Some("max-age=60"));
        ensure!(found.metadata()?.get("kind").map(String::as_str) == Some("seed"));
        let md5 = crate::Content::bytes(sent.clone()).md5().map(Vec::from);
        ensure!(found.content_md5()? == md5, "the MD5 of {name}");
        ensure!(
            found
                .etag()?
                .context("no ETag")?
                .to_string()
                .starts_with('"'),
            "quoted in headers"
        );
        ensure!(found.last_modified()?.is_some() && found.creation_time()?.is_some());
    }
    Ok(())
}

async fn sent_in_parts(scene: Arc<Scene>) -> Outcome {
    let sent = bytes(5_000_000);
    let (blob, _) = scene.seed("large.mp4", &sent).await?;
    ensure!(body(&blob).await? == sent);
    let found = blob.get_properties(None).await?;
    ensure!(found.content_length()? == Some(5_000_000) && found.content_md5()?.is_none());
    Ok(())
}

async fn empty(scene: Arc<Scene>) -> Outcome {
    let (blob, _) = scene.seed("empty", b"").await?;
    ensure!(body(&blob).await?.is_empty());
    ensure!(blob.get_properties(None).await?.content_length()? == Some(0));
    Ok(())
}

async fn range(scene: Arc<Scene>) -> Outcome {
    let sent = bytes(1000);
    let (blob, _) = scene.seed("range", &sent).await?;
    let part = |offset, length| {
        let options = BlobClientDownloadOptions {
            range: Some(HttpRange::new(offset, length)),
            ..Default::default()
        };
        let blob = &blob;
        async move {
            anyhow::Ok(
                blob.download(Some(options))
                    .await?
                    .body
                    .collect()
                    .await?
                    .to_vec(),
            )
        }
    };
    ensure!(part(10, 20).await? == sent[10..30]);
    ensure!(
        part(990, 100).await? == sent[990..],
        "beyond the end there is nothing"
    );
    Ok(())
}

async fn missing(scene: Arc<Scene>) -> Outcome {
    let blob = scene.source.blob_client("nothing");
    refused(blob.get_properties(None).await, 404, "BlobNotFound")?;
    refused(blob.download(None).await.map(|_| ()), 404, "BlobNotFound")?;
    refused(blob.delete(None).await, 404, "BlobNotFound")?;
    ensure!(!blob.exists().await?);
    let nowhere = scene
        .clients
        .source
        .blob_container_client("conformance-nowhere")
        .blob_client("nothing");
    refused(nowhere.get_properties(None).await, 404, "ContainerNotFound")?;
    refused(
        nowhere
            .upload(RequestContent::from(vec![1]), None)
            .await
            .map(|_| ()),
        404,
        "ContainerNotFound",
    )
}

async fn conditional_write(scene: Arc<Scene>) -> Outcome {
    let document = scene.source.blob_client("runs/one.json");
    let write = |text: &'static str, options: BlobClientUploadOptions<'static>| {
        let document = &document;
        async move {
            document
                .upload(
                    RequestContent::from(text.as_bytes().to_vec()),
                    Some(options),
                )
                .await
                .map(|_| ())
        }
    };
    let if_match = |etag: &Etag| BlobClientUploadOptions {
        if_match: Some(etag.clone()),
        ..Default::default()
    };
    refused(
        write("0", if_match(&Etag::from("\"0x1\""))).await,
        412,
        "ConditionNotMet",
    )?;
    write("1", BlobClientUploadOptions::default().if_not_exists()).await?;
    refused(
        write("2", BlobClientUploadOptions::default().if_not_exists()).await,
        409,
        "BlobAlreadyExists",
    )?;
    let first = etag(&document).await?;
    write("3", if_match(&first)).await?;
    let second = etag(&document).await?;
    ensure!(first != second, "a write changes the ETag");
    refused(write("4", if_match(&first)).await, 412, "ConditionNotMet")?;
    ensure!(body(&document).await? == b"3");
    let delete = |etag: &Etag| BlobClientDeleteOptions {
        if_match: Some(etag.clone()),
        ..Default::default()
    };
    refused(
        document.delete(Some(delete(&first))).await,
        412,
        "ConditionNotMet",
    )?;
    document.delete(Some(delete(&second))).await?;
    ensure!(!document.exists().await?);
    Ok(())
}

async fn conditional_read(scene: Arc<Scene>) -> Outcome {
    let (blob, etag) = scene.seed("heartbeat.json", b"{}").await?;
    let options = |if_none_match, if_match| BlobClientDownloadOptions {
        if_none_match,
        if_match,
        ..Default::default()
    };
    let (status, _) = refusal(blob.download(Some(options(Some(etag.clone()), None))).await)?;
    ensure!(status == 304, "304 expected, {status} found");
    let wrong = Some(Etag::from("\"0x1\""));
    refused(
        blob.download(Some(options(None, wrong))).await.map(|_| ()),
        412,
        "ConditionNotMet",
    )?;
    blob.download(Some(options(None, Some(etag)))).await?;
    Ok(())
}

async fn metadata(scene: Arc<Scene>) -> Outcome {
    let (blob, before) = scene.seed("metadata", b"same").await?;
    blob.set_metadata(
        &HashMap::from([("mirrorsource".to_owned(), "0x8D".to_owned())]),
        None,
    )
    .await?;
    let found = blob.get_properties(None).await?;
    ensure!(
        found.metadata()? == HashMap::from([("mirrorsource".to_owned(), "0x8D".to_owned())]),
        "all are replaced"
    );
    ensure!(found.etag()? != Some(before) && found.content_type()?.as_deref() == Some("video/mp4"));
    ensure!(body(&blob).await? == b"same");
    Ok(())
}

async fn tier(scene: Arc<Scene>) -> Outcome {
    let (blob, before) = scene.seed("tier", b"same").await?;
    ensure!(blob.get_properties(None).await?.access_tier_inferred()? == Some(true));
    blob.set_tier(AccessTier::Cool, None).await?;
    let found = blob.get_properties(None).await?;
    ensure!(
        found
            .access_tier()?
            .is_some_and(|tier| tier == AccessTier::Cool.to_string())
            && found.etag()? == Some(before)
    );
    ensure!(body(&blob).await? == b"same");
    Ok(())
}

async fn archived(scene: Arc<Scene>) -> Outcome {
    let (blob, _) = scene.seed("archived", b"cold").await?;
    blob.set_tier(AccessTier::Archive, None).await?;
    refused(blob.download(None).await.map(|_| ()), 409, "BlobArchived")
}

async fn signatures(scene: Arc<Scene>) -> Outcome {
    let (blob, _) = scene.seed("signed", b"open").await?;
    let readable = scene.anonymous(scene.readable(&blob).await?)?;
    ensure!(body(&readable).await? == b"open");
    let writable = scene.anonymous(scene.signed(&blob, true, Duration::minutes(30)).await?)?;
    refused(
        writable.get_properties(None).await,
        403,
        "AuthorizationPermissionMismatch",
    )?;
    let past = scene.anonymous(scene.signed(&blob, false, Duration::minutes(-5)).await?)?;
    let (status, _) = refusal(past.get_properties(None).await)?;
    ensure!(
        status == 403,
        "403 expected after the expiry, {status} found"
    );
    Ok(())
}

async fn unauthorised(scene: Arc<Scene>) -> Outcome {
    let (blob, _) = scene.seed("closed", b"closed").await?;
    refused(
        scene
            .anonymous(blob.url().clone())?
            .get_properties(None)
            .await,
        401,
        "NoAuthenticationInformation",
    )
}

async fn date(scene: Arc<Scene>) -> Outcome {
    let (blob, _) = scene.seed("date", b"now").await?;
    let answer = blob.get_properties(None).await?;
    let date = answer
        .headers()
        .get_optional_string(&azure_core::http::headers::HeaderName::from_static("date"));
    let date = azure_core::time::parse_rfc7231(&date.context("no Date")?)?;
    ensure!((date - azure_core::time::OffsetDateTime::now_utc()).abs() < Duration::minutes(1));
    Ok(())
}
