//! Only what happened in the primary counts, and only what is finished. By Event Grid, so on Azure Media Services; what MK.IO announces is
//! checked with its webhook.

use anyhow::ensure;
use serde_json::{Value, json};
use simulator::{EventSubscription, JobsMode};
use uuid::Uuid;
use world::{Backend, World};

use crate::support::{PATIENCE, Scene, exclusive, made, shared, tests, viewers};

tests![
    events_of_anything_but_the_primary_are_ignored,
    the_secondarys_own_events_are_ignored,
    outputs_that_are_not_finished_are_not_mirrored,
    jobs_that_failed_or_were_cancelled_mirror_nothing,
];

const SUBSCRIPTION: &str = "/subscriptions/00000000-0000-0000-0000-000000000001";

/// An event in Event Grid's own schema.
fn event(topic: &str, subject: &str, kind: &str, data: Value) -> Value {
    json!({
        "id": Uuid::new_v4(),
        "topic": topic,
        "subject": subject,
        "eventType": kind,
        "eventTime": "2026-01-02T03:04:05.6789012Z",
        "data": data,
        "dataVersion": "1.0",
        "metadataVersion": "1",
    })
}

async fn events_of_anything_but_the_primary_are_ignored() -> anyhow::Result<()> {
    let scene = shared(Backend::Ams).await?;
    let primary = World::account_id(World::PRIMARY);
    let foreign = [
        World::account_id("othermedia"),
        // Whose name only begins with the primary's.
        format!("{primary}2"),
        primary.replace("000000000001", "000000000002"),
        primary.replace("resourceGroups/media", "resourceGroups/other"),
        primary.replace(
            "Microsoft.Media/mediaServices",
            "Microsoft.Storage/storageAccounts",
        ),
    ];
    for account in &foreign {
        let subject = format!("{account}/streamingLocators/foreign");
        let written = "Microsoft.Resources.ResourceWriteSuccess";
        let written = event(SUBSCRIPTION, &subject, written, json!({}));
        scene.post_event("resource-changed", written).await?;
        let said = scene.expect_event("resource-changed", &subject).await?;
        ensure!(said.outcome() == "skipped(not-primary)", "{said:?}");
        ensure!(said.number("enqueued") == Some(0), "{said:?}");

        let subject = format!("transforms/encode/jobs/{}", Uuid::new_v4());
        let outputs = json!({"outputs": [{"assetName": "foreign", "state": "Finished"}]});
        let finished = event(account, &subject, "Microsoft.Media.JobFinished", outputs);
        scene.post_event("job-finished", finished).await?;
        let said = scene.expect_event("job-finished", &subject).await?;
        ensure!(said.outcome() == "skipped(not-primary)", "{said:?}");
        ensure!(said.number("enqueued") == Some(0), "{said:?}");
    }
    // What the subject says counts for nothing where the topic is somebody else's.
    let subject = format!("{primary}/streamingLocators/foreign");
    let topic = SUBSCRIPTION.replace("000000000001", "000000000002");
    let written = "Microsoft.Resources.ResourceWriteSuccess";
    let written = event(&topic, &subject, written, json!({}));
    scene.post_event("resource-changed", written).await?;
    let said = scene.expect_event("resource-changed", &subject).await?;
    ensure!(said.outcome() == "skipped(not-primary)", "{said:?}");
    ensure!(said.number("enqueued") == Some(0), "{said:?}");
    Ok(())
}

async fn the_secondarys_own_events_are_ignored() -> anyhow::Result<()> {
    let scene = shared(Backend::Ams).await?;
    let subscription = EventSubscription {
        name: "of-the-secondary".to_owned(),
        account: Some(World::SECONDARY.to_owned()),
        endpoint: scene.event_url("resource-changed").parse()?,
        event_types: vec!["Microsoft.Resources.ResourceWriteSuccess".to_owned()],
    };
    scene.control().subscribe(subscription).await?;
    let key = scene.secrets.base64("verification-key");
    let policy = "contentKeyPolicies/of-the-secondary";
    scene.secondary()?.put(policy, viewers(&key)).await?;
    let subject = scene.log.wait(0, PATIENCE, |record| {
        record.text("subject").ends_with(policy)
    });
    let said = subject.await;
    scene.control().unsubscribe("of-the-secondary");
    let outcome = said.map(|said| said.outcome());
    ensure!(
        outcome.as_deref() == Some("skipped(not-primary)"),
        "{outcome:?}"
    );
    ensure!(scene.primary()?.find(policy).await?.is_none());
    Ok(())
}

async fn outputs_that_are_not_finished_are_not_mirrored() -> anyhow::Result<()> {
    let scene = shared(Backend::Ams).await?;
    let assets = ["half-done", "half-failed", "half-cancelled"];
    for asset in assets {
        made(&scene, asset).await?;
    }
    let output = |name: &str, state: &str| json!({"assetName": name, "state": state});
    let outputs = [
        output(assets[0], "Finished"),
        output(assets[1], "Error"),
        output(assets[2], "Canceled"),
    ];
    let subject = "transforms/encode/jobs/half";
    let finished = event(
        &World::account_id(World::PRIMARY),
        subject,
        "Microsoft.Media.JobFinished",
        json!({"outputs": outputs}),
    );
    scene.post_event("job-finished", finished).await?;
    let said = scene.expect_event("job-finished", subject).await?;
    ensure!(said.number("enqueued") == Some(1), "{said:?}");
    ensure!(said.outcome() == "skipped(source-not-ready)", "{said:?}");
    scene.expect("assets/half-done", "applied").await?;
    for asset in &assets[1..] {
        nothing_of(&scene, asset).await?;
    }
    Ok(())
}

async fn jobs_that_failed_or_were_cancelled_mirror_nothing() -> anyhow::Result<()> {
    let scene = exclusive(Backend::Ams).await?;
    // Every event of the account reaches the function, as where a subscription does not choose.
    let subscription = EventSubscription {
        name: "all".to_owned(),
        account: Some(World::PRIMARY.to_owned()),
        endpoint: scene.event_url("job-finished").parse()?,
        event_types: Vec::new(),
    };
    scene.control().subscribe(subscription).await?;
    for (job, mode) in [("failed", JobsMode::Error), ("cancelled", JobsMode::Cancel)] {
        made(&scene, job).await?;
        scene
            .control()
            .change_settings(|settings| settings.jobs = mode);
        scene.primary()?.encode(job, &[job]).await?;
        let subject = format!("transforms/encode/jobs/{job}");
        scene.expect_event("job-finished", &subject).await?;
        scene.calm().await?;
        nothing_of(&scene, job).await?;
    }
    scene.control().unsubscribe("all");
    Ok(())
}

async fn nothing_of(scene: &Scene, asset: &str) -> anyhow::Result<()> {
    let replica = scene.secondary()?.find(&format!("assets/{asset}")).await?;
    ensure!(replica.is_none(), "{asset} was mirrored");
    Ok(())
}
