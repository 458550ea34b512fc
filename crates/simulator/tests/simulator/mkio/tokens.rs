//! Tokens: what is refused, which capabilities are asked for.

use serde_json::{Value, json};
use simulator::TokenCheck;

use super::client::{Mkio, token};

const POLICY: &str = "contentKeyPolicies/kp/getPolicyPropertiesWithSecrets";

#[tokio::test]
async fn a_token_that_does_not_hold_is_401() {
    let mut mkio = Mkio::start().await;
    let bare = format!("{}/api/v1/projects/primary", mkio.base());
    let missing = mkio.http().get(bare).send().await.unwrap();
    assert_eq!(missing.status(), 401);
    mkio.change(|settings| settings.revoked_tokens = vec!["t-1".to_owned()]);
    for (bad, why) in [
        ("opaque".to_owned(), "malformed"),
        (token(&json!({ "exp": 1_600_000_000 })), "expired"),
        (token(&json!({ "jti": "t-1" })), "revoked"),
    ] {
        mkio.use_token(bad);
        let refused = mkio.get("assets").await;
        assert_eq!(refused.status, 401);
        assert!(refused.detail().contains(why), "{}", refused.detail());
    }
    mkio.change(|settings| settings.tokens = TokenCheck::Any);
    mkio.use_token("opaque");
    assert_eq!(mkio.get("assets").await.status, 200);
    mkio.stop().await;
}

#[tokio::test]
async fn every_token_can_be_made_to_fail() {
    let mkio = Mkio::start().await;
    for (check, why) in [
        (TokenCheck::Malformed, "malformed"),
        (TokenCheck::Expired, "expired"),
        (TokenCheck::Revoked, "revoked"),
    ] {
        mkio.change(|settings| settings.tokens = check);
        let refused = mkio.get("assets").await;
        assert_eq!(refused.status, 401);
        assert!(refused.detail().contains(why));
    }
    mkio.stop().await;
}

/// Trap 2.
#[tokio::test]
async fn reading_secrets_needs_the_right_to_create() {
    let mut mkio = Mkio::start().await;
    mkio.scene("primary").await;
    let locator =
        json!({ "assetName": "a", "streamingPolicyName": "Predefined_ClearStreamingOnly" });
    mkio.put("streamingLocators/l", locator).await;
    let project = mkio.send("GET", "primary", None).await.body["metadata"]["id"].clone();
    let reads = json!({
        "ams.asset": ["get"], "ams.contentkeypolicy": ["get"], "ams.streaminglocator": ["get"],
    });
    let of = |id: &Value, rights: &Value| json!({ "permissions": { "core.project": { id.as_str().unwrap(): rights } } });
    mkio.use_token(token(&of(&project, &reads)));
    for path in ["assets/a", "contentKeyPolicies/kp", "streamingLocators/l"] {
        assert_eq!(mkio.get(path).await.status, 200);
    }
    for (path, capability) in [
        (POLICY, "ams.contentkeypolicy.create"),
        (
            "streamingLocators/l/listContentKeys",
            "ams.streaminglocator.create",
        ),
        (
            "streamingLocators/l/listPaths",
            "ams.streaminglocator.create",
        ),
        ("assets/a/listStreamingLocators", "ams.asset.create"),
    ] {
        let refused = mkio.post(path).await;
        assert_eq!(refused.status, 403, "{path}");
        assert!(
            refused.detail().contains(capability),
            "{}",
            refused.detail()
        );
    }
    let refused = mkio.delete("streamingLocators/l").await;
    assert!(refused.detail().contains("ams.streaminglocator.delete"));
    let there = mkio.send("GET", "secondary/media/assets", None).await;
    assert_eq!(there.status, 403, "the rights are for another project");
    mkio.stop().await;
}

#[tokio::test]
async fn a_put_needs_create_or_update_by_what_is_there() {
    let mkio = Mkio::start().await;
    let asset = json!({ "storageAccountName": "primarystore1" });
    mkio.change(|settings| settings.denied_capabilities = vec!["ams.asset.update".to_owned()]);
    assert_eq!(mkio.put("assets/a", asset.clone()).await.status, 201);
    let refused = mkio.put("assets/a", asset).await;
    assert_eq!(refused.status, 403);
    assert!(refused.detail().contains("ams.asset.update"));
    mkio.stop().await;
}

#[tokio::test]
async fn tokens_can_be_made_and_revoked() {
    let mut mkio = Mkio::start().await;
    mkio.scene("primary").await;
    let body = json!({
        "type": "restricted",
        "description": "mirror",
        "expireDate": "2020-01-01T00:00:00Z",
        "permissions": { "core.project": { "primary": { "ams.contentkeypolicy": ["create"] } } },
    });
    let make = |body: Value| mkio.send("POST", "/api/v1/user/tokens", Some(body));
    assert_eq!(make(body.clone()).await.status, 400, "in the past");
    let mut lasting = body;
    lasting.as_object_mut().unwrap().shift_remove("expireDate");
    let made = make(lasting).await;
    assert_eq!(made.status, 201);
    let id = made.body["metadata"]["id"].as_str().unwrap().to_owned();
    let jwt = made.body["metadata"]["JWT"].as_str().unwrap().to_owned();
    let listed = mkio.send("GET", "/api/v1/user/tokens", None).await.body;
    assert!(!listed.to_string().contains(&jwt), "shown once");
    mkio.use_token(jwt.as_str());
    assert_eq!(mkio.post(POLICY).await.status, 200);
    assert_eq!(mkio.get("assets").await.status, 403);
    let revoked = mkio
        .send("DELETE", &format!("/api/v1/user/tokens/{id}"), None)
        .await;
    assert_eq!(revoked.status, 200);
    assert_eq!(mkio.post(POLICY).await.status, 401);
    mkio.use_token(token(&json!({})));
    let more = json!({ "type": "full-access" });
    let made = mkio.send("POST", "/api/v1/user/tokens", Some(more)).await;
    let all = mkio.send("DELETE", "/api/v1/user/tokens", None).await;
    assert_eq!(all.status, 200);
    mkio.use_token(made.body["metadata"]["JWT"].as_str().unwrap());
    assert_eq!(mkio.get("assets").await.status, 401);
    mkio.stop().await;
}
