//! Listings.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use azure_storage_blob::BlobContainerClient;
use azure_storage_blob::models::{
    BlobContainerClientListBlobsOptions, BlobItem, BlobServiceClientListContainersOptions,
    ListBlobsIncludeItem,
};
use futures::TryStreamExt;

use super::scene::{Scene, etag, refused};
use super::{Check, check};

type Outcome = anyhow::Result<()>;

pub(super) const CHECKS: &[Check] = &[
    check!("blobs are listed in order, under a prefix, in pages", pages),
    check!("a listing goes on from a marker", resumes),
    check!("names survive the listing", names),
    check!(
        "a listing tells what properties tell, with the ETag unquoted",
        properties
    ),
    check!(
        "a blob without metadata or MD5 is listed without them",
        bare
    ),
    check!("containers are listed under a prefix", containers),
    check!("a container that is not there cannot be listed", missing),
];

async fn listed(
    container: &BlobContainerClient,
    options: BlobContainerClientListBlobsOptions<'static>,
) -> anyhow::Result<Vec<BlobItem>> {
    Ok(container.list_blobs(Some(options))?.try_collect().await?)
}

fn names_of(items: &[BlobItem]) -> Vec<String> {
    items.iter().filter_map(|item| item.name.clone()).collect()
}

async fn seed_five(scene: &Scene) -> Outcome {
    for name in ["b/2", "a", "c", "b/1", "b/3"] {
        scene.seed(name, b"x").await?;
    }
    Ok(())
}

async fn pages(scene: Arc<Scene>) -> Outcome {
    seed_five(&scene).await?;
    let all = listed(
        &scene.source,
        BlobContainerClientListBlobsOptions::default(),
    )
    .await?;
    ensure!(names_of(&all) == ["a", "b/1", "b/2", "b/3", "c"]);
    let options = BlobContainerClientListBlobsOptions {
        prefix: Some("b/".to_owned()),
        maxresults: Some(2),
        ..Default::default()
    };
    let mut pages = scene.source.list_blobs(Some(options))?.into_pages();
    let mut found = Vec::new();
    while let Some(page) = pages.try_next().await? {
        found.push(names_of(&page.into_model()?.blob_items));
    }
    ensure!(found == [vec!["b/1", "b/2"], vec!["b/3"]], "{found:?}");
    Ok(())
}

async fn resumes(scene: Arc<Scene>) -> Outcome {
    seed_five(&scene).await?;
    let options = |marker| BlobContainerClientListBlobsOptions {
        marker,
        maxresults: Some(2),
        ..Default::default()
    };
    let mut pages = scene.source.list_blobs(Some(options(None)))?.into_pages();
    let first = pages.try_next().await?.context("no page")?.into_model()?;
    ensure!(names_of(&first.blob_items) == ["a", "b/1"]);
    let rest = listed(&scene.source, options(first.next_marker)).await?;
    ensure!(names_of(&rest) == ["b/2", "b/3", "c"]);
    Ok(())
}

async fn names(scene: Arc<Scene>) -> Outcome {
    let mut sent = vec!["a&b<c>\"d'", "odd%20name#?.bin", "two  spaces", "ünï/ç.bin"];
    for name in &sent {
        scene.seed(name, b"x").await?;
    }
    let mut found = names_of(
        &listed(
            &scene.source,
            BlobContainerClientListBlobsOptions::default(),
        )
        .await?,
    );
    found.sort();
    sent.sort_unstable();
    ensure!(found == sent, "{found:?}");
    Ok(())
}

async fn properties(scene: Arc<Scene>) -> Outcome {
    let (blob, _) = scene.seed("one", b"12345").await?;
    let include = Some(vec![ListBlobsIncludeItem::Metadata]);
    let items = listed(
        &scene.source,
        BlobContainerClientListBlobsOptions {
            include,
            ..Default::default()
        },
    )
    .await?;
    let item = items.into_iter().next().context("nothing listed")?;
    let found = item.properties.context("no properties")?;
    ensure!(found.content_length == Some(5));
    ensure!(found.content_type.as_deref() == Some("video/mp4"));
    ensure!(found.cache_control.as_deref() == Some("max-age=60"));
    ensure!(found.content_md5 == crate::Content::bytes("12345").md5().map(Vec::from));
    ensure!(found.last_modified.is_some() && found.creation_time.is_some());
    ensure!(
        item.metadata.and_then(|metadata| metadata.values)
            == Some(HashMap::from([("kind".to_owned(), "seed".to_owned())]))
    );
    let listed = found.etag.context("no ETag")?.to_string();
    ensure!(
        !listed.contains('"') && format!("\"{listed}\"") == etag(&blob).await?.to_string(),
        "{listed}"
    );
    Ok(())
}

async fn bare(scene: Arc<Scene>) -> Outcome {
    let blob = scene.source.blob_client("bare");
    let blocks = blob.block_blob_client();
    blocks
        .stage_block(
            b"0001",
            1,
            azure_core::http::RequestContent::from(vec![1]),
            None,
        )
        .await?;
    let list = azure_storage_blob::models::BlockLookupList {
        latest: Some(vec![b"0001".to_vec()]),
        ..Default::default()
    };
    blocks.commit_block_list(list.try_into()?, None).await?;
    let include = Some(vec![ListBlobsIncludeItem::Metadata]);
    let items = listed(
        &scene.source,
        BlobContainerClientListBlobsOptions {
            include,
            ..Default::default()
        },
    )
    .await?;
    let item = items.into_iter().next().context("nothing listed")?;
    // The service sends an empty element where Azurite sends none: the client makes no bytes of the one.
    let md5 = item
        .properties
        .and_then(|properties| properties.content_md5)
        .unwrap_or_default();
    ensure!(md5.is_empty(), "an MD5 nobody computed");
    ensure!(
        item.metadata
            .and_then(|metadata| metadata.values)
            .unwrap_or_default()
            .is_empty()
    );
    Ok(())
}

async fn containers(scene: Arc<Scene>) -> Outcome {
    let options = BlobServiceClientListContainersOptions {
        prefix: Some(scene.name.clone()),
        ..Default::default()
    };
    let found: Vec<_> = scene
        .clients
        .source
        .list_containers(Some(options))?
        .try_collect()
        .await?;
    ensure!(found.len() == 1 && found[0].name.as_deref() == Some(scene.name.as_str()));
    Ok(())
}

async fn missing(scene: Arc<Scene>) -> Outcome {
    scene.source.delete(None).await?;
    let outcome: azure_core::Result<Vec<_>> = scene.source.list_blobs(None)?.try_collect().await;
    refused(outcome, 404, "ContainerNotFound")
}
