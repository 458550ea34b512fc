//! From nothing to two accounts that are the same, and to that once more after somebody worked on the secondary.

use anyhow::{Context, ensure};
use serde_json::Value;
use world::{Backend, World};

use crate::{
    cli::{plans, published},
    support::{Scene, Tool, alone, tests_on_both, viewers},
};

tests_on_both![what_was_there_before_is_brought_over_and_kept_the_same];

async fn what_was_there_before_is_brought_over_and_kept_the_same(
    backend: Backend,
) -> anyhow::Result<()> {
    alone(backend, &[], story).await
}

async fn story(scene: &Scene) -> anyhow::Result<()> {
    scene.lose_events();
    scene.control().reset_requests();
    let tool = Tool::of(scene);
    published(scene, "film").await?;
    scene
        .primary()?
        .put(
            "accountFilters/everywhere",
            world::bodies::filters::small_screens(),
        )
        .await?;

    // What would be done, and how much it is. Neither writes.
    let said = tool.expect(2, &["plan"]).await?;
    said.must_have(&[
        "+ create  assets/film",
        "+ create  contentKeyPolicies/film",
        "+ create  streamingLocators/film-members",
        "+ create  accountFilters/everywhere",
        "(depth list)",
    ])?;
    let said = tool
        .expect(
            0,
            &["backfill", "--dry-run", "--json", "--price-per-gb", "1"],
        )
        .await?;
    let values = said.values()?;
    let total = values.last().context("a total")?;
    ensure!(total["resources"] == 6 && total["blobs"] == 2, "{total}");
    ensure!(total["bytes"].as_u64() > Some(0), "{total}");
    ensure!(
        written(scene).is_empty(),
        "a plan writes: {:#?}",
        written(scene)
    );

    // The work, with a report that has nothing to report.
    let folder = tempfile(scene, "report.jsonl");
    let said = tool.expect(0, &["backfill", "--report", &folder]).await?;
    said.must_have(&["has begun", "is finished", "6 same"])?;
    let report = std::fs::read_to_string(&folder)?;
    std::fs::remove_file(&folder)?;
    let last: Value = serde_json::from_str(report.lines().last().context("a summary")?)?;
    ensure!(last["left"] == 0, "{report}");
    let proof = scene.proof()?;
    proof.asset("film").await?;
    ensure!(proof.blobs("film").await? == 2);
    ensure!(proof.locator("film-members").await?.keys == 1);
    proof.content_key_policy("film").await?;
    tool.expect(0, &["plan", "--depth", "bytes"]).await?;
    let said = tool.expect(0, &["verify", "--deep"]).await?;
    said.must_have(&["The accounts are the same (depth bytes)"])?;
    tool.expect(0, &["verify", "--sample", "1"])
        .await?
        .must_have(&["at most 1 of each kind"])?;

    // Once more, and there is nothing to write.
    scene.control().reset_requests();
    for depth in ["list", "bytes"] {
        tool.expect(0, &["backfill", "--depth", depth]).await?;
    }
    ensure!(written(scene).is_empty(), "{:#?}", written(scene));

    spoilt(scene, &tool).await?;
    let said = tool.expect(1, &["plan", "assets/flim"]).await?;
    said.must_have(&[
        "neither account has assets/flim",
        "did you mean assets/film?",
    ])?;
    Ok(())
}

/// Somebody works on the secondary. All of it is found, and each repair that is named repairs.
async fn spoilt(scene: &Scene, tool: &Tool) -> anyhow::Result<()> {
    let secondary = scene.secondary()?;
    let other = scene.secrets.base64("another-key");
    secondary
        .change_content_key_policy("film", viewers(&other))
        .await?;
    secondary.delete("streamingLocators/film-free").await?;
    let filter = "assets/film/assetFilters/hd";
    secondary.delete(filter).await?;
    let extra = "accountFilters/by-hand";
    secondary
        .put(extra, world::bodies::filters::small_screens())
        .await?;
    let container = secondary.container("film", "ReadWriteDelete").await?;
    secondary
        .upload(
            &container,
            "film.mp4",
            "video/mp4",
            b"something else".to_vec(),
        )
        .await?;

    // The lists show what is missing. Only who looks closer sees the rest.
    let said = tool.expect(2, &["plan", "--json"]).await?;
    let seen = plans(&said.values()?);
    let is = |resource: &str, plan: &str| seen.contains(&(resource.to_owned(), plan.to_owned()));
    ensure!(is("streamingLocators/film-free", "create"), "{seen:#?}");
    ensure!(
        is(extra, "delete") && is("assets/film", "same"),
        "{seen:#?}"
    );
    let said = tool.expect(2, &["verify", "--deep", "--json"]).await?;
    for secret in ["keyValue\":\"", &other] {
        ensure!(!said.has(secret), "a secret shows");
    }
    let lines = said.values()?;
    let mut seen = plans(&lines);
    seen.sort();
    let expected = [
        ("assets/film", "change"),
        (filter, "create"),
        ("contentKeyPolicies/film", "change"),
        ("streamingLocators/film-free", "create"),
    ];
    let expected = expected.map(|(resource, plan)| (resource.to_owned(), plan.to_owned()));
    ensure!(seen == expected, "{seen:#?}");
    scene.host.fire("heartbeat").await?;
    let status = tool.expect(2, &["status"]).await?;
    status.must_have(&["the last verification found 4 differences"])?;
    let repairs = lines.iter().filter_map(|line| line["repair"].as_str());
    for repair in repairs {
        let words: Vec<&str> = repair.split_whitespace().skip(1).collect();
        tool.run(&words).await?;
    }
    let said = tool.expect(0, &["verify", "--deep"]).await?;
    // The filter that somebody made by hand stays: no setting lets it be deleted.
    said.must_have(&["1 held back"])?;
    let status = tool.run(&["status"]).await?;
    ensure!(!status.has("the last verification found"), "it is repaired");
    Ok(())
}

/// What was written to the secondary.
fn written(scene: &Scene) -> Vec<simulator::Request> {
    let requests = scene.control().requests(Some(World::SECONDARY));
    requests
        .into_iter()
        .filter(|request| request.write)
        .collect()
}

/// A path that no other test has.
fn tempfile(scene: &Scene, name: &str) -> String {
    let folder = std::env::temp_dir();
    let port = scene
        .simulator
        .https_url()
        .and_then(|url| url.port())
        .unwrap_or_default();
    let name = format!("media-mirror-test-{}-{port}-{name}", std::process::id());
    folder.join(name).display().to_string()
}
