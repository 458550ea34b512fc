//! Blobs that change after their asset was mirrored arrive by what the storage account tells Event Grid.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use futures::future::try_join_all;
use serde_json::json;
use simulator::{Fault, FaultRule};
use uuid::Uuid;
use world::{Backend, BlobEvent, Storage, World, differences};

use crate::support::{PATIENCE, Record, Scene, encoded, exclusive, shared, tests_on_both};

tests_on_both![
    a_blob_that_is_added_later_arrives_by_its_event_alone,
    a_container_of_any_name_is_found,
    a_burst_of_events_makes_one_message_for_each_window,
    events_of_another_storage_account_mirror_nothing,
    events_that_are_malformed_or_of_no_asset_end_there,
    what_the_primary_does_not_say_now_is_asked_again_and_what_it_refuses_is_kept,
];

const CREATED: &str = "Microsoft.Storage.BlobCreated";
/// A quarter and at least two of the six seconds that the world's messages wait are no part of the window.
const WINDOW: Duration = Duration::from_secs(4);

fn created<'a>(container: &'a str, blob: &'a str) -> BlobEvent<'a> {
    BlobEvent {
        kind: CREATED,
        account: Storage::PRIMARY,
        container,
        blob,
    }
}

/// Puts a blob into the container of an asset of the primary, and returns the container's name.
async fn added(scene: &Scene, asset: &str, blob: &str) -> anyhow::Result<String> {
    let primary = scene.primary()?;
    let container = primary.container(asset, "ReadWrite").await?;
    let bytes = format!("{blob} of {asset}").into_bytes();
    primary.upload(&container, blob, "text/vtt", bytes).await?;
    let name = container.path().rsplit('/').next();
    Ok(name.context("a container has a name")?.to_owned())
}

/// Waits for what `mirror-asset` says about a container.
async fn said_of(scene: &Scene, container: &str, outcome: &str) -> anyhow::Result<Record> {
    let wanted = |record: &Record| {
        record.text("message") == "container"
            && record.text("container") == container
            && record.outcome() == outcome
    };
    let found = scene.log.wait(0, PATIENCE, wanted).await;
    found.with_context(|| format!("{container} is not {outcome}"))
}

async fn a_blob_that_is_added_later_arrives_by_its_event_alone(
    backend: Backend,
) -> anyhow::Result<()> {
    let scene = exclusive(backend).await?;
    for (asset, cloud_event) in [("subtitled", false), ("subtitled-too", true)] {
        encoded(&scene, asset).await?;
        // A finished job raises two events.
        scene.calm().await?;
        let from = scene.log.end();
        let container = added(&scene, asset, "subtitles/en.vtt").await?;
        let event = created(&container, "subtitles/en.vtt");
        let event = match cloud_event {
            false => event.event_grid(),
            true => event.cloud_event(),
        };
        scene.post_event("blob-changed", event).await?;
        let path = format!("assets/{asset}");
        let done = scene.expect_after(from, &path, "applied").await?;
        ensure!(done.text("cause") == "blobs", "{done:?}");
        // From the event, not from when its message was read.
        ensure!(done.number("lag_ms") >= Some(6000), "{done:?}");
        ensure!(scene.proof()?.blobs(asset).await? == 3);
        let found = said_of(&scene, &container, "applied").await?;
        ensure!(found.number("calls_secondary") == Some(0), "{found:?}");
        // The list, and on MK.IO once for each process whose storage the record is.
        let most = match backend {
            Backend::Ams => 1,
            Backend::Mkio => 2,
        };
        ensure!(found.number("calls_primary") <= Some(most), "{found:?}");
    }
    Ok(())
}

async fn a_container_of_any_name_is_found(backend: Backend) -> anyhow::Result<()> {
    let scene = exclusive(backend).await?;
    // One that looks like the service's own, and is not of the asset with that ID.
    for container in [
        format!("chosen-{}", Uuid::new_v4()),
        format!("asset-{}", Uuid::new_v4()),
    ] {
        let asset = format!("in-{container}");
        let properties = json!({"container": container});
        let primary = scene.primary()?;
        primary.put_asset(&asset, properties, json!({})).await?;
        added(&scene, &asset, "film.ism").await?;
        primary.encode(&asset, &[&asset]).await?;
        let path = format!("assets/{asset}");
        scene.expect(&path, "applied").await?;
        scene.calm().await?;
        let from = scene.log.end();
        added(&scene, &asset, "late.vtt").await?;
        let event = created(&container, "late.vtt").event_grid();
        scene.post_event("blob-changed", event).await?;
        let done = scene.expect_after(from, &path, "applied").await?;
        ensure!(done.text("cause") == "blobs", "{done:?}");
        ensure!(scene.proof()?.blobs(&asset).await? == 2);
    }
    Ok(())
}

async fn a_burst_of_events_makes_one_message_for_each_window(
    backend: Backend,
) -> anyhow::Result<()> {
    let scene = shared(backend).await?;
    encoded(&scene, "segmented").await?;
    let container = added(&scene, "segmented", "late.vtt").await?;
    let begun = Instant::now();
    let names: Vec<String> = (0..200).map(|at| format!("segment-{at}")).collect();
    let events = names
        .iter()
        .map(|name| scene.post_event("blob-changed", created(&container, name).event_grid()));
    try_join_all(events).await?;
    let windows = 1 + begun.elapsed().as_secs() / WINDOW.as_secs();
    let records = scene.log.records(0);
    let about = records.iter().filter(|record| {
        record.text("message") == "event" && record.text("subject").contains(&container)
    });
    let enqueued: Vec<u64> = about
        .filter_map(|record| record.number("enqueued"))
        .collect();
    ensure!(enqueued.len() == 200, "{} events", enqueued.len());
    let messages: u64 = enqueued.iter().sum();
    ensure!(
        (1..=windows).contains(&messages),
        "{messages} messages in {windows} windows"
    );
    said_of(&scene, &container, "applied").await?;
    Ok(())
}

async fn events_of_another_storage_account_mirror_nothing(backend: Backend) -> anyhow::Result<()> {
    let scene = shared(backend).await?;
    encoded(&scene, "not-theirs").await?;
    let container = added(&scene, "not-theirs", "late.vtt").await?;
    for account in [Storage::SECONDARY, "foreignstore"] {
        let blob = format!("{account}.vtt");
        let event = BlobEvent {
            account,
            ..created(&container, &blob)
        };
        scene.post_event("blob-changed", event.event_grid()).await?;
        let said = scene.expect_event("blob-changed", &event.subject()).await?;
        let expected = differences::FOREIGN_BLOBS.on(backend);
        if said.number("enqueued") == Some(0) {
            ensure!(said.outcome() == expected, "{said:?}");
        } else {
            let wanted = |record: &Record| {
                record.text("message") == "container" && record.text("account") == account
            };
            let found = scene.log.wait(0, PATIENCE, wanted).await;
            let found = found.context("the container was looked for")?;
            ensure!(found.outcome() == expected, "{found:?}");
        }
    }
    let changes = scene.log.records(0).into_iter().filter(|record| {
        record.resource() == "assets/not-theirs" && record.text("cause") == "blobs"
    });
    ensure!(changes.count() == 0, "it was looked at");
    Ok(())
}

async fn events_that_are_malformed_or_of_no_asset_end_there(
    backend: Backend,
) -> anyhow::Result<()> {
    let scene = shared(backend).await?;
    let unique = Uuid::new_v4().to_string();
    let mut odd = created("films", &unique).event_grid();
    odd["subject"] = json!(format!("/blobServices/default/containers/{unique}"));
    let renamed = BlobEvent {
        kind: "Microsoft.Storage.BlobRenamed",
        ..created("films", &unique)
    };
    for (event, outcome) in [
        (odd, "failed(bad-message)"),
        (
            created("Not A Container", &unique).event_grid(),
            "failed(bad-message)",
        ),
        (
            created("$logs", &unique).event_grid(),
            "skipped(not-mirrored-kind)",
        ),
        (renamed.cloud_event(), "skipped(not-mirrored-kind)"),
    ] {
        let subject = event["subject"].as_str().unwrap_or_default().to_owned();
        scene.post_event("blob-changed", event).await?;
        let said = scene.expect_event("blob-changed", &subject).await?;
        ensure!(said.outcome() == outcome, "{said:?}");
        ensure!(said.number("enqueued") == Some(0), "{said:?}");
    }
    for container in [format!("asset-{unique}"), format!("nobodys-{unique}")] {
        let event = created(&container, "a").event_grid();
        scene.post_event("blob-changed", event).await?;
        let said = said_of(&scene, &container, "skipped(out-of-scope)").await?;
        ensure!(said.number("follow_ups") == Some(0), "{said:?}");
    }
    Ok(())
}

async fn what_the_primary_does_not_say_now_is_asked_again_and_what_it_refuses_is_kept(
    backend: Backend,
) -> anyhow::Result<()> {
    let scene = exclusive(backend).await?;
    encoded(&scene, "asked-again").await?;
    // A finished job raises two events.
    scene.calm().await?;
    let container = added(&scene, "asked-again", "late.vtt").await?;
    let since = "2026-01-02T03:04:05Z";
    let hint = json!({"v": 1, "account": Storage::PRIMARY, "container": container, "since": since});
    // In the wrong queue, which passes it on.
    let enqueue = || async {
        let text = hint.to_string();
        scene.enqueue("mirror-locator", text.as_bytes()).await
    };
    let busy = FaultRule::for_account(World::PRIMARY, Fault::Throttle { retry_after: 1 })
        .path("/assets")
        .times(1);
    scene.control().add_fault(busy);
    let from = scene.log.end();
    enqueue().await?;
    said_of(&scene, &container, "waiting(source-throttled)").await?;
    let found = said_of(&scene, &container, "applied").await?;
    ensure!(found.number("attempt") >= Some(1), "{found:?}");
    let done = scene.expect_after(from, "assets/asked-again", "applied");
    ensure!(done.await?.number("lag_ms") > Some(1_000_000));

    let status = Fault::Status {
        status: 403,
        code: None,
        message: None,
    };
    let denied = FaultRule::for_account(World::PRIMARY, status).path("/assets");
    scene.control().add_fault(denied);
    enqueue().await?;
    said_of(&scene, &container, "failed(source-denied)").await?;
    let of_container = |message: &serde_json::Value| message["container"] == container.as_str();
    let kept = scene.poisoned("mirror-asset", of_container).await?;
    ensure!(
        kept["reason"] == "source-denied" && kept["since"] == since,
        "{kept}"
    );
    scene.control().clear_faults(None);
    Ok(())
}
