//! What cannot be mirrored is said once, with its reason, and nothing is written.

use anyhow::ensure;
use change::Kind;
use serde_json::{Value, json};
use simulator::{Fault, FaultRule};
use uuid::Uuid;
use world::{Backend, World, differences};

use crate::support::{
    Record, Scene, clear, encoded, made, outcome, shared, tests_on_both, viewers,
};

tests_on_both![
    masked_secrets_are_not_mirrored,
    a_locator_with_another_id_is_left_alone,
    a_content_key_id_that_is_taken_is_not_replaced,
    a_storage_encrypted_asset_is_not_mirrored,
    a_locator_of_an_asset_that_is_gone_is_not_published,
];

/// The resource failed for this reason, is recorded with it, and was not written.
async fn refused(scene: &Scene, resource: &str, reason: &str) -> anyhow::Result<Record> {
    let failed = format!("failed({reason})");
    let record = scene.expect(resource, &failed).await?;
    let name = record.text("name").to_owned();
    let recorded = scene.exception(record.text("kind").parse()?, &name).await?;
    ensure!(
        recorded.outcome == "failed" && recorded.reason == reason,
        "{recorded:?}"
    );
    ensure!(
        recorded.detail.as_deref() == Some(record.text("detail")),
        "{recorded:?}"
    );
    let path = format!("/{resource}");
    let writes = scene.writes(&name);
    ensure!(writes.iter().all(|request| !request.path.ends_with(&path)
        || request.status.is_some_and(|status| status >= 400)));
    Ok(record)
}

async fn masked_secrets_are_not_mirrored(backend: Backend) -> anyhow::Result<()> {
    let scene = shared(backend).await?;
    let masked = FaultRule::for_account(World::PRIMARY, Fault::MaskSecrets)
        .path("/contentKeyPolicies/masked");
    scene.control().add_fault(masked);
    let key = scene.secrets.base64("verification-key");
    let policy = "contentKeyPolicies/masked";
    scene.put(policy, viewers(&key)).await?;
    let record = refused(&scene, policy, "secret-masked").await?;
    ensure!(
        record
            .text("detail")
            .contains(differences::SECRET_RIGHT.on(backend))
    );
    ensure!(scene.secondary()?.find(policy).await?.is_none());
    Ok(())
}

async fn a_locator_with_another_id_is_left_alone(backend: Backend) -> anyhow::Result<()> {
    let scene = shared(backend).await?;
    encoded(&scene, "contested").await?;
    let locator = "streamingLocators/contested";
    let theirs = Uuid::new_v4().to_string();
    let mut properties = clear("contested");
    properties["streamingLocatorId"] = json!(theirs);
    scene.secondary()?.put(locator, properties).await?;
    let writes = scene.writes("contested").len();
    scene.primary()?.put(locator, clear("contested")).await?;
    let failed = scene.expect(locator, "failed(replica-conflict)").await?;
    ensure!(
        failed.text("detail").contains("streamingLocatorId"),
        "{failed:?}"
    );
    let recorded = scene
        .exception(Kind::StreamingLocators, "contested")
        .await?;
    ensure!(recorded.reason == "replica-conflict", "{recorded:?}");
    ensure!(scene.writes("contested").len() == writes, "it was written");
    let replica = scene.secondary()?.get(locator).await?;
    ensure!(replica["properties"]["streamingLocatorId"] == theirs.as_str());
    Ok(())
}

async fn a_content_key_id_that_is_taken_is_not_replaced(backend: Backend) -> anyhow::Result<()> {
    let scene = shared(backend).await?;
    encoded(&scene, "keyed").await?;
    let id = Uuid::new_v4();
    let encryption = json!({"envelopeEncryption": {
        "enabledProtocols": {"download": false, "dash": true, "hls": true, "smoothStreaming": true},
        "contentKeys": {"defaultKey": {"label": "clearKeyDefault"}}
    }});
    let policy = "streamingPolicies/keyed";
    scene.put(policy, encryption).await?;
    scene.expect(policy, "applied").await?;
    let with_key = |what: &str| -> Value {
        json!({
            "assetName": "keyed",
            "streamingPolicyName": "keyed",
            "contentKeys": [{
                "id": id,
                "labelReferenceInStreamingPolicy": "clearKeyDefault",
                "value": scene.secrets.key(what),
            }],
        })
    };
    let theirs = "streamingLocators/keyed-elsewhere";
    scene
        .secondary()?
        .put(theirs, with_key("their-key"))
        .await?;
    let locator = "streamingLocators/keyed";
    scene.primary()?.put(locator, with_key("our-key")).await?;
    let expected = outcome(&differences::KEY_ID_TAKEN, backend)?;
    if expected == "applied" {
        scene.expect(locator, expected).await?;
        return Ok(());
    }
    let reason = expected.trim_start_matches("failed(").trim_end_matches(')');
    refused(&scene, locator, reason).await?;
    ensure!(scene.secondary()?.find(locator).await?.is_none());
    ensure!(scene.secondary()?.find(theirs).await?.is_some());
    Ok(())
}

async fn a_storage_encrypted_asset_is_not_mirrored(backend: Backend) -> anyhow::Result<()> {
    let scene = shared(backend).await?;
    // Assets of the v2 API, which the simulator cannot make: they only look different.
    let encrypted = Fault::ExtraField {
        name: "storageEncryptionFormat".to_owned(),
        value: json!("MediaStorageClientEncryption"),
        counter: false,
    };
    let encrypted = FaultRule::for_account(World::PRIMARY, encrypted).path("/assets/legacy");
    scene.control().add_fault(encrypted);
    made(&scene, "legacy").await?;
    let locator = "streamingLocators/legacy";
    scene.primary()?.put(locator, clear("legacy")).await?;
    refused(&scene, "assets/legacy", "source-unsupported").await?;
    ensure!(scene.secondary()?.find("assets/legacy").await?.is_none());
    ensure!(scene.secondary()?.find(locator).await?.is_none());
    Ok(())
}

async fn a_locator_of_an_asset_that_is_gone_is_not_published(
    backend: Backend,
) -> anyhow::Result<()> {
    let scene = shared(backend).await?;
    made(&scene, "withdrawn").await?;
    // The asset reads as gone while its locator is there: between the two halves of a deletion.
    let gone = Fault::Status {
        status: 404,
        code: Some("NotFound".to_owned()),
        message: None,
    };
    let gone = FaultRule::for_account(World::PRIMARY, gone)
        .methods(&["GET"])
        .path("/assets/withdrawn");
    scene.control().add_fault(gone);
    let locator = "streamingLocators/withdrawn";
    scene.primary()?.put(locator, clear("withdrawn")).await?;
    refused(&scene, locator, "dependency-failed").await?;
    ensure!(scene.secondary()?.find(locator).await?.is_none());
    Ok(())
}
