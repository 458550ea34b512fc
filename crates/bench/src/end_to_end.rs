//! The whole way on the official emulator: a locator is published, Event Grid delivers, the host's queues carry it, the replica is there.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::ensure;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::json;
use world::{World, WorldOptions, platform::Platform};

use crate::{
    report::{Bar, Row},
    services::locators_in,
    titles::LOCATORS_OF_AN_ASSET,
};

/// How long the replicas may take. Azurite's queue is slow when it is deep.
const LONGEST: Duration = Duration::from_secs(240);

/// Publications at once.
const AT_ONCE: usize = 8;

/// The rate, or nothing where Azurite cannot be had: the reason is then on standard error.
pub(crate) async fn measure(handler: &Path, count: usize) -> anyhow::Result<Vec<Row>> {
    let unlimited = |name: &str| (name.to_owned(), "unlimited".to_owned());
    let started = World::start(WorldOptions {
        handler: handler.to_owned(),
        settings: vec![
            unlimited("MIRROR_PRIMARY_SHARE"),
            unlimited("MIRROR_SECONDARY_SHARE"),
        ],
        ..WorldOptions::default()
    });
    let world = match started.await {
        Ok(world) => world,
        Err(error) if is_missing(&error) => {
            eprintln!("bench: left out, end to end on Azurite: {error:#}");
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    let rows = publish(&world, count).await;
    world.stop().await;
    rows
}

/// Whether the machine lacks what Azurite needs, which is no fault of what is measured.
fn is_missing(error: &anyhow::Error) -> bool {
    use world::Error::{Install, Io, NodeMissing, NodeTooOld};
    match error.downcast_ref() {
        Some(NodeMissing { .. } | NodeTooOld { .. } | Install { .. }) => true,
        // Node.js was there when Azurite was installed, and is not now.
        Some(Io { source, .. }) => source.kind() == std::io::ErrorKind::NotFound,
        _ => false,
    }
}

async fn publish(world: &World, count: usize) -> anyhow::Result<Vec<Row>> {
    let platform = Platform::new(world, World::PRIMARY)?;
    let assets: Vec<String> = (0..count.div_ceil(LOCATORS_OF_AN_ASSET))
        .map(|n| format!("title-{n}"))
        .collect();
    for asset in &assets {
        platform.put(&format!("assets/{asset}"), json!({})).await?;
        platform.upload_title(asset).await?;
        platform
            .put(&format!("streamingLocators/first-of-{asset}"), clear(asset))
            .await?;
    }
    world.quiet(LONGEST).await?;
    let before = locators_in(&world.simulator, World::SECONDARY);
    ensure!(
        before == assets.len(),
        "{before} of {} assets were mirrored",
        assets.len()
    );

    let pairs: Vec<(String, &String)> = assets
        .iter()
        .cycle()
        .take(count)
        .enumerate()
        .map(|(n, asset)| (format!("locator-{n:04}"), asset))
        .collect();
    let began = Instant::now();
    let published = stream::iter(&pairs)
        .map(|(name, asset)| {
            let platform = &platform;
            async move {
                platform
                    .put(&format!("streamingLocators/{name}"), clear(asset))
                    .await
                    .map(drop)
            }
        })
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>();
    published.await?;
    while locators_in(&world.simulator, World::SECONDARY) < before + count {
        ensure!(began.elapsed() < LONGEST, "not mirrored within {LONGEST:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let seconds = began.elapsed().as_secs_f64();
    let rate = f64::from(u32::try_from(count)?) / seconds;
    Ok(vec![
        Row::new("end-to-end-rate", "End to end on Azurite", Bar::None, rate, "/s")
            .note(format!("{count} locators from their publication to the last replica, in {seconds:.1} s, through real queues")),
    ])
}

fn clear(asset: &str) -> serde_json::Value {
    json!({"assetName": asset, "streamingPolicyName": "Predefined_ClearStreamingOnly"})
}
