//! What is wrong with the projects, their tokens and their storage is said with its reason, and nothing is taken away.

use anyhow::ensure;
use serde_json::{Value, json};
use simulator::{Fault, FaultRule, TokenCheck};
use world::{Storage, World};

use super::{hinted, replica};
use crate::support::{Scene, clear, encoded, mkio, tests, viewers};

tests![
    a_lost_project_takes_nothing_away,
    a_token_that_does_not_hold_is_named,
    a_capability_that_is_missing_is_named,
    a_web_page_in_place_of_json_is_no_answer,
    storage_that_is_not_there_or_not_azure_is_said,
    names_ids_and_labels_at_their_limits_are_mirrored,
];

/// A published title without encryption.
async fn published(scene: &Scene, name: &str) -> anyhow::Result<()> {
    encoded(scene, name).await?;
    let path = format!("streamingLocators/{name}");
    scene.primary()?.put(&path, clear(name)).await?;
    scene.expect(&path, "applied").await?;
    Ok(())
}

async fn a_lost_project_takes_nothing_away() -> anyhow::Result<()> {
    let scene = mkio().await?;
    published(&scene, "kept").await?;
    let lost = FaultRule::for_account(World::PRIMARY, Fault::LoseAccount);
    let lost = scene.control().add_fault(lost);
    hinted(&scene, "kept", "waiting(source-unavailable)").await?;
    let from = scene.hint("assets/kept").await?;
    scene
        .expect_after(from, "assets/kept", "waiting(source-unavailable)")
        .await?;
    ensure!(replica(&scene, "kept").await?.is_some());
    scene.control().clear_fault(lost);
    scene.expect_after(from, "assets/kept", "in-sync").await?;
    Ok(())
}

async fn a_token_that_does_not_hold_is_named() -> anyhow::Result<()> {
    let scene = mkio().await?;
    for check in [
        TokenCheck::Malformed,
        TokenCheck::Expired,
        TokenCheck::Revoked,
    ] {
        scene
            .control()
            .change_settings(|settings| settings.mkio.tokens = check);
        let said = hinted(&scene, "whichever", "failed(source-denied)").await?;
        ensure!(said.text("detail").contains("401"), "{check:?}: {said:?}");
    }
    scene
        .control()
        .change_settings(|settings| settings.mkio.tokens = TokenCheck::Checked);
    hinted(&scene, "whichever", "in-sync").await?;
    Ok(())
}

async fn a_capability_that_is_missing_is_named() -> anyhow::Result<()> {
    let scene = mkio().await?;
    let path = "contentKeyPolicies/secret";
    let policy = viewers(&scene.secrets.base64("verification-key"));
    scene.primary()?.put(path, policy).await?;
    scene.control().change_settings(|settings| {
        settings.mkio.denied_capabilities = vec!["ams.contentkeypolicy.create".to_owned()];
    });
    let from = scene.hint("contentKeyPolicies/secret").await?;
    let said = scene
        .expect_after(from, path, "failed(source-denied)")
        .await?;
    ensure!(
        said.text("detail").contains("ams.contentkeypolicy create"),
        "{said:?}"
    );
    Ok(())
}

async fn a_web_page_in_place_of_json_is_no_answer() -> anyhow::Result<()> {
    let scene = mkio().await?;
    published(&scene, "paged").await?;
    let page =
        FaultRule::for_account(World::PRIMARY, Fault::NonJson).path("/streamingLocators/paged");
    let page = scene.control().add_fault(page);
    let from = scene.hint("streamingLocators/paged").await?;
    let locator = "streamingLocators/paged";
    scene
        .expect_after(from, locator, "waiting(source-unavailable)")
        .await?;
    scene.control().clear_fault(page);
    scene.expect_after(from, locator, "in-sync").await?;
    Ok(())
}

async fn storage_that_is_not_there_or_not_azure_is_said() -> anyhow::Result<()> {
    let scene = mkio().await?;
    let primary = scene.primary()?;
    let url = scene.storage.regions.blob_endpoint(Storage::PRIMARY);
    let azure = json!({"spec": {"type": "Microsoft.Storage", "url": url.as_str()}});
    let bucket = json!({"spec": {
        "type": "AWS.S3",
        "bucketName": "films",
        "credential": {"accessKeyId": "AKIA0000000000000000", "secretAccessKey": scene.secrets.text("bucket-key")}
    }});
    for (record, spec, name, reason, says) in [
        ("west lost", &azure, "lost", "configuration", "north lost"),
        (
            "west unknown",
            &azure,
            "unmapped",
            "configuration",
            "west unknown",
        ),
        ("west bucket", &bucket, "bucketed", "source-unsupported", ""),
    ] {
        primary
            .put_body(&format!("storage/{record}"), spec.clone())
            .await?;
        let path = format!("assets/{name}");
        primary
            .put(&path, json!({"storageAccountName": record}))
            .await?;
        primary.encode(name, &[name]).await?;
        let said = scene.expect(&path, &format!("failed({reason})")).await?;
        ensure!(said.text("detail").contains(says), "{said:?}");
        ensure!(scene.secondary()?.find(&path).await?.is_none());
    }
    Ok(())
}

async fn names_ids_and_labels_at_their_limits_are_mirrored() -> anyhow::Result<()> {
    let scene = mkio().await?;
    let name = "n".repeat(260);
    let labels: Value = (0..32)
        .map(|n| (format!("{n:0>256}"), Value::String("a value ".repeat(32))))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let properties = json!({"alternateId": "a".repeat(64), "description": "ü".repeat(4096)});
    let primary = scene.primary()?;
    primary.put_asset(&name, properties, labels).await?;
    primary.upload_title(&name).await?;
    primary.encode("limits", &[&name]).await?;
    scene.expect(&format!("assets/{name}"), "applied").await?;
    let mut locator = clear(&name);
    // Not every ID is a GUID.
    locator["streamingLocatorId"] = json!("5d41402abc4b2a76b9719d911017c592");
    let path = format!("streamingLocators/{name}");
    primary.put(&path, locator).await?;
    scene.expect(&path, "applied").await?;
    scene.proof()?.asset(&name).await?;
    let same = scene.proof()?.locator(&name).await?;
    ensure!(same.id == "5d41402abc4b2a76b9719d911017c592");
    Ok(())
}
