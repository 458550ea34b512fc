//! Content keys: nothing is published with others than the source's.

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use simulator::{ExplicitKeys, Fault, FaultRule, LocatorChanges};
use world::{World, bodies::streaming_policies};

use super::{hinted, nothing_written, replica};
use crate::support::{Scene, encoded, mkio, tests, viewers};

tests![
    a_locator_is_released_after_its_keys_were_read_back,
    keys_that_a_predefined_policy_refuses_publish_nothing,
    keys_that_were_replaced_stay_suppressed,
    a_locator_whose_keys_the_primary_uses_is_not_replaced,
    a_replacement_with_other_keys_stays_suppressed,
    a_field_that_nobody_knows_does_not_keep_a_locator_back,
    what_is_still_being_made_is_waited_for,
    a_locator_waits_for_a_policy_that_somebody_else_makes,
];

/// An encoded asset, and a content key policy.
async fn title(scene: &Scene, name: &str) -> anyhow::Result<()> {
    encoded(scene, name).await?;
    let key = scene.secrets.base64("verification-key");
    let policy = format!("contentKeyPolicies/{name}");
    scene.primary()?.put(&policy, viewers(&key)).await?;
    Ok(())
}

/// The same, published with keys that the service made, on a streaming policy of the platform's or on a predefined one.
async fn published(scene: &Scene, name: &str, own_policy: bool) -> anyhow::Result<()> {
    title(scene, name).await?;
    let primary = scene.primary()?;
    let mut locator = json!({
        "assetName": name,
        "streamingPolicyName": "Predefined_ClearKey",
        "defaultContentKeyPolicyName": name,
    });
    if own_policy {
        let policy = streaming_policies::clear_key(name);
        primary
            .put(&format!("streamingPolicies/{name}"), policy)
            .await?;
        locator["streamingPolicyName"] = json!(name);
    }
    primary
        .put(&format!("streamingLocators/{name}"), locator)
        .await?;
    Ok(())
}

async fn a_locator_is_released_after_its_keys_were_read_back() -> anyhow::Result<()> {
    let scene = mkio().await?;
    let path = "streamingLocators/released";
    // It is made, and then cannot be released.
    let stuck = Fault::Status {
        status: 503,
        code: None,
        message: None,
    };
    let stuck = FaultRule::for_account(World::SECONDARY, stuck)
        .methods(&["PUT"])
        .path(path)
        .after(1);
    let stuck = scene.control().add_fault(stuck);
    published(&scene, "released", true).await?;
    scene.expect(path, "waiting(replica-unavailable)").await?;
    let hidden = replica(&scene, "released").await?.context("it was made")?;
    ensure!(
        hidden["suppressed"] == true,
        "it was published before its keys were read back"
    );
    scene.control().clear_fault(stuck);
    scene.expect(path, "applied").await?;

    ensure!(scene.proof()?.locator("released").await?.keys == 1);
    let shown = replica(&scene, "released").await?.context("it is there")?;
    ensure!(shown["suppressed"] == false);
    let requests = scene.control().requests(Some(World::SECONDARY));
    let steps: Vec<&str> = requests
        .iter()
        .filter(|request| request.kind.as_deref() == Some("streamingLocators"))
        .filter(|request| request.name.as_deref() == Some("released"))
        .filter(|request| request.status.is_some_and(|status| status < 300))
        .map(|request| request.action.as_deref().unwrap_or(&request.method))
        .skip_while(|step| *step != "PUT")
        .take(2)
        .collect();
    ensure!(steps == ["PUT", "listContentKeys"], "{steps:?}");
    Ok(())
}

async fn keys_that_a_predefined_policy_refuses_publish_nothing() -> anyhow::Result<()> {
    let scene = mkio().await?;
    scene.control().change_settings(|settings| {
        settings.mkio.explicit_keys_on_predefined = ExplicitKeys::Refuse;
    });
    published(&scene, "refused", false).await?;
    let said = scene
        .expect("streamingLocators/refused", "failed(keys-refused)")
        .await?;
    ensure!(said.text("detail").contains("predefined"), "{said:?}");
    ensure!(replica(&scene, "refused").await?.is_none());
    nothing_written(&scene, "refused")?;
    hinted(&scene, "refused", "failed(keys-refused)").await?;
    nothing_written(&scene, "refused")
}

async fn keys_that_were_replaced_stay_suppressed() -> anyhow::Result<()> {
    let scene = mkio().await?;
    scene.control().change_settings(|settings| {
        settings.mkio.explicit_keys_on_predefined = ExplicitKeys::Strip;
    });
    published(&scene, "stripped", false).await?;
    scene
        .expect("streamingLocators/stripped", "failed(keys-refused)")
        .await?;
    let hidden = replica(&scene, "stripped").await?.context("it was made")?;
    ensure!(
        hidden["suppressed"] == true,
        "it is published with other keys"
    );
    let writes = scene.writes("stripped").len();
    // However often it is looked at.
    for _ in 0..2 {
        hinted(&scene, "stripped", "failed(keys-refused)").await?;
    }
    ensure!(
        scene.writes("stripped").len() == writes,
        "{:#?}",
        scene.writes("stripped")
    );
    let hidden = replica(&scene, "stripped").await?.context("it is there")?;
    ensure!(hidden["suppressed"] == true);
    Ok(())
}

/// A locator on a predefined policy, made anew under the same ID in the primary.
async fn made_anew(scene: &Scene, name: &str, change: Value) -> anyhow::Result<()> {
    let (primary, path) = (scene.primary()?, format!("streamingLocators/{name}"));
    let before = primary.get(&path).await?;
    let mut locator = json!({
        "assetName": name,
        "streamingPolicyName": "Predefined_ClearKey",
        "defaultContentKeyPolicyName": name,
        "streamingLocatorId": before["properties"]["streamingLocatorId"],
    });
    if let (Some(locator), Value::Object(change)) = (locator.as_object_mut(), change) {
        locator.extend(change);
    }
    primary.delete(&path).await?;
    primary.put(&path, locator).await?;
    Ok(())
}

async fn a_locator_whose_keys_the_primary_uses_is_not_replaced() -> anyhow::Result<()> {
    let scene = mkio().await?;
    scene.control().change_settings(|settings| {
        settings.mkio.explicit_keys_on_predefined = ExplicitKeys::Accept;
    });
    published(&scene, "in-use", false).await?;
    let path = "streamingLocators/in-use";
    scene.expect(path, "applied").await?;
    let keys = scene
        .primary()?
        .post("streamingLocators/in-use/listContentKeys")
        .await?;
    let id = keys["contentKeys"][0]["id"].as_str().context("a key")?;
    let from = scene.log.end();
    let change = json!({"alternativeMediaId": "other", "contentKeys": keys["contentKeys"]});
    made_anew(&scene, "in-use", change).await?;
    scene
        .expect_after(from, path, "failed(keys-shared)")
        .await?;
    // Deleting the replica would have taken the key from the server that both projects share.
    ensure!(scene.control().licence_served(World::PRIMARY, id));
    let kept = replica(&scene, "in-use").await?;
    ensure!(kept.is_some_and(|kept| kept["alternativeMediaId"] != "other"));
    Ok(())
}

async fn a_replacement_with_other_keys_stays_suppressed() -> anyhow::Result<()> {
    let scene = mkio().await?;
    // A service that ignores what it cannot change must not make the old one look as if it were back.
    for (name, changes) in [
        ("rekeyed", LocatorChanges::Refuse),
        ("rekeyed-unsaid", LocatorChanges::Ignore),
    ] {
        let keys = |keys| {
            let set = move |settings: &mut simulator::Settings| {
                settings.mkio.locator_changes = changes;
                settings.mkio.explicit_keys_on_predefined = keys;
            };
            scene.control().change_settings(set);
        };
        keys(ExplicitKeys::Accept);
        published(&scene, name, false).await?;
        let path = format!("streamingLocators/{name}");
        scene.expect(&path, "applied").await?;
        keys(ExplicitKeys::Strip);
        let from = scene.log.end();
        made_anew(&scene, name, json!({})).await?;
        let said = scene
            .expect_after(from, &path, "failed(keys-refused)")
            .await?;
        ensure!(said.text("detail").contains("stays suppressed"), "{said:?}");
        ensure!(said.number("attempt") == Some(0), "{said:?}");
        let hidden = replica(&scene, name).await?.context("it is there")?;
        ensure!(hidden["suppressed"] == true);
    }
    Ok(())
}

async fn a_field_that_nobody_knows_does_not_keep_a_locator_back() -> anyhow::Result<()> {
    let scene = mkio().await?;
    let unknown = Fault::ExtraField {
        name: "tomorrow".to_owned(),
        value: json!(true),
        counter: false,
    };
    let path = "streamingLocators/tomorrows";
    let unknown = FaultRule::for_account(World::PRIMARY, unknown).path(path);
    scene.control().add_fault(unknown);
    published(&scene, "tomorrows", true).await?;
    scene.expect(path, "applied").await?;
    let shown = replica(&scene, "tomorrows").await?.context("it is there")?;
    ensure!(shown["suppressed"] == false);
    let refused = scene.writes("tomorrows").into_iter();
    let refused = refused.filter(|request| request.status == Some(400));
    ensure!(refused.count() > 0, "nobody refused the field");
    Ok(())
}

async fn what_is_still_being_made_is_waited_for() -> anyhow::Result<()> {
    let scene = mkio().await?;
    encoded(&scene, "unhurried").await?;
    // The platform's own are made by the time that it goes on.
    let (primary, policy) = (scene.primary()?, "contentKeyPolicies/unhurried");
    let key = scene.secrets.base64("verification-key");
    primary.put(policy, viewers(&key)).await?;
    let streaming = streaming_policies::clear_key("unhurried");
    primary
        .put("streamingPolicies/unhurried", streaming)
        .await?;
    let stopped = FaultRule::for_account(World::SECONDARY, Fault::Throttle { retry_after: 1 });
    let stopped = scene.control().add_fault(stopped);
    let locator = json!({"assetName": "unhurried", "streamingPolicyName": "unhurried"});
    let path = "streamingLocators/unhurried";
    primary.put(path, locator).await?;
    scene.expect(path, "waiting(replica-throttled)").await?;
    scene
        .control()
        .change_settings(|settings| settings.mkio.creating_reads = 2);
    scene.control().clear_fault(stopped);
    scene.expect(path, "applied").await?;
    ensure!(scene.proof()?.locator("unhurried").await?.keys == 1);
    let requests = scene.control().requests(Some(World::SECONDARY));
    let states = requests
        .iter()
        .filter(|request| request.action.as_deref() == Some("state"))
        .filter(|request| request.kind.as_deref() == Some("contentKeyPolicies"));
    ensure!(
        states.count() > 1,
        "nobody waited for the content key policy"
    );
    Ok(())
}

/// It is in the secondary, and a locator that names it is refused until it is made.
async fn a_locator_waits_for_a_policy_that_somebody_else_makes() -> anyhow::Result<()> {
    let scene = mkio().await?;
    title(&scene, "theirs").await?;
    let primary = scene.primary()?;
    let streaming = streaming_policies::clear_key("theirs");
    primary.put("streamingPolicies/theirs", streaming).await?;
    scene
        .control()
        .change_settings(|settings| settings.mkio.creating_reads = 3);
    let key = scene.secrets.base64("verification-key");
    let policy = "contentKeyPolicies/theirs";
    scene.secondary()?.put(policy, viewers(&key)).await?;
    scene
        .control()
        .change_settings(|settings| settings.mkio.creating_reads = 0);
    let locator = json!({
        "assetName": "theirs",
        "streamingPolicyName": "theirs",
        "defaultContentKeyPolicyName": "theirs",
    });
    let path = "streamingLocators/theirs";
    let from = scene.log.end();
    primary.put(path, locator).await?;
    let said = scene
        .expect_after(from, path, "waiting(replica-not-ready)")
        .await?;
    ensure!(said.text("detail").contains(policy), "{said:?}");
    // It comes back by itself.
    scene.expect_after(from, path, "applied").await?;
    ensure!(scene.proof()?.locator("theirs").await?.keys == 1);
    Ok(())
}
