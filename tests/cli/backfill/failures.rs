//! What fails is told, is no difference between the accounts, and is tried once more when asked for.

use anyhow::{Context, ensure};
use simulator::{Fault, FaultRule};
use world::{Backend, World};

use crate::{
    cli::published,
    support::{Scene, Tool, alone, tests},
};

tests![
    failures_are_tried_once_more_when_asked_for,
    an_account_that_refuses_is_an_error_and_no_difference,
];

async fn failures_are_tried_once_more_when_asked_for() -> anyhow::Result<()> {
    alone(Backend::Ams, &[], failed).await
}

async fn failed(scene: &Scene) -> anyhow::Result<()> {
    scene.lose_events();
    let tool = Tool::of(scene);
    let said = tool.expect(0, &["backfill", "--failed-only"]).await?;
    said.must_have(&["Nothing is recorded as failed."])?;
    let masked = FaultRule::for_account(World::PRIMARY, Fault::MaskSecrets);
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

async fn an_account_that_refuses_is_an_error_and_no_difference() -> anyhow::Result<()> {
    alone(Backend::Ams, &[], refused).await
}

async fn refused(scene: &Scene) -> anyhow::Result<()> {
    scene.lose_events();
    let tool = Tool::of(scene);
    let denied = Fault::Status {
        status: 403,
        code: None,
        message: None,
    };
    let rule = FaultRule::for_account(World::PRIMARY, denied).path("/assets");
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
