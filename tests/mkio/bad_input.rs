//! What is wrong with the projects, their tokens and their storage is said with its reason, and nothing is taken away.

use anyhow::{Context, ensure};
use change::Kind;
use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Permission, TokenCheck};
use world::{Storage, World, bodies::filters};

use super::hinted;
use crate::support::{
    PATIENCE, Record, Scene, clear, encoded, made, members, mkio, tests, viewers,
};

tests![
    a_project_that_does_not_exist_is_no_empty_one,
    a_token_that_does_not_hold_is_named,
    a_capability_that_is_missing_is_named,
    a_capability_that_is_missing_to_write_is_named,
    a_list_that_may_not_be_read_is_named,
    the_old_family_of_paths_is_told_from_the_new,
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

/// Both sides answer 404 for everything, as for a misspelt name.
async fn a_project_that_does_not_exist_is_no_empty_one() -> anyhow::Result<()> {
    let scene = mkio().await?;
    encoded(&scene, "misspelt").await?;
    let path = "assets/misspelt";
    for (side, account) in [("source", World::PRIMARY), ("replica", World::SECONDARY)] {
        let unknown = FaultRule::for_account(account, Fault::LoseAccount);
        let unknown = scene.control().add_fault(unknown);
        let from = scene.hint(path).await?;
        let outcome = format!("waiting({side}-unavailable)");
        let said = scene.expect_after(from, path, &outcome).await?;
        ensure!(
            said.text("detail").contains("project-not-found"),
            "{said:?}"
        );
        scene.control().clear_fault(unknown);
        scene.expect_after(from, path, "in-sync").await?;
    }
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

/// Each capability that the mirror needs, of the token that lacks it: the detail names it, and nothing is written.
async fn a_capability_that_is_missing_is_named() -> anyhow::Result<()> {
    let scene = mkio().await?;
    encoded(&scene, "capable").await?;
    members(&scene, "capable").await?;
    scene.expect("streamingLocators/capable", "applied").await?;
    scene.calm().await?;
    for (capability, path) in [
        ("ams.asset.get", "assets/capable"),
        ("ams.streaminglocator.get", "streamingLocators/capable"),
        ("ams.streaminglocator.create", "streamingLocators/capable"),
        ("ams.contentkeypolicy.create", "contentKeyPolicies/capable"),
        ("ams.streamingpolicy.get", "streamingPolicies/capable"),
        ("ams.accountfilter.get", "accountFilters/capable"),
        ("ams.assetfilter.get", "assets/capable/assetFilters/capable"),
    ] {
        denied(&scene, capability, path, "source-denied").await?;
    }
    // What only the secondary's token needs.
    scene.control().change_settings(|settings| {
        settings.mkio.streaming_policy_update = Permission::Allow;
    });
    let primary = scene.primary()?;
    let description = json!({"description": "changed"});
    primary.put_asset("capable", description, json!({})).await?;
    let policy = viewers(&scene.secrets.base64("new-key"));
    primary.change_content_key_policy("capable", policy).await?;
    primary.put("accountFilters/new", filters::clip()).await?;
    for (capability, path) in [
        ("ams.asset.update", "assets/capable"),
        ("ams.contentkeypolicy.update", "contentKeyPolicies/capable"),
        ("ams.accountfilter.create", "accountFilters/new"),
    ] {
        denied(&scene, capability, path, "replica-denied").await?;
    }
    // Whether what is not found is gone is asked of the project, and whose storage a record is of the record.
    let project = "core.project.get";
    denied(&scene, project, "assets/nobodys", "source-denied").await?;
    let url = scene.storage.regions.blob_endpoint(Storage::PRIMARY);
    let record = json!({"spec": {"type": "Microsoft.Storage", "url": url.as_str()}});
    primary.put_body("storage/another", record).await?;
    let asset = json!({"storageAccountName": "another"});
    primary.put("assets/in-another", asset).await?;
    let locator = clear("in-another");
    primary.put("streamingLocators/in-another", locator).await?;
    let storage = "infra.storage.get";
    denied(&scene, storage, "assets/in-another", "source-denied").await
}

/// What only the secondary's token needs, of kinds that are written in ways of their own.
async fn a_capability_that_is_missing_to_write_is_named() -> anyhow::Result<()> {
    let scene = mkio().await?;
    scene.control().change_settings(|settings| {
        settings.mkio.streaming_policy_update = Permission::Allow;
    });
    published(&scene, "writable").await?;
    published(&scene, "withdrawn").await?;
    let primary = scene.primary()?;
    let filter = "assets/writable/assetFilters/clip";
    for path in ["accountFilters/clip", filter] {
        primary.put(path, filters::clip()).await?;
        scene.hint(path).await?;
        scene.expect(path, "applied").await?;
    }
    let policy = "streamingPolicies/clear";
    primary.put(policy, unencrypted(false)).await?;
    scene.hint(policy).await?;
    scene.expect(policy, "applied").await?;
    scene.calm().await?;

    // Made, changed, and made anew: nothing tells the mirror before it is hinted.
    scene.control().change_settings(|settings| {
        settings.delivery.paused = true;
    });
    made(&scene, "fresh").await?;
    primary
        .put("streamingLocators/fresh", clear("fresh"))
        .await?;
    let other = "assets/writable/assetFilters/other";
    primary.put(other, filters::clip()).await?;
    primary
        .put("streamingPolicies/other", unencrypted(false))
        .await?;
    for path in ["accountFilters/clip", filter] {
        let lower = json!({"firstQuality": {"bitrate": 64_000}});
        primary.put(path, lower).await?;
    }
    primary.put(policy, unencrypted(true)).await?;
    let mut ending = clear("writable");
    ending["endTime"] = json!("2030-01-01T00:00:00Z");
    primary.put("streamingLocators/writable", ending).await?;
    let locator = "streamingLocators/withdrawn";
    let id = primary.get(locator).await?["properties"]["streamingLocatorId"].take();
    primary.delete(locator).await?;
    let mut anew = clear("withdrawn");
    anew["streamingLocatorId"] = id;
    anew["alternativeMediaId"] = json!("another");
    primary.put(locator, anew).await?;
    for (capability, path) in [
        ("ams.asset.create", "assets/fresh"),
        ("ams.assetfilter.create", other),
        ("ams.assetfilter.update", filter),
        ("ams.accountfilter.update", "accountFilters/clip"),
        ("ams.streamingpolicy.create", "streamingPolicies/other"),
        ("ams.streamingpolicy.update", policy),
        ("ams.streaminglocator.update", "streamingLocators/writable"),
        ("ams.streaminglocator.delete", locator),
    ] {
        denied(&scene, capability, path, "replica-denied").await?;
        let from = scene.hint(path).await?;
        scene.expect_after(from, path, "applied").await?;
    }
    Ok(())
}

/// A streaming policy, with or without downloads.
fn unencrypted(download: bool) -> Value {
    let protocols =
        json!({"dash": true, "hls": true, "download": download, "smoothStreaming": false});
    json!({"noEncryption": {"enabledProtocols": protocols}})
}

/// A walk reads lists, and says which capability they need.
async fn a_list_that_may_not_be_read_is_named() -> anyhow::Result<()> {
    let scene = mkio().await?;
    for (kind, capability) in [
        ("assets", "ams.asset"),
        ("contentKeyPolicies", "ams.contentkeypolicy"),
        ("streamingLocators", "ams.streaminglocator"),
        ("streamingPolicies", "ams.streamingpolicy"),
        ("accountFilters", "ams.accountfilter"),
    ] {
        scene.control().change_settings(|settings| {
            settings.mkio.denied_capabilities = vec![format!("{capability}.get")];
        });
        let (from, run) = (scene.log.end(), format!("denied-{kind}"));
        let order = json!({"v": 1, "kind": kind, "depth": "list", "cause": "walk", "run": run, "since": "2100-01-01T00:00:00Z"});
        scene.enqueue("walk", order.to_string().as_bytes()).await?;
        let wanted = |record: &Record| {
            record.text("message") == "walk"
                && record.text("run") == run
                && record.text("outcome") == "failed"
        };
        let said = scene.log.wait(from, PATIENCE, wanted).await;
        scene
            .control()
            .change_settings(|settings| settings.mkio.denied_capabilities.clear());
        let said = said.with_context(|| format!("no walk over {kind} failed"))?;
        ensure!(said.text("reason").ends_with("-denied"), "{said:?}");
        let detail = said.text("detail");
        let named = detail.contains("403") && detail.contains(&format!("{capability} get"));
        ensure!(named, "{said:?}");
    }
    Ok(())
}

async fn denied(scene: &Scene, capability: &str, path: &str, reason: &str) -> anyhow::Result<()> {
    scene.control().change_settings(|settings| {
        settings.mkio.denied_capabilities = vec![capability.to_owned()];
    });
    let from = scene.hint(path).await?;
    let outcome = format!("failed({reason})");
    let said = scene.expect_after(from, path, &outcome).await;
    scene
        .control()
        .change_settings(|settings| settings.mkio.denied_capabilities.clear());
    let said = said.with_context(|| capability.to_owned())?;
    // `ams.asset.get` is the capability `get` of `ams.asset`, which is how a token lists it.
    let named = capability
        .rsplit_once('.')
        .map(|(group, right)| format!("{group} {right}"));
    let detail = said.text("detail");
    ensure!(
        detail.contains("403") && named.is_some_and(|named| detail.contains(&named)),
        "{capability}: {said:?}"
    );
    Ok(())
}

/// `api.mk.io/api/ams/...` of before, where a read like these is 405 today.
async fn the_old_family_of_paths_is_told_from_the_new() -> anyhow::Result<()> {
    let scene = mkio().await?;
    for (account, setting) in [
        (World::PRIMARY, "MIRROR_PRIMARY_ENDPOINT"),
        (World::SECONDARY, "MIRROR_SECONDARY_ENDPOINT"),
    ] {
        let old = Fault::Status {
            status: 405,
            code: Some("MethodNotAllowed".to_owned()),
            message: None,
        };
        let old = scene
            .control()
            .add_fault(FaultRule::for_account(account, old));
        let said = hinted(&scene, "whichever", "failed(configuration)").await?;
        let detail = said.text("detail");
        ensure!(
            detail.contains(setting) && detail.contains("https://app.mk.io"),
            "{said:?}"
        );
        scene.control().clear_fault(old);
    }
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

    // In place of a list.
    let page = FaultRule::for_account(World::PRIMARY, Fault::NonJson).path("/assetFilters");
    let page = scene.control().add_fault(page);
    let (from, asset) = (scene.hint("assets/paged").await?, "assets/paged");
    scene
        .expect_after(from, asset, "waiting(source-unavailable)")
        .await?;
    scene.control().clear_fault(page);
    scene.expect_after(from, asset, "in-sync").await?;

    // In place of what a write answers: it was done, and is not done again.
    let filter = "accountFilters/paged";
    let page = FaultRule::for_account(World::SECONDARY, Fault::NonJson)
        .methods(&["PUT"])
        .path("/accountFilters/paged");
    let page = scene.control().add_fault(page);
    scene.primary()?.put(filter, filters::clip()).await?;
    let from = scene.hint(filter).await?;
    scene
        .expect_after(from, filter, "waiting(replica-unavailable)")
        .await?;
    scene.control().clear_fault(page);
    scene.expect_after(from, filter, "in-sync").await?;
    let puts = scene.writes("paged").into_iter();
    let puts: Vec<_> = puts
        .filter(|request| request.path.ends_with(filter))
        .collect();
    ensure!(puts.len() == 1, "{puts:#?}");
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
    let google = json!({"spec": {
        "type": "Google.Storage",
        "bucketName": "films",
        "credential": {"gac": {"private_key": scene.secrets.text("google-key")}}
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
        (
            "west bucket",
            &bucket,
            "bucketed",
            "source-unsupported",
            "AWS.S3",
        ),
        (
            "west google",
            &google,
            "googled",
            "source-unsupported",
            "Google.Storage",
        ),
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
    at_the_limits(&scene, &"n".repeat(260), "limits").await?;
    // Each of its characters is nine in a URL.
    at_the_limits(&scene, &"\u{6620}".repeat(260), "wide limits").await
}

async fn at_the_limits(scene: &Scene, name: &str, job: &str) -> anyhow::Result<()> {
    let labels: Value = (0..32)
        .map(|n| (format!("{n:0>256}"), Value::String("a value ".repeat(32))))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let properties = json!({"alternateId": "a".repeat(64), "description": "ü".repeat(4096)});
    let primary = scene.primary()?;
    primary.put_asset(name, properties, labels).await?;
    primary.upload_title(name).await?;
    primary.encode(job, &[name]).await?;
    scene.expect(&format!("assets/{name}"), "applied").await?;
    let mut locator = clear(name);
    // Not every ID is a GUID.
    let id = format!("5d41402abc4b2a76b9719d911017c592-{}", job.replace(' ', "-"));
    locator["streamingLocatorId"] = json!(id);
    let path = format!("streamingLocators/{name}");
    primary.put(&path, locator).await?;
    scene.expect(&path, "applied").await?;
    scene.proof()?.asset(name).await?;
    let same = scene.proof()?.locator(name).await?;
    ensure!(same.id == id, "{}", same.id);
    // What is wrong with it can be written down.
    denied(scene, "ams.streaminglocator.get", &path, "source-denied").await?;
    let recorded = scene.exception(Kind::StreamingLocators, name).await?;
    ensure!(recorded.name == name && recorded.reason == "source-denied");
    let from = scene.hint(&path).await?;
    scene.expect_after(from, &path, "in-sync").await?;
    Ok(())
}
