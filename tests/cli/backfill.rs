//! What existed before the mirror is brought over, seen to be the same, and repaired when it is not.

use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::Value;
use tokio::process::Command;
use world::{Backend, World};

use super::{lose_events, plans, published};
use crate::support::{Scene, Tool, tests, tests_on_both, viewers};

mod both {
    use super::*;

    tests_on_both![what_was_there_before_is_brought_over_and_kept_the_same];

    async fn what_was_there_before_is_brought_over_and_kept_the_same(
        backend: Backend,
    ) -> anyhow::Result<()> {
        let scene = Scene::start(backend, false, &[]).await?;
        let told = story(&scene).await;
        scene.end().await;
        told
    }
}

mod ams {
    use super::*;

    tests![
        a_run_is_paused_resumed_cancelled_and_found_again,
        whoever_stops_following_loses_nothing,
        without_its_documents_the_work_goes_on,
        failures_are_tried_once_more_when_asked_for,
        bytes_without_an_md5_are_compared_when_asked_for,
        an_account_that_refuses_is_an_error_and_no_difference,
    ];

    async fn bytes_without_an_md5_are_compared_when_asked_for() -> anyhow::Result<()> {
        let scene = own_world().await?;
        let told = hashed(&scene).await;
        scene.end().await;
        told
    }

    async fn an_account_that_refuses_is_an_error_and_no_difference() -> anyhow::Result<()> {
        let scene = own_world().await?;
        let told = refused(&scene).await;
        scene.end().await;
        told
    }

    async fn a_run_is_paused_resumed_cancelled_and_found_again() -> anyhow::Result<()> {
        let scene = own_world().await?;
        let told = paused(&scene).await;
        scene.end().await;
        told
    }

    async fn whoever_stops_following_loses_nothing() -> anyhow::Result<()> {
        let scene = own_world().await?;
        let told = interrupted(&scene).await;
        scene.end().await;
        told
    }

    async fn without_its_documents_the_work_goes_on() -> anyhow::Result<()> {
        let scene = own_world().await?;
        let told = forgotten(&scene).await;
        scene.end().await;
        told
    }

    async fn failures_are_tried_once_more_when_asked_for() -> anyhow::Result<()> {
        let scene = own_world().await?;
        let told = failed(&scene).await;
        scene.end().await;
        told
    }
}

pub(super) fn tests() -> Vec<libtest_mimic::Trial> {
    both::tests().into_iter().chain(ams::tests()).collect()
}

/// A world of the test's own, where nothing is mirrored by itself.
async fn own_world() -> anyhow::Result<Scene> {
    let scene = Scene::start(Backend::Ams, false, &[]).await?;
    lose_events(&scene);
    Ok(scene)
}

async fn story(scene: &Scene) -> anyhow::Result<()> {
    lose_events(scene);
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

async fn paused(scene: &Scene) -> anyhow::Result<()> {
    let tool = Tool::of(scene);
    published(scene, "paused").await?;
    let run = begun(&tool, &["--rate", "0.1"]).await?;
    let said = tool.expect(0, &["backfill", "pause", &run]).await?;
    said.must_have(&["is paused"])?;
    let said = tool
        .expect(0, &["backfill", "status", &run, "--json"])
        .await?;
    ensure!(said.values()?[0]["state"] == "paused", "{said:#?}");
    let said = tool
        .expect(1, &["backfill", "status", &format!("{run}0")])
        .await?;
    said.must_have(&["there is no run", &format!("did you mean {run}?")])?;
    let said = tool.expect(0, &["backfill", "resume", &run]).await?;
    said.must_have(&["is running"])?;
    let said = tool.expect(0, &["backfill", "cancel", &run]).await?;
    said.must_have(&["is cancelled"])?;
    tool.expect(0, &["backfill", "status", &run, "--follow"])
        .await?;
    let said = tool.expect(1, &["backfill", "resume", &run]).await?;
    said.must_have(&["was cancelled", "media-mirror backfill"])?;
    // A run's ID is a word, and no path.
    tool.expect(1, &["backfill", "status", "../exceptions"])
        .await?;
    Ok(())
}

async fn interrupted(scene: &Scene) -> anyhow::Result<()> {
    let tool = Tool::of(scene);
    published(scene, "followed").await?;
    // So slow that it is certainly not through when it is interrupted.
    let slow = ["backfill", "--rate", "0.2"];
    // The second line is the first that comes of following.
    let (child, begun) = tool.start_until(&slow, 2).await?;
    let process = child.id().context("it runs")?.to_string();
    Command::new("kill")
        .args(["-INT", &process])
        .status()
        .await?;
    let output = child.wait_with_output().await?;
    let err = String::from_utf8(output.stderr)?;
    ensure!(output.status.code() == Some(130), "{begun}{err}");
    let run = begun
        .split_whitespace()
        .find(|word| word.starts_with("backfill-"))
        .with_context(|| begun.clone())?;
    ensure!(
        err.contains(&format!("backfill status {run} --follow")),
        "{err}"
    );
    // The run has gone on, and is followed to its end.
    let said = tool
        .expect(0, &["backfill", "status", run, "--follow"])
        .await?;
    said.must_have(&["is finished"])?;
    tool.expect(0, &["plan"]).await?;
    Ok(())
}

async fn forgotten(scene: &Scene) -> anyhow::Result<()> {
    let tool = Tool::of(scene);
    published(scene, "forgotten").await?;
    let run = begun(&tool, &["--rate", "1"]).await?;
    let follow = ["backfill", "status", &run, "--follow"];
    let (followed, _) = tool.start_until(&follow, 1).await?;
    let documents = scene.state()?;
    for path in documents.list("", 1000).await? {
        documents.remove(&path).await?;
    }
    let said = tool.expect(1, &["backfill", "status", &run]).await?;
    said.must_have(&["there is no run"])?;
    let followed = followed.wait_with_output().await?;
    let out = String::from_utf8(followed.stdout)?;
    ensure!(out.contains("document is gone"), "{out}");
    ensure!(followed.status.code() == Some(1), "{out}");
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while tool.run(&["plan"]).await?.code != Some(0) {
        ensure!(
            tokio::time::Instant::now() < deadline,
            "the work did not go on"
        );
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Ok(())
}

async fn failed(scene: &Scene) -> anyhow::Result<()> {
    let tool = Tool::of(scene);
    let said = tool.expect(0, &["backfill", "--failed-only"]).await?;
    said.must_have(&["Nothing is recorded as failed."])?;
    let masked = simulator::FaultRule::for_account(World::PRIMARY, simulator::Fault::MaskSecrets);
    scene
        .control()
        .add_fault(masked.path("/contentKeyPolicies/"));
    published(scene, "masked").await?;
    let said = tool
        .expect(2, &["backfill", "--kinds", "contentKeyPolicies", "--json"])
        .await?;
    let lines = said.values()?;
    let left = lines
        .iter()
        .find(|line| line["resource"] == "contentKeyPolicies/masked");
    let left = left.with_context(|| format!("{said:#?}"))?;
    ensure!(
        left["reason"] == "secret-masked" && left["outcome"] == "failed",
        "{left}"
    );
    // A disk that is full is known at the end at the latest, and is an error.
    let said = tool
        .run(&[
            "backfill",
            "--kinds",
            "contentKeyPolicies",
            "--report",
            "/dev/full",
        ])
        .await?;
    ensure!(
        said.code == Some(1) && said.has("cannot be written"),
        "{said:#?}"
    );

    scene.control().clear_faults(None);
    tool.expect(
        0,
        &["backfill", "--failed-only", "--kinds", "contentKeyPolicies"],
    )
    .await?;
    scene.proof()?.content_key_policy("masked").await?;
    Ok(())
}

/// Blobs that were written in blocks have no MD5, and the mark says what the copy says of itself: only the bytes tell.
async fn hashed(scene: &Scene) -> anyhow::Result<()> {
    let tool = Tool::of(scene);
    published(scene, "blocks").await?;
    let source = scene.primary()?.container("blocks", "ReadWrite").await?;
    in_blocks(scene, &source, "late.mp4", "the right bytes", None).await?;
    tool.expect(0, &["backfill", "--depth", "bytes"]).await?;
    let said = tool
        .expect(0, &["verify", "--deep", "--hash", "--json"])
        .await?;
    let values = said.values()?;
    let summary = values.last().context("a summary")?;
    ensure!(
        summary["hashed"]["blobs"] == 1 && summary["hashed"]["bytes"] == 15,
        "{summary}"
    );

    let replica = scene
        .secondary()?
        .container("blocks", "ReadWriteDelete")
        .await?;
    let mut url = replica.clone();
    url.path_segments_mut()
        .ok()
        .context("a URL")?
        .push("late.mp4");
    let head = scene
        .tls
        .client()
        .head(url)
        .header("x-ms-version", "2021-12-02")
        .send()
        .await?;
    let mark = head
        .headers()
        .get("x-ms-meta-mirrorsource")
        .context("a mark")?;
    let mark = mark.to_str()?.to_owned();
    in_blocks(scene, &replica, "late.mp4", "the wrong bytes", Some(&mark)).await?;
    tool.expect(0, &["verify", "--deep", "--kinds", "assets"])
        .await?;
    let said = tool
        .expect(2, &["verify", "--deep", "--hash", "--kinds", "assets"])
        .await?;
    said.must_have(&[
        "! conflict assets/blocks (copy-mismatch: late.mp4)",
        "Delete the blob",
    ])?;
    Ok(())
}

/// Uploads a blob as one block, which leaves it without an MD5.
async fn in_blocks(
    scene: &Scene,
    container: &url::Url,
    name: &str,
    text: &'static str,
    mark: Option<&str>,
) -> anyhow::Result<()> {
    let list =
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList><Latest>QQ==</Latest></BlockList>";
    for (query, body) in [
        ("comp=block&blockid=QQ%3D%3D", text),
        ("comp=blocklist", list),
    ] {
        let mut url = container.clone();
        url.path_segments_mut().ok().context("a URL")?.push(name);
        let sas = container.query().unwrap_or_default();
        url.set_query(Some(&format!("{query}&{sas}")));
        let mut request = scene
            .tls
            .client()
            .put(url)
            .header("x-ms-version", "2021-12-02");
        if let Some(mark) = mark.filter(|_| body == list) {
            request = request.header("x-ms-meta-mirrorsource", mark);
        }
        request.body(body).send().await?.error_for_status()?;
    }
    Ok(())
}

async fn refused(scene: &Scene) -> anyhow::Result<()> {
    let tool = Tool::of(scene);
    let denied = simulator::Fault::Status {
        status: 403,
        code: None,
        message: None,
    };
    let rule = simulator::FaultRule::for_account(World::PRIMARY, denied).path("/assets");
    scene.control().add_fault(rule);
    for arguments in [
        &["plan", "--kinds", "assets"][..],
        &["verify"],
        &["backfill", "--dry-run"],
    ] {
        let said = tool.expect(1, arguments).await?;
        said.must_have(&["the assets cannot be listed: source-denied", "config check"])?;
    }
    // A run says so, too, and does not wait for ever.
    let said = tool.expect(1, &["backfill", "--kinds", "assets"]).await?;
    said.must_have(&["source-denied"])?;
    scene.control().clear_faults(None);
    let nobody = tool.with("MIRROR_PRIMARY_ENDPOINT", "https://127.0.0.1:1");
    let said = nobody.expect(1, &["plan", "--kinds", "assets"]).await?;
    said.must_have(&["the assets cannot be listed: source-unavailable"])?;
    Ok(())
}

/// The ID of a run that was begun and is not followed.
async fn begun(tool: &Tool, options: &[&str]) -> anyhow::Result<String> {
    let arguments = [&["backfill", "--detach", "--json"], options].concat();
    let said = tool.expect(0, &arguments).await?;
    let run = said.values()?[0]["run"].as_str().map(ToOwned::to_owned);
    run.with_context(|| format!("{said:#?}"))
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
