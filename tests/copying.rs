//! Copies that are interrupted go on where they were.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::json;
use tokio::time::Instant;
use world::{Backend, proof::versions};

use crate::support::{PATIENCE, Scene, alone, tests_on_both};

tests_on_both![a_killed_handler_goes_on_where_it_was];

/// More blobs than are copied before anybody can look.
const BLOBS: usize = 400;

async fn a_killed_handler_goes_on_where_it_was(backend: Backend) -> anyhow::Result<()> {
    // In a world of its own: most of the time passes until the host hands the dead handler's message out again.
    alone(backend, &[], killed_while_copying).await
}

async fn killed_while_copying(scene: &Scene) -> anyhow::Result<()> {
    let primary = scene.primary()?;
    primary.put_asset("large", json!({}), json!({})).await?;
    let container = primary.container("large", "ReadWrite").await?;
    let uploads = stream::iter(0..BLOBS).map(|number| {
        let (primary, container) = (&primary, &container);
        async move {
            let name = format!("part-{number:04}.mp4");
            let bytes = name.clone().into_bytes();
            primary.upload(container, &name, "video/mp4", bytes).await
        }
    });
    uploads
        .buffer_unordered(16)
        .try_collect::<Vec<()>>()
        .await?;
    scene.calm().await?;
    let source = primary.get("assets/large").await?;
    let name = source["properties"]["container"].as_str();
    let replica = scene.replica_container(name.context("a container")?)?;
    let client = scene.tls.client();

    let pid = scene.host.handler_pid().context("the handler runs")?;
    let before = scene.log.end();
    primary.encode("large", &["large"]).await?;
    let deadline = Instant::now() + PATIENCE;
    let copied = || async { versions(&client, &replica).await.unwrap_or_default() };
    while copied().await.is_empty() {
        ensure!(Instant::now() < deadline, "no blob was copied");
        tokio::task::yield_now().await;
    }
    ensure!(scene.host.kill_handler().await == Some(pid), "another died");
    let early: BTreeMap<String, String> = copied().await;
    ensure!(early.len() < BLOBS, "all was copied before the kill");
    let asset = scene.secondary()?.find("assets/large").await?;
    ensure!(asset.is_none(), "the asset was made before its bytes");

    scene
        .expect_after(before, "assets/large", "applied")
        .await?;
    ensure!(scene.host.handler_pid() != Some(pid));
    ensure!(scene.proof()?.blobs("large").await? == BLOBS);
    let late = scene.proof()?.replica_blob_versions("large").await?;
    let again = early
        .iter()
        .filter(|(name, version)| late.get(*name) != Some(*version))
        .count();
    ensure!(
        again == 0,
        "{again} of {} blobs were copied again",
        early.len()
    );
    Ok(())
}
