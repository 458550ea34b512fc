//! Content key policies: 200 for everything, masked secrets, new option IDs.

use serde_json::{Value, json};
use simulator::{Fault, FaultRule};

use crate::harness::Sim;

fn policy(secret: &Value) -> Value {
    json!({ "description": "d", "options": [{
        "name": "o",
        "configuration": { "@odata.type": "#Microsoft.Media.ContentKeyPolicyClearKeyConfiguration" },
        "restriction": {
            "@odata.type": "#Microsoft.Media.ContentKeyPolicyTokenRestriction",
            "issuer": "i", "audience": "a", "restrictionTokenType": "Jwt",
            "primaryVerificationKey": {
                "@odata.type": "#Microsoft.Media.ContentKeyPolicySymmetricTokenKey",
                "keyValue": secret,
            },
        },
    }] })
}

fn key_value(properties: &Value) -> Option<&Value> {
    properties["options"][0]["restriction"]["primaryVerificationKey"].get("keyValue")
}

#[tokio::test]
async fn put_answers_200_for_a_new_one_and_for_a_change_and_renews_option_ids() {
    let sim = Sim::start().await;
    let first = sim
        .put("contentKeyPolicies/p", policy(&json!("c2VjcmV0")))
        .await;
    let second = sim
        .put("contentKeyPolicies/p", policy(&json!("c2VjcmV0")))
        .await;
    let third = sim
        .patch("contentKeyPolicies/p", json!({ "description": "e" }))
        .await;
    assert_eq!((first.status, second.status, third.status), (200, 200, 200));
    let option = |answer: &crate::harness::Answer| {
        answer.body["properties"]["options"][0]["policyOptionId"].clone()
    };
    assert_ne!(option(&first), option(&second));
    assert_ne!(option(&second), option(&third));
    for kept in ["policyId", "created"] {
        assert_eq!(
            first.body["properties"][kept], third.body["properties"][kept],
            "{kept}"
        );
    }
    assert_eq!(
        third.body["properties"]["options"][0]["restriction"]["requiredClaims"],
        json!([])
    );
    sim.stop().await;
}

#[tokio::test]
async fn secrets_are_masked_everywhere_but_in_the_action_for_them() {
    let sim = Sim::start().await;
    let put = sim
        .put("contentKeyPolicies/p", policy(&json!("c2VjcmV0")))
        .await;
    let patched = sim
        .patch("contentKeyPolicies/p", json!({ "description": "e" }))
        .await;
    let listed = sim.get("contentKeyPolicies").await.body["value"][0].clone();
    for shown in [
        put.body,
        patched.body,
        sim.get("contentKeyPolicies/p").await.body,
        listed,
    ] {
        assert_eq!(
            key_value(&shown["properties"]),
            Some(&Value::Null),
            "{shown}"
        );
    }
    let old = sim.url_in("primary", "contentKeyPolicies/p", "2018-07-01");
    let old = sim.send("GET", &old, None).await.unwrap();
    assert_eq!(key_value(&old.body["properties"]), None);

    let secrets = sim
        .post("contentKeyPolicies/p/getPolicyPropertiesWithSecrets")
        .await;
    assert_eq!(
        key_value(&secrets.body),
        Some(&json!("c2VjcmV0")),
        "bare properties"
    );
    assert_eq!(secrets.body.get("name"), None);
    sim.stop().await;
}

#[tokio::test]
async fn a_copy_of_what_get_shows_destroys_the_secret() {
    let sim = Sim::start().await;
    sim.put("contentKeyPolicies/p", policy(&json!("c2VjcmV0")))
        .await;
    let shown = sim.get("contentKeyPolicies/p").await.body["properties"].clone();
    assert_eq!(sim.put("contentKeyPolicies/p", shown).await.status, 200);
    let secrets = sim
        .post("contentKeyPolicies/p/getPolicyPropertiesWithSecrets")
        .await;
    assert_eq!(key_value(&secrets.body), Some(&Value::Null));
    sim.stop().await;
}

#[tokio::test]
async fn without_the_right_the_action_masks_too() {
    let sim = Sim::start().await;
    sim.put("contentKeyPolicies/p", policy(&json!("c2VjcmV0")))
        .await;
    sim.add_fault(FaultRule::for_account("primary", Fault::MaskSecrets));
    let masked = sim
        .post("contentKeyPolicies/p/getPolicyPropertiesWithSecrets")
        .await;
    assert_eq!(
        (masked.status, key_value(&masked.body)),
        (200, Some(&Value::Null))
    );
    sim.stop().await;
}

#[tokio::test]
async fn a_policy_needs_options_that_the_service_knows() {
    let sim = Sim::start().await;
    assert_eq!(sim.put("contentKeyPolicies/p", json!({})).await.status, 400);
    let mut odd = policy(&json!("c2VjcmV0"));
    odd["options"][0]["configuration"]["@odata.type"] = json!("#Microsoft.Media.Odd");
    assert_eq!(sim.put("contentKeyPolicies/p", odd).await.status, 400);
    assert_eq!(
        sim.put("contentKeyPolicies/p", policy(&json!("not base64")))
            .await
            .status,
        400
    );
    sim.stop().await;
}
