//! What the primary holds: assets with a handful of blobs, and clear locators of them.

use std::num::NonZeroUsize;

use change::{Cause, Change, Kind, Name, ResourceId};
use fake_storage::Seed;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::json;
use time::OffsetDateTime;
use world::{Storage, World};

use crate::services::Services;

/// How many locators an asset gets. The service allows 100.
pub(crate) const LOCATORS_OF_AN_ASSET: usize = 60;

/// Calls to the primary at once.
const AT_ONCE: usize = 16;

/// The blobs of an asset and their lengths in bytes: what an encoder writes for a title in three qualities.
const BLOBS: [(&str, u64); 6] = [
    ("title_1080.ismv", 3_000_000),
    ("title_720.ismv", 2_000_000),
    ("title_360.ismv", 1_000_000),
    ("title_sound.isma", 200_000),
    ("title.ismc", 4_000),
    ("title.ism", 2_000),
];

/// Puts assets with their bytes into the primary, and returns a change for each.
pub(crate) async fn assets(
    services: &Services,
    count: NonZeroUsize,
) -> anyhow::Result<Vec<Change>> {
    let account = services.storage.account(Storage::PRIMARY);
    let names: Vec<String> = (0..count.get()).map(|n| format!("title-{n:04}")).collect();
    for (seed, name) in (0_u64..).zip(&names) {
        for (blob, length) in BLOBS {
            account.put(name, blob, Seed::pattern(seed, length));
        }
    }
    each(&names, async |name| {
        let properties = json!({"container": name, "storageAccountName": Storage::PRIMARY});
        services
            .put(World::PRIMARY, &format!("assets/{name}"), &properties)
            .await
    })
    .await?;
    names
        .iter()
        .map(|name| change(Kind::Assets, name, Cause::JobFinished))
        .collect()
}

/// Publishes the assets: `count` clear locators, the assets taking turns. Returns a change for each locator.
pub(crate) async fn locators(
    services: &Services,
    assets: &[Change],
    count: usize,
) -> anyhow::Result<Vec<Change>> {
    let pairs: Vec<(String, &Change)> = assets
        .iter()
        .cycle()
        .take(count)
        .enumerate()
        .map(|(n, asset)| (format!("locator-{n:06}"), asset))
        .collect();
    each(&pairs, async |(name, asset)| {
        let properties = json!({
            "assetName": asset.id.name().as_str(),
            "streamingPolicyName": "Predefined_ClearStreamingOnly",
        });
        services
            .put(
                World::PRIMARY,
                &format!("streamingLocators/{name}"),
                &properties,
            )
            .await
    })
    .await?;
    pairs
        .iter()
        .map(|(name, _)| change(Kind::StreamingLocators, name, Cause::Written))
        .collect()
}

async fn each<T>(items: &[T], work: impl AsyncFn(&T) -> anyhow::Result<()>) -> anyhow::Result<()> {
    stream::iter(items)
        .map(|item| work(item))
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

fn change(kind: Kind, name: &str, cause: Cause) -> anyhow::Result<Change> {
    Ok(Change::new(
        ResourceId::new(kind, Name::new(name)?),
        cause,
        Some(OffsetDateTime::now_utc()),
    ))
}
