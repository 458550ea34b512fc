//! Streaming policies: the predefined ones, the catalog, whether they can be updated.

use serde_json::json;
use simulator::Permission;

use super::client::{Mkio, own_locator, own_policy};

#[tokio::test]
async fn the_predefined_policies_are_always_listed() {
    let mkio = Mkio::start().await;
    let listed = mkio.get("streamingPolicies").await.body;
    let names: Vec<&str> = listed["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|policy| policy["name"].as_str().unwrap())
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
    let cenc = mkio
        .get("streamingPolicies/Predefined_MultiDrmCencStreaming")
        .await
        .body;
    assert_eq!(
        cenc["properties"]["commonEncryptionCenc"]["contentKeys"]["defaultKey"]["label"],
        "cencDefaultKey",
        "not the label of AMS"
    );
    let predefined = "streamingPolicies/Predefined_ClearStreamingOnly";
    assert_eq!(mkio.put(predefined, own_policy()).await.status, 409);
    assert_eq!(mkio.delete(predefined).await.status, 400);
    mkio.stop().await;
}

#[tokio::test]
async fn a_policy_comes_back_as_it_was_given() {
    let mkio = Mkio::start().await;
    mkio.scene("primary").await;
    let shown = mkio.get("streamingPolicies/own").await.body;
    assert_eq!(
        shown["properties"],
        own_policy(),
        "catalog included, nothing added"
    );
    assert!(shown["systemData"]["lastModifiedAt"].is_string());
    mkio.stop().await;
}

#[tokio::test]
async fn an_update_may_not_be_available() {
    let mkio = Mkio::start().await;
    mkio.scene("primary").await;
    assert_eq!(
        mkio.put("streamingPolicies/own", own_policy()).await.status,
        409
    );
    mkio.change(|settings| settings.streaming_policy_update = Permission::Allow);
    let mut other = own_policy();
    other["catalog"] = json!({});
    let updated = mkio.put("streamingPolicies/own", other).await;
    assert_eq!(updated.status, 200);
    assert_eq!(updated.body["properties"]["catalog"], json!({}));
    let predefined = mkio
        .put("streamingPolicies/Predefined_ClearKey", own_policy())
        .await;
    assert_eq!(predefined.status, 409);
    mkio.stop().await;
}

#[tokio::test]
async fn what_a_policy_names_comes_first() {
    let mkio = Mkio::start().await;
    let refused = mkio.put("streamingPolicies/own", own_policy()).await;
    assert_eq!(refused.status, 400);
    assert!(refused.detail().contains("'kp'"));
    mkio.key_policy("primary", "kp").await;
    let mut bad = own_policy();
    bad["commonEncryptionCenc"]["enabledProtocols"] = json!({ "dash": true });
    assert_eq!(mkio.put("streamingPolicies/own", bad).await.status, 400);
    let mut bad = own_policy();
    bad["commonEncryptionCenc"]["drm"] = json!({ "fairPlay": {} });
    assert_eq!(mkio.put("streamingPolicies/own", bad).await.status, 400);
    mkio.stop().await;
}

#[tokio::test]
async fn a_policy_in_use_stays_unless_a_setting_says_otherwise() {
    let mkio = Mkio::start().await;
    mkio.scene("primary").await;
    mkio.put("streamingLocators/l", own_locator("k-1")).await;
    for policy in ["streamingPolicies/own", "contentKeyPolicies/kp"] {
        assert_eq!(mkio.delete(policy).await.status, 409);
    }
    mkio.change(|settings| settings.delete_used_policies = Permission::Allow);
    for policy in ["streamingPolicies/own", "contentKeyPolicies/kp"] {
        assert_eq!(mkio.delete(policy).await.status, 200);
        assert_eq!(mkio.delete(policy).await.status, 204);
    }
    mkio.stop().await;
}
