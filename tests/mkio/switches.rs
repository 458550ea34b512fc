//! What no document settles about MK.IO, each way: the same story under every switch of the simulator, and what comes of it.
//!
//! The story: two locators wait for an asset, which is encoded (the mirror finds them by listing, one on a page); a title is encrypted with a
//! streaming policy of the platform's own, and once more on a predefined one; an option of the content key policy is taken away; a locator
//! is made anew that shares its content keys with the primary; everything is looked at again.

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use simulator::{AssetUpdates, PatchOptions, Permission, Secrets, Settings};
use world::{World, bodies::streaming_policies};

use super::replica;
use crate::support::{Outcomes, PATIENCE, Scene, VARIANTS, clear, made, mkio, tests, viewers};

tests![
    the_story_under_every_switch,
    fair_play_secrets_that_nobody_shows,
];

/// As many at once as there are worlds.
async fn the_story_under_every_switch() -> anyhow::Result<()> {
    let told = VARIANTS.iter().map(|variant| async move {
        let scene = mkio().await?;
        let mut settings = Settings {
            page_size: 1,
            ..Settings::default()
        };
        (variant.switch)(&mut settings.mkio);
        scene.control().set_settings(settings);
        story(&scene, variant.name, variant.expected)
            .await
            .with_context(|| format!("the story of {}", variant.name))
    });
    futures::future::try_join_all(told).await.map(drop)
}

async fn story(scene: &Scene, name: &str, expected: Outcomes) -> anyhow::Result<()> {
    published(scene, name, expected.clear).await?;
    encrypted(scene, name, expected).await?;
    changed(scene, name, expected).await?;
    if expected.own == "applied" {
        made_anew(scene, name).await?;
    }
    again(scene, expected).await
}

/// Creates a resource of the primary and waits until it can be used, as a careful platform does.
async fn created(scene: &Scene, path: &str, properties: Value) -> anyhow::Result<()> {
    scene.primary()?.put(path, properties).await?;
    usable(scene, path).await
}

async fn usable(scene: &Scene, path: &str) -> anyhow::Result<()> {
    let primary = scene.primary()?;
    for _ in 0..10 {
        let state = primary.get(&format!("{path}/state")).await?;
        if ["Ready", "Created"].contains(&state["status"]["state"].as_str().unwrap_or_default()) {
            return Ok(());
        }
    }
    anyhow::bail!("{path} is not made yet")
}

/// An asset with two locators that came before it was complete.
async fn published(scene: &Scene, name: &str, clear_locators: &str) -> anyhow::Result<()> {
    made(scene, name).await?;
    usable(scene, &format!("assets/{name}")).await?;
    let locators = ["one", "two"].map(|which| format!("streamingLocators/{name}-{which}"));
    let primary = scene.primary()?;
    // The job says that the asset is complete; nobody tells of the locators.
    scene
        .control()
        .change_settings(|settings| settings.delivery.lose = 2);
    for locator in &locators {
        created(scene, locator, clear(name)).await?;
    }
    scene.control().wait_delivered(PATIENCE).await?;
    scene
        .control()
        .change_settings(|settings| settings.delivery.lose = 0);
    primary.encode(name, &[name]).await?;
    scene.expect(&format!("assets/{name}"), "applied").await?;
    for locator in &locators {
        scene.expect(locator, clear_locators).await?;
        if clear_locators == "applied" {
            let name = locator.trim_start_matches("streamingLocators/");
            scene.proof()?.locator(name).await?;
        }
    }
    Ok(())
}

/// A title for viewers who signed in: a content key policy of two options, and two locators.
async fn encrypted(scene: &Scene, name: &str, expected: Outcomes) -> anyhow::Result<()> {
    let path = format!("contentKeyPolicies/{name}");
    created(scene, &path, two_options(scene)).await?;
    scene.tell(&path).await?;
    scene.expect(&path, "applied").await?;
    let encryption = streaming_policies::clear_key(name);
    let policy = format!("streamingPolicies/{name}");
    scene.put(&policy, encryption).await?;
    scene.expect(&policy, "applied").await?;
    for (which, policy, outcome) in [
        ("own", name, expected.own),
        ("predefined", "Predefined_ClearKey", expected.predefined),
    ] {
        let locator = json!({
            "assetName": name,
            "streamingPolicyName": policy,
            "defaultContentKeyPolicyName": name,
        });
        let locator_name = format!("{name}-{which}");
        let path = format!("streamingLocators/{locator_name}");
        // It is announced when it is made.
        created(scene, &path, locator).await?;
        scene.expect(&path, outcome).await?;
        let replica = replica(scene, &locator_name).await?;
        if outcome == "applied" {
            ensure!(scene.proof()?.locator(&locator_name).await?.keys == 1);
        } else {
            // Nothing is published with other keys.
            ensure!(replica.is_none_or(|replica| replica["suppressed"] == true));
        }
    }
    scene.proof()?.content_key_policy(name).await?;
    Ok(())
}

fn two_options(scene: &Scene) -> Value {
    let mut policy = viewers(&scene.secrets.base64("verification-key"));
    let mut second = policy["options"][0].clone();
    second["name"] = json!("partners");
    if let Some(options) = policy["options"].as_array_mut() {
        options.push(second);
    }
    policy
}

async fn changed(scene: &Scene, name: &str, expected: Outcomes) -> anyhow::Result<()> {
    let primary = scene.primary()?;
    let path = format!("contentKeyPolicies/{name}");
    // The primary's service must not behave so meanwhile, else there were nothing to mirror.
    let settings = scene.control().settings();
    scene.control().change_settings(|settings| {
        settings.mkio.patch_options = PatchOptions::Replace;
        settings.mkio.asset_updates = AssetUpdates::All;
        settings.mkio.streaming_policy_update = Permission::Allow;
    });
    let one = viewers(&scene.secrets.base64("verification-key"));
    primary.change_content_key_policy(name, one).await?;
    let labels = json!({"season": "2"});
    primary.put_asset(name, json!({}), labels).await?;
    let mut encryption = streaming_policies::clear_key(name);
    encryption["envelopeEncryption"]["enabledProtocols"]["hls"] = json!(false);
    let policy = format!("streamingPolicies/{name}");
    primary.put(&policy, encryption).await?;
    scene.control().set_settings(settings);

    let asset = format!("assets/{name}");
    for (path, outcome, named) in [
        (&path, expected.option_gone, "partners"),
        (&asset, expected.labels, "labels"),
        (&policy, expected.encryption, "envelopeEncryption"),
    ] {
        let from = scene.hint(path).await?;
        let said = scene.expect_after(from, path, outcome).await?;
        if outcome.starts_with("failed") {
            ensure!(said.text("detail").contains(named), "{said:?}");
        }
    }
    Ok(())
}

/// The platform makes a locator anew with the same content keys: its replica cannot be replaced without taking the keys from the key servers,
/// which may be the primary's too.
async fn made_anew(scene: &Scene, name: &str) -> anyhow::Result<()> {
    let primary = scene.primary()?;
    let path = format!("streamingLocators/{name}-own");
    let before = primary.get(&path).await?;
    let keys = primary.post(&format!("{path}/listContentKeys")).await?;
    let id = keys["contentKeys"][0]["id"].as_str().context("a key")?;
    primary.delete(&path).await?;
    let mut locator = json!({
        "assetName": name,
        "streamingPolicyName": name,
        "defaultContentKeyPolicyName": name,
        "alternativeMediaId": "other",
        "contentKeys": keys["contentKeys"],
    });
    locator["streamingLocatorId"] = before["properties"]["streamingLocatorId"].clone();
    let from = scene.log.end();
    created(scene, &path, locator).await?;
    scene
        .expect_after(from, &path, "failed(keys-shared)")
        .await?;
    ensure!(scene.control().licence_served(World::PRIMARY, id));
    Ok(())
}

/// Everything that was announced comes again, and nothing is written.
async fn again(scene: &Scene, expected: Outcomes) -> anyhow::Result<()> {
    scene.calm().await?;
    scene.control().reset_requests();
    let events = scene
        .control()
        .redeliver(simulator::RedeliveryOrder::Reversed)
        .await;
    ensure!(events > 0, "no event came again");
    scene.calm().await?;
    let requests = scene.control().requests(Some(World::SECONDARY));
    let done = requests
        .iter()
        .filter(|request| request.write && request.status.is_none_or(|status| status < 400))
        // What a service accepts and does not do is sent once for each hint.
        .filter(|request| {
            expected.labels == "applied" || request.kind.as_deref() != Some("assets")
        });
    let done: Vec<_> = done.collect();
    ensure!(done.is_empty(), "{done:#?}");
    ensure!(!requests.is_empty(), "nobody looked");
    Ok(())
}

/// In whichever way the service hides them, the policy is not mirrored, and the capability is named.
async fn fair_play_secrets_that_nobody_shows() -> anyhow::Result<()> {
    let scene = mkio().await?;
    for (name, secrets) in [
        ("ask-blank", Secrets::Blank),
        ("ask-absent", Secrets::Absent),
        ("ask-null", Secrets::Null),
        ("ask-asterisks", Secrets::Asterisks),
    ] {
        scene.control().change_settings(|settings| {
            settings.mkio.fair_play_secrets = false;
            settings.mkio.secrets = secrets;
        });
        let certificate = "a certificate";
        let secrets = world::bodies::content_key_policies::Secrets::generate(certificate);
        let policy = world::bodies::content_key_policies::multi_drm(&secrets);
        let path = format!("contentKeyPolicies/{name}");
        scene.put(&path, policy).await?;
        let said = scene.expect(&path, "failed(secret-masked)").await?;
        ensure!(
            said.text("detail").contains("ams.contentkeypolicy.create"),
            "{said:?}"
        );
        ensure!(scene.secondary()?.find(&path).await?.is_none());
        ensure!(scene.writes(name).is_empty());
    }
    Ok(())
}
