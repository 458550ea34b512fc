//! Least work: the calls to both accounts for each change, counted by the simulator, as [`world::costs`] has them.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use simulator::Settings;
use tokio::time::{Duration, Instant, sleep_until};
use world::{
    Backend, World,
    bodies::{filters, streaming_policies},
    costs::{self, Cost},
};

use crate::support::{Scene, clear, counted, made, tests_on_both, viewers};

tests_on_both![every_change_costs_what_it_must];

/// How long a process trusts what it saw of a dependency.
const TRUST: Duration = Duration::from_secs(61);

/// The costs as they were counted.
struct Counted<'s> {
    scene: &'s Scene,
    /// Each with what the table says and what was counted, where these differ.
    wrong: Vec<String>,
    done: usize,
}

impl Counted<'_> {
    /// Counts the calls for what a message leads to.
    async fn hint(&mut self, cost: &Cost, path: &str) -> anyhow::Result<()> {
        self.because(cost, path, "written").await
    }

    async fn because(&mut self, cost: &Cost, path: &str, cause: &str) -> anyhow::Result<()> {
        let scene = self.scene;
        scene.calm().await?;
        scene.control().reset_requests();
        scene.hint_because(path, cause).await?;
        scene.calm().await?;
        let calls = [World::PRIMARY, World::SECONDARY].map(|account| self.calls(account));
        if calls != cost.on(scene.backend) {
            let requests = scene.control().requests(None);
            let requests = requests.iter().map(|request| {
                let account = request.account.as_deref().unwrap_or_default();
                format!("    {account} {} {}\n", request.method, request.path)
            });
            let requests: String = requests.collect();
            self.wrong
                .push(format!("{}: {calls:?}\n{requests}", cost.what));
        }
        self.done += 1;
        Ok(())
    }

    /// Such as `2 GET, 1 PUT`.
    fn calls(&self, account: &str) -> String {
        let mut methods = BTreeMap::new();
        for request in self.scene.control().requests(Some(account)) {
            *methods.entry(request.method).or_insert(0) += 1;
        }
        let order = ["GET", "POST", "PATCH", "PUT", "DELETE"];
        let counts = order.iter().filter_map(|method| {
            let count: usize = methods.remove(*method)?;
            Some(format!("{count} {method}"))
        });
        counts.collect::<Vec<_>>().join(", ")
    }
}

async fn every_change_costs_what_it_must(backend: Backend) -> anyhow::Result<()> {
    let scene = counted(backend).await?;
    // In another way of behaving MK.IO costs more or fewer calls.
    scene.control().set_settings(Settings::default());
    // What is counted is what a message costs, and nothing else tells the mirror.
    scene
        .control()
        .change_settings(|settings| settings.delivery.lose = u32::MAX);
    prepared(&scene).await?;
    // A replica that this process saw a moment ago is not asked for: the table has what others cost.
    sleep_until(Instant::now() + TRUST).await;
    let mut counted = Counted {
        scene: &scene,
        wrong: Vec::new(),
        done: 0,
    };
    locators(&mut counted).await?;
    policies(&mut counted).await?;
    filters_and_assets(&mut counted).await?;
    deletions(&mut counted).await?;
    ensure!(counted.wrong.is_empty(), "{}", counted.wrong.join("\n"));
    ensure!(counted.done == costs::ALL.len(), "{} rows", counted.done);
    Ok(())
}

/// Puts a resource into the primary, and has it mirrored.
async fn mirrored(scene: &Scene, path: &str, properties: Value) -> anyhow::Result<()> {
    scene.primary()?.put(path, properties).await?;
    let from = scene.hint(path).await?;
    scene.expect_mirrored(from, path).await.map(drop)
}

/// What is there before anything is counted: every change that is counted needs something of its own.
async fn prepared(scene: &Scene) -> anyhow::Result<()> {
    made(scene, "title").await?;
    let asset = "assets/title";
    let from = scene.hint_because(asset, "job-finished").await?;
    scene.expect_mirrored(from, asset).await?;
    let clip = "assets/title/assetFilters/clip";
    mirrored(scene, clip, filters::small_screens()).await?;
    mirrored(scene, "accountFilters/small", filters::small_screens()).await?;
    for name in ["keyed", "named"] {
        let keys = viewers(&scene.secrets.base64("verification-key"));
        mirrored(scene, &format!("contentKeyPolicies/{name}"), keys).await?;
    }
    let policy = streaming_policies::clear_key("keyed");
    mirrored(scene, "streamingPolicies/keyed", policy).await?;
    scene.calm().await
}

async fn locators(counted: &mut Counted<'_>) -> anyhow::Result<()> {
    let (scene, primary) = (counted.scene, counted.scene.primary()?);
    let with = |extra: Value| {
        let mut locator = clear("title");
        if let (Some(locator), Value::Object(extra)) = (locator.as_object_mut(), extra) {
            locator.extend(extra);
        }
        locator
    };
    let keyed = json!({"streamingPolicyName": "keyed", "defaultContentKeyPolicyName": "keyed"});
    for (cost, name, extra) in [
        (&costs::LOCATOR_CREATED, "free", json!({})),
        (&costs::LOCATOR_IN_SYNC, "free", Value::Null),
        (
            &costs::LOCATOR_WITH_FILTER,
            "small",
            json!({"filters": ["small"]}),
        ),
        (
            &costs::LOCATOR_WITH_ASSET_FILTER,
            "clip",
            json!({"filters": ["clip"]}),
        ),
        (&costs::LOCATOR_WITH_KEYS, "keyed", keyed),
        (&costs::LOCATOR_WITH_KEYS_IN_SYNC, "keyed", Value::Null),
    ] {
        let path = format!("streamingLocators/{name}");
        if !extra.is_null() {
            primary.put(&path, with(extra)).await?;
        }
        counted.hint(cost, &path).await?;
    }

    let path = "streamingLocators/free";
    if scene.backend == Backend::Ams {
        let before = primary.get(path).await?;
        let id = &before["properties"]["streamingLocatorId"];
        primary.delete(path).await?;
        let other = with(json!({"streamingLocatorId": id, "alternativeMediaId": "other"}));
        primary.put(path, other).await?;
    } else {
        let ends = with(json!({"endTime": "2031-01-31T20:00:00Z"}));
        primary.put(path, ends).await?;
    }
    counted.hint(&costs::LOCATOR_CHANGED, path).await?;

    made(scene, "late").await?;
    primary.put("streamingLocators/late", clear("late")).await?;
    counted
        .hint(&costs::LOCATOR_FIRST, "streamingLocators/late")
        .await
}

async fn policies(counted: &mut Counted<'_>) -> anyhow::Result<()> {
    let (scene, primary) = (counted.scene, counted.scene.primary()?);
    let policy = streaming_policies::clear_key("named");
    let path = "streamingPolicies/new";
    primary.put(path, policy).await?;
    counted.hint(&costs::STREAMING_POLICY_CREATED, path).await?;
    counted.hint(&costs::STREAMING_POLICY_IN_SYNC, path).await?;

    let path = "contentKeyPolicies/new";
    let keys = viewers(&scene.secrets.base64("old-key"));
    primary.put(path, keys).await?;
    counted.hint(&costs::KEY_POLICY_CREATED, path).await?;
    let keys = viewers(&scene.secrets.base64("new-key"));
    primary.change_content_key_policy("new", keys).await?;
    counted.hint(&costs::KEY_POLICY_UPDATED, path).await?;
    counted.hint(&costs::KEY_POLICY_IN_SYNC, path).await
}

async fn filters_and_assets(counted: &mut Counted<'_>) -> anyhow::Result<()> {
    let (scene, primary) = (counted.scene, counted.scene.primary()?);
    let path = "accountFilters/new";
    primary.put(path, filters::small_screens()).await?;
    counted.hint(&costs::FILTER_CREATED, path).await?;
    let mut other = filters::small_screens();
    other["firstQuality"]["bitrate"] = json!(600_000);
    primary.put(path, other).await?;
    counted.hint(&costs::FILTER_UPDATED, path).await?;
    counted.hint(&costs::FILTER_IN_SYNC, path).await?;
    let path = "assets/title/assetFilters/new";
    primary.put(path, filters::small_screens()).await?;
    counted.hint(&costs::ASSET_FILTER_CREATED, path).await?;

    made(scene, "encoded").await?;
    let filter = "assets/encoded/assetFilters/clip";
    primary.put(filter, filters::small_screens()).await?;
    let path = "assets/encoded";
    for cost in [&costs::ASSET_ENCODED, &costs::ASSET_AGAIN] {
        counted.because(cost, path, "job-finished").await?;
    }
    let described = json!({"description": "another"});
    primary.put_asset("encoded", described, json!({})).await?;
    counted.hint(&costs::ASSET_UPDATED, path).await?;
    counted.hint(&costs::ASSET_IN_SYNC, path).await?;
    made(scene, "raw").await?;
    counted.hint(&costs::ASSET_OUT_OF_SCOPE, "assets/raw").await
}

async fn deletions(counted: &mut Counted<'_>) -> anyhow::Result<()> {
    let primary = counted.scene.primary()?;
    for (cost, name) in [
        (&costs::DELETED, "late"),
        (&costs::DELETED_BOTH, "late"),
        (&costs::DELETED_WITH_KEYS, "keyed"),
    ] {
        let path = format!("streamingLocators/{name}");
        if primary.find(&path).await?.is_some() {
            primary.delete(&path).await?;
        }
        counted
            .because(cost, &path, "deleted")
            .await
            .with_context(|| path.clone())?;
    }
    Ok(())
}
