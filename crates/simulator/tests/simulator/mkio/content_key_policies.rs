//! Content key policies: made with PUT, changed with PATCH, shown without their secrets.

use serde_json::{Value, json};
use simulator::{Fault, FaultRule, PatchOptions, Secrets};

use super::client::{Mkio, clear_key_option, key_value};

fn fair_play_option() -> Value {
    json!({
        "name": "fp",
        "configuration": {
            "@odata.type": "#Microsoft.Media.ContentKeyPolicyFairPlayConfiguration",
            "ask": key_value(2),
            "fairPlayPfx": key_value(3),
            "fairPlayPfxPassword": "not base64",
            "rentalAndLeaseKeyType": "Undefined",
            "rentalDuration": 0,
        },
        "restriction": { "@odata.type": "#Microsoft.Media.ContentKeyPolicyOpenRestriction" },
    })
}

fn policy() -> Value {
    json!({
        "description": "d",
        "fairPlayAmsCompatibility": true,
        "options": [clear_key_option("ck"), fair_play_option()],
    })
}

async fn made() -> Mkio {
    let mkio = Mkio::start().await;
    assert_eq!(mkio.put("contentKeyPolicies/p", policy()).await.status, 201);
    mkio
}

const SECRETS: &str = "contentKeyPolicies/p/getPolicyPropertiesWithSecrets";

fn secret(body: &Value) -> &Value {
    &body["properties"]["options"][0]["restriction"]["primaryVerificationKey"]["keyValue"]
}

fn fair_play(body: &Value) -> &Value {
    &body["properties"]["options"][1]["configuration"]
}

/// Trap 1.
#[tokio::test]
async fn put_creates_and_never_updates() {
    let mkio = made().await;
    assert_eq!(mkio.put("contentKeyPolicies/p", policy()).await.status, 409);
    let mut patch = json!({ "description": "other" });
    assert_eq!(
        mkio.patch("contentKeyPolicies/p", patch.clone())
            .await
            .status,
        400,
        "the schema of a PATCH wants the options too"
    );
    patch["options"] = policy()["options"].clone();
    let patched = mkio.patch("contentKeyPolicies/p", patch.clone()).await;
    assert_eq!(patched.status, 200);
    assert_eq!(patched.body["properties"]["description"], "other");
    assert_eq!(
        patched.body["properties"]["options"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(patched.body["properties"]["fairPlayAmsCompatibility"], true);
    assert_eq!(mkio.patch("contentKeyPolicies/q", patch).await.status, 404);
    let state = mkio.get("contentKeyPolicies/p/state").await.body;
    assert_eq!(state["status"]["state"], "Created");
    mkio.stop().await;
}

/// Trap 1.
#[tokio::test]
async fn secrets_come_with_the_whole_resource() {
    let mkio = made().await;
    let whole = mkio.post(SECRETS).await.body;
    assert_eq!(whole["name"], "p");
    assert!(whole["id"].is_string() && whole["properties"]["policyId"].is_string());
    assert_eq!(*secret(&whole), key_value(1));
    assert_eq!(fair_play(&whole)["ask"], key_value(2));
    assert_eq!(fair_play(&whole)["fairPlayPfxPassword"], "not base64");
    assert_eq!(whole["properties"]["fairPlayAmsCompatibility"], true);
    assert_eq!(mkio.get(SECRETS).await.status, 405);
    mkio.stop().await;
}

#[tokio::test]
async fn secrets_are_masked_everywhere_else() {
    let mut mkio = made().await;
    let hidden = [
        key_value(1),
        key_value(2),
        key_value(3),
        "not base64".to_owned(),
    ];
    for (how, shown) in [
        (Secrets::Blank, Some(json!(""))),
        (Secrets::Null, Some(Value::Null)),
        (Secrets::Asterisks, Some(json!("********"))),
        (Secrets::Absent, None),
        (Secrets::Shown, Some(json!(key_value(1)))),
    ] {
        mkio.change(|settings| settings.secrets = how);
        if how == Secrets::Absent {
            // The schema requires them.
            mkio.unchecked();
        }
        let got = mkio.get("contentKeyPolicies/p").await.body;
        let key = &got["properties"]["options"][0]["restriction"]["primaryVerificationKey"];
        assert_eq!(key.get("keyValue"), shown.as_ref(), "{how:?}");
        let listed = mkio.get("contentKeyPolicies").await.body;
        assert_eq!(listed["value"][0]["properties"], got["properties"]);
        for secret in &hidden {
            let seen = listed.to_string().contains(secret.as_str());
            assert_eq!(seen, how == Secrets::Shown, "{how:?}");
        }
        let patched = mkio.patch("contentKeyPolicies/p", policy()).await.body;
        for secret in &hidden {
            let seen = patched.to_string().contains(secret.as_str());
            assert_eq!(seen, how == Secrets::Shown, "{how:?}");
        }
    }
    mkio.stop().await;
}

#[tokio::test]
async fn a_reply_with_secrets_can_lack_them() {
    let mkio = made().await;
    mkio.change(|settings| settings.fair_play_secrets = false);
    let partly = mkio.post(SECRETS).await.body;
    assert_eq!(*secret(&partly), key_value(1));
    assert_eq!(fair_play(&partly)["ask"], "");
    mkio.add_fault(FaultRule::for_account("primary", Fault::MaskSecrets));
    assert_eq!(*secret(&mkio.post(SECRETS).await.body), "");
    mkio.stop().await;
}

#[tokio::test]
async fn a_patch_replaces_the_options_or_merges_them_by_name() {
    let mkio = made().await;
    let names = |body: &Value| -> Vec<String> {
        let options = body["properties"]["options"].as_array().unwrap();
        let names = options.iter().map(|one| one["name"].as_str().unwrap());
        names.map(str::to_owned).collect()
    };
    let options = |options: Value| json!({ "options": options });
    mkio.change(|settings| settings.patch_options = PatchOptions::Merge);
    let merged = options(json!([clear_key_option("new"), clear_key_option("fp")]));
    let merged = mkio.patch("contentKeyPolicies/p", merged).await.body;
    assert_eq!(names(&merged), ["ck", "fp", "new"]);
    assert!(
        fair_play(&merged)["@odata.type"]
            .as_str()
            .unwrap()
            .contains("ClearKey"),
        "that of the same name is replaced"
    );
    mkio.change(|settings| settings.patch_options = PatchOptions::Replace);
    let replaced = options(json!([clear_key_option("new")]));
    let replaced = mkio.patch("contentKeyPolicies/p", replaced).await.body;
    assert_eq!(names(&replaced), ["new"]);
    mkio.stop().await;
}

#[tokio::test]
async fn options_must_be_whole() {
    let mkio = Mkio::start().await;
    let without = |path: &str, name: &str| {
        let mut option = fair_play_option();
        option
            .pointer_mut(path)
            .unwrap()
            .as_object_mut()
            .unwrap()
            .shift_remove(name);
        option
    };
    let with = |path: &str, value: Value| {
        let mut option = clear_key_option("one");
        *option.pointer_mut(path).unwrap() = value;
        option
    };
    let key = "/restriction/primaryVerificationKey/keyValue";
    let mut numbered = fair_play_option();
    numbered["policyOptionId"] = json!("00000000-0000-0000-0000-000000000001");
    for option in [
        without("", "configuration"),
        without("", "restriction"),
        without("/configuration", "ask"),
        with(key, json!("not base64")),
        with("/configuration/@odata.type", json!("#Microsoft.Media.Odd")),
        numbered,
    ] {
        let body = json!({ "options": [option] });
        let answer = mkio.put("contentKeyPolicies/p", body.clone()).await;
        assert_eq!(answer.status, 400, "{body}");
    }
    // What makes a copy of a masked policy harmful.
    let masked = json!({ "options": [with(key, json!(""))] });
    assert_eq!(mkio.put("contentKeyPolicies/p", masked).await.status, 201);
    mkio.stop().await;
}
