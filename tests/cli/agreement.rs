//! What a plan says is what a run of the same depth does, on accounts of which nobody knows beforehand how they differ.

use std::{
    collections::BTreeSet,
    hash::{BuildHasher, RandomState},
};

use anyhow::{Context, ensure};
use serde_json::json;
use world::{Backend, bodies::filters, platform::Platform};

use super::plans;
use crate::support::{Scene, Tool, alone, clear, made, tests_on_both, viewers};

tests_on_both![a_plan_says_what_a_run_of_its_depth_does];

/// How many resources of each kind there are.
const EACH: u64 = 6;

/// How the two sides of a resource differ, at random.
struct Chance(RandomState);

impl Chance {
    /// One of so many, the same for the same words.
    fn of(&self, what: &str, many: u64) -> u64 {
        self.0.hash_one(what) % many
    }
}

async fn a_plan_says_what_a_run_of_its_depth_does(backend: Backend) -> anyhow::Result<()> {
    let settings = [
        (
            "MIRROR_DELETES",
            "accountFilters=converge, assetFilters=converge",
        ),
        ("MIRROR_DELETE_CAP", "100"),
        ("MIRROR_SCOPE", "all"),
        ("MIRROR_EXCLUDE", "raw-*"),
    ];
    alone(backend, &settings, agree).await
}

async fn agree(scene: &Scene) -> anyhow::Result<()> {
    scene.lose_events();
    let tool = Tool::of(scene);
    filled(scene).await?;
    tool.run(&["backfill", "--depth", "bytes"]).await?;
    tool.expect(0, &["plan", "--depth", "bytes"]).await?;
    for depth in ["list", "children", "keys", "bytes"] {
        let chance = Chance(RandomState::new());
        disturbed(scene, &chance, depth).await?;
        let said = tool.run(&["plan", "--depth", depth, "--json"]).await?;
        let planned: BTreeSet<String> = plans(&said.values()?)
            .into_iter()
            .filter(|(_, plan)| ["create", "change", "delete"].contains(&plan.as_str()))
            // They come with their assets, and have no line of their own in the log.
            .map(|(resource, _)| {
                resource
                    .split("/assetFilters/")
                    .next()
                    .map(ToOwned::to_owned)
            })
            .collect::<Option<_>>()
            .context("a path")?;
        let from = scene.log.end();
        tool.run(&["backfill", "--depth", depth]).await?;
        scene.calm().await?;
        let written: BTreeSet<String> = scene
            .log
            .records(from)
            .iter()
            .filter(|record| record.is_change() && record.outcome() == "applied")
            .map(|record| match record.text("parent") {
                "" => record.resource(),
                asset => format!("assets/{asset}"),
            })
            .collect();
        ensure!(
            planned == written,
            "depth {depth}: planned and not done: {:#?}; done and not planned: {:#?}; {}",
            planned.difference(&written).collect::<Vec<_>>(),
            written.difference(&planned).collect::<Vec<_>>(),
            said.out,
        );
        let left = tool
            .run(&["plan", "--depth", depth, "--differences"])
            .await?;
        ensure!(left.code == Some(0), "depth {depth}: {left:#?}");
    }
    Ok(())
}

async fn filled(scene: &Scene) -> anyhow::Result<()> {
    let primary = scene.primary()?;
    for n in 0..EACH {
        made(scene, &format!("film-{n}")).await?;
        let filter = format!("assets/film-{n}/assetFilters/hd");
        primary.put(&filter, filters::small_screens()).await?;
        let filter = format!("accountFilters/filter-{n}");
        primary.put(&filter, filters::small_screens()).await?;
        let key = scene.secrets.base64("verification-key");
        let policy = format!("contentKeyPolicies/policy-{n}");
        primary.put(&policy, viewers(&key)).await?;
        let locator = format!("streamingLocators/locator-{n}");
        primary.put(&locator, clear(&format!("film-{n}"))).await?;
    }
    made(scene, "raw-film").await
}

/// Takes away, changes and adds in the secondary, one time in two.
async fn disturbed(scene: &Scene, chance: &Chance, depth: &str) -> anyhow::Result<()> {
    let secondary = scene.secondary()?;
    for n in 0..EACH {
        asset(scene, &secondary, chance, n, depth).await?;
        let path = format!("accountFilters/filter-{n}");
        match chance.of(&path, 4) {
            0 => secondary.delete(&path).await?,
            1 => {
                // MK.IO's PUT only makes.
                secondary.delete(&path).await?;
                let other = json!({"firstQuality": {"bitrate": 9}});
                secondary.put(&path, other).await?;
            }
            2 => {
                let extra = format!("accountFilters/extra-{n}");
                secondary.put(&extra, filters::small_screens()).await?;
            }
            _ => {}
        }
        let path = format!("contentKeyPolicies/policy-{n}");
        if chance.of(&path, 2) == 0 {
            let name = format!("policy-{n}");
            let key = scene.secrets.base64("another-key");
            secondary
                .change_content_key_policy(&name, viewers(&key))
                .await?;
        }
        let path = format!("streamingLocators/locator-{n}");
        if chance.of(&path, 3) == 0 && secondary.find(&path).await?.is_some() {
            secondary.delete(&path).await?;
        }
    }
    Ok(())
}

async fn asset(
    scene: &Scene,
    secondary: &Platform,
    chance: &Chance,
    n: u64,
    depth: &str,
) -> anyhow::Result<()> {
    let name = format!("film-{n}");
    match chance.of(&name, 5) {
        0 => {
            let description = json!({"description": format!("version {n}")});
            scene
                .primary()?
                .put_asset(&name, description, json!({}))
                .await?;
        }
        1 => {
            secondary
                .delete(&format!("assets/{name}/assetFilters/hd"))
                .await?;
        }
        // Bytes that only the deepest look sees would come with a locator of the asset at any depth.
        2 if depth == "bytes" => {
            let container = scene.primary()?.container(&name, "ReadWrite").await?;
            let bytes = scene.secrets.text("blob").into_bytes();
            scene
                .primary()?
                .upload(&container, "late.mp4", "video/mp4", bytes)
                .await?;
        }
        _ => {}
    }
    Ok(())
}
