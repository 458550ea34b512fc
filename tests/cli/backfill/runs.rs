//! A run goes on whoever follows it, until somebody pauses or cancels it.

use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::process::Command;
use world::Backend;

use crate::{
    cli::published,
    support::{Scene, Tool, alone, tests},
};

tests![
    a_run_is_paused_resumed_cancelled_and_found_again,
    whoever_stops_following_loses_nothing,
    without_its_documents_the_work_goes_on,
];

async fn a_run_is_paused_resumed_cancelled_and_found_again() -> anyhow::Result<()> {
    alone(Backend::Ams, &[], paused).await
}

async fn paused(scene: &Scene) -> anyhow::Result<()> {
    scene.lose_events();
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

async fn whoever_stops_following_loses_nothing() -> anyhow::Result<()> {
    alone(Backend::Ams, &[], interrupted).await
}

async fn interrupted(scene: &Scene) -> anyhow::Result<()> {
    scene.lose_events();
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

async fn without_its_documents_the_work_goes_on() -> anyhow::Result<()> {
    alone(Backend::Ams, &[], forgotten).await
}

async fn forgotten(scene: &Scene) -> anyhow::Result<()> {
    scene.lose_events();
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

/// The ID of a run that was begun and is not followed.
async fn begun(tool: &Tool, options: &[&str]) -> anyhow::Result<String> {
    let arguments = [&["backfill", "--detach", "--json"], options].concat();
    let said = tool.expect(0, &arguments).await?;
    let run = said.values()?[0]["run"].as_str().map(ToOwned::to_owned);
    run.with_context(|| format!("{said:#?}"))
}
