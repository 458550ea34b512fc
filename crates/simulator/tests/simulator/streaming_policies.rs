//! Streaming policies: create-only, with six that are always there.

use serde_json::json;

use crate::harness::Sim;

#[tokio::test]
async fn six_policies_exist_in_every_account_and_cannot_be_touched() {
    let sim = Sim::start().await;
    let listed = sim.get("streamingPolicies").await;
    let names: Vec<_> = listed.body["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "Predefined_ClearKey",
            "Predefined_ClearStreamingOnly",
            "Predefined_DownloadAndClearStreaming",
            "Predefined_DownloadOnly",
            "Predefined_MultiDrmCencStreaming",
            "Predefined_MultiDrmStreaming",
        ]
    );
    let one = sim.get("streamingPolicies/Predefined_ClearKey").await;
    assert_eq!(one.body.get("systemData"), None);
    assert_eq!(
        sim.put("streamingPolicies/Predefined_ClearKey", json!({}))
            .await
            .status,
        409
    );
    assert_eq!(
        sim.delete("streamingPolicies/Predefined_ClearKey")
            .await
            .status,
        400
    );
    sim.stop().await;
}

#[tokio::test]
async fn a_second_put_is_409_and_a_patch_is_not_there() {
    let sim = Sim::start().await;
    let properties = json!({ "noEncryption": { "enabledProtocols": { "hls": true } } });
    let made = sim.put("streamingPolicies/p", properties.clone()).await;
    assert_eq!(made.status, 201);
    let again = sim.put("streamingPolicies/p", properties).await;
    assert_eq!(
        (again.status, again.body["error"]["code"].as_str()),
        (409, Some("Conflict"))
    );
    assert_eq!(
        sim.patch("streamingPolicies/p", json!({})).await.status,
        405
    );
    let shown = sim.get("streamingPolicies/p").await;
    assert_eq!(
        shown.body["properties"]["created"],
        made.body["properties"]["created"]
    );
    sim.stop().await;
}

#[tokio::test]
async fn keys_that_were_not_given_are_shown_empty_by_get_only() {
    let sim = Sim::start().await;
    let properties = json!({ "commonEncryptionCbcs": { "enabledProtocols": { "hls": true }, "drm": { "fairPlay": {} } } });
    let made = sim.put("streamingPolicies/p", properties).await;
    let cbcs = &made.body["properties"]["commonEncryptionCbcs"];
    assert_eq!(
        (cbcs.get("contentKeys"), &cbcs["clearTracks"]),
        (None, &json!([]))
    );
    assert_eq!(cbcs["drm"]["fairPlay"]["allowPersistentLicense"], false);
    let shown = sim.get("streamingPolicies/p").await;
    assert_eq!(
        shown.body["properties"]["commonEncryptionCbcs"]["contentKeys"],
        json!({ "defaultKey": {}, "keyToTrackMappings": [] })
    );
    sim.stop().await;
}

#[tokio::test]
async fn content_key_policies_come_first() {
    let sim = Sim::start().await;
    let properties = json!({ "envelopeEncryption": {
        "contentKeys": { "defaultKey": { "label": "l", "policyName": "missing" } },
    } });
    assert_eq!(sim.put("streamingPolicies/p", properties).await.status, 400);
    sim.stop().await;
}
