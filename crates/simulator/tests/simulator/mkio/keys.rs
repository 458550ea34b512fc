//! Content keys: given with predefined policies, unique, shown, delivered by key servers.

use serde_json::{Value, json};
use simulator::{ExplicitKeys, KeyIdScope, KeyServers, KeysInGet, Requirement};

use super::client::{Mkio, key_value, own_locator};

fn on_predefined(key_id: &str) -> Value {
    json!({
        "assetName": "a",
        "streamingPolicyName": "Predefined_ClearKey",
        "defaultContentKeyPolicyName": "kp",
        "contentKeys": [{
            "id": key_id,
            "type": "EnvelopeEncryption",
            "labelReferenceInStreamingPolicy": "ContentKey_AES",
            "policyName": "kp",
            "value": key_value(7),
        }],
    })
}

async fn scene() -> Mkio {
    let mkio = Mkio::start().await;
    mkio.scene("primary").await;
    mkio
}

async fn ids(mkio: &Mkio, locator: &str) -> Vec<String> {
    let path = format!("streamingLocators/{locator}/listContentKeys");
    let keys = mkio.post(&path).await.body;
    let keys = keys["contentKeys"].as_array().unwrap().clone();
    let ids = keys.iter().map(|key| key["id"].as_str().unwrap());
    ids.map(str::to_owned).collect()
}

/// Trap 4.
#[tokio::test]
async fn keys_with_a_predefined_policy_are_refused_stripped_or_accepted() {
    let mkio = scene().await;
    let refused = mkio
        .put("streamingLocators/refused", on_predefined("k-1"))
        .await;
    assert_eq!(refused.status, 400);
    let mut without = on_predefined("k-1");
    without["contentKeys"] = json!([]);
    let made = mkio.put("streamingLocators/without", without).await;
    assert_eq!(made.status, 201, "no keys, nothing to refuse");

    mkio.change(|settings| settings.explicit_keys_on_predefined = ExplicitKeys::Strip);
    let made = mkio
        .put("streamingLocators/stripped", on_predefined("k-1"))
        .await;
    assert_eq!(made.status, 201);
    let stripped = ids(&mkio, "stripped").await;
    assert_eq!(stripped.len(), 1);
    assert_ne!(stripped, ["k-1"], "another key took its place");

    mkio.change(|settings| settings.explicit_keys_on_predefined = ExplicitKeys::Accept);
    let made = mkio
        .put("streamingLocators/accepted", on_predefined("k-1"))
        .await;
    assert_eq!(made.status, 201);
    assert_eq!(ids(&mkio, "accepted").await, ["k-1"]);
    mkio.stop().await;
}

#[tokio::test]
async fn a_key_must_be_whole_and_fit_its_policy() {
    let mkio = scene().await;
    for (name, value) in [
        ("id", Value::Null),
        ("value", Value::Null),
        ("value", json!("AAEC")),
        ("value", json!("not base64")),
        ("type", json!("None")),
        ("type", json!("EnvelopeEncryption")),
        ("labelReferenceInStreamingPolicy", json!("odd")),
        ("labelReferenceInStreamingPolicy", Value::Null),
        ("policyName", json!("missing")),
    ] {
        let mut body = own_locator("k-1");
        body["contentKeys"][0][name] = value.clone();
        let answer = mkio.put("streamingLocators/l", body).await;
        assert_eq!(answer.status, 400, "{name}: {value}");
    }
    mkio.stop().await;
}

#[tokio::test]
async fn a_key_id_belongs_to_one_locator_of_a_project() {
    let mkio = scene().await;
    mkio.scene("secondary").await;
    let body = own_locator("k-1");
    assert_eq!(
        mkio.put("streamingLocators/l", body.clone()).await.status,
        201
    );
    assert_eq!(
        mkio.put("streamingLocators/m", body.clone()).await.status,
        409
    );
    let there = mkio
        .put_in("secondary", "streamingLocators/l", body.clone())
        .await;
    assert_eq!(there.status, 201, "another project may have it");
    mkio.change(|settings| settings.key_ids_unique = false);
    assert_eq!(mkio.put("streamingLocators/m", body).await.status, 201);
    mkio.stop().await;
}

/// Probe b.
#[tokio::test]
async fn a_key_id_may_belong_to_one_locator_of_all_projects() {
    let mkio = scene().await;
    mkio.scene("secondary").await;
    let body = own_locator("k-1");
    assert_eq!(
        mkio.put("streamingLocators/l", body.clone()).await.status,
        201
    );
    let there = || mkio.put_in("secondary", "streamingLocators/l", body.clone());
    mkio.change(|settings| settings.key_id_scope = KeyIdScope::Everywhere);
    assert_eq!(there().await.status, 409);
    mkio.change(|settings| settings.key_id_scope = KeyIdScope::PerProject);
    assert_eq!(there().await.status, 201);
    mkio.stop().await;
}

#[tokio::test]
async fn a_key_needs_its_type_and_its_policy_if_a_setting_says_so() {
    let mkio = scene().await;
    mkio.change(|settings| settings.key_type_and_policy = Requirement::Required);
    let mut body = own_locator("k-1");
    for name in ["type", "policyName"] {
        let mut without = own_locator("k-1");
        let key = without["contentKeys"][0].as_object_mut().unwrap();
        key.shift_remove(name);
        let refused = mkio.put("streamingLocators/l", without).await;
        assert_eq!(refused.status, 400);
        assert!(refused.detail().contains(name), "{}", refused.detail());
        let key = body["contentKeys"][0].as_object_mut().unwrap();
        key.shift_remove(name);
    }
    mkio.change(|settings| settings.key_type_and_policy = Requirement::Optional);
    assert_eq!(mkio.put("streamingLocators/l", body).await.status, 201);
    let keys = mkio.post("streamingLocators/l/listContentKeys").await.body;
    let keys = keys["contentKeys"].as_array().unwrap().clone();
    let given = keys.iter().find(|key| key["id"] == "k-1").unwrap();
    assert_eq!(given["type"], "CommonEncryptionCenc", "that of its label");
    assert_eq!(given["policyName"], "kp", "that of the streaming policy");
    mkio.stop().await;
}

#[tokio::test]
async fn values_are_shown_by_get_and_list_only_if_a_setting_says_so() {
    let mkio = scene().await;
    let made = mkio.put("streamingLocators/l", own_locator("k-1")).await;
    let value = key_value(7);
    let shows = async || {
        let got = mkio.get("streamingLocators/l").await.body.to_string();
        let listed = mkio.get("streamingLocators").await.body.to_string();
        assert!(got.contains("k-1") && listed.contains("k-1"));
        [got.contains(&value), listed.contains(&value)]
    };
    assert!(!made.body.to_string().contains(&value));
    assert_eq!(shows().await, [false; 2]);
    mkio.change(|settings| settings.key_values_in_get = true);
    assert_eq!(shows().await, [true; 2]);
    for (keys, expected) in [
        (KeysInGet::Empty, Some(&json!([]))),
        (KeysInGet::Absent, None),
    ] {
        mkio.change(|settings| settings.keys_in_get = keys);
        let got = mkio.get("streamingLocators/l").await.body;
        assert_eq!(got["properties"].get("contentKeys"), expected);
        let listed = mkio.get("streamingLocators").await.body;
        let listed = &listed["value"][0]["properties"];
        assert_eq!(listed.get("contentKeys"), expected);
        assert_eq!(ids(&mkio, "l").await.len(), 2, "all the same it has them");
    }
    mkio.stop().await;
}

/// Traps 4 and 17 of the checklist.
#[tokio::test]
async fn deleting_a_locator_takes_its_keys_from_a_shared_key_server() {
    let mkio = scene().await;
    mkio.scene("secondary").await;
    let served = || ["primary", "secondary"].map(|project| mkio.licence_served(project, "K-1"));
    assert_eq!(served(), [false, false]);
    mkio.put("streamingLocators/l", own_locator("k-1")).await;
    assert_eq!(served(), [true, false]);
    mkio.put_in("secondary", "streamingLocators/l", own_locator("k-1"))
        .await;
    assert_eq!(served(), [true, true]);

    let gone = mkio
        .send("DELETE", "secondary/media/streamingLocators/l", None)
        .await;
    assert_eq!(gone.status, 200);
    assert_eq!(
        served(),
        [false, false],
        "the primary's viewers lose theirs too"
    );
    assert_eq!(mkio.get("streamingLocators/l").await.status, 200);

    mkio.change(|settings| settings.key_servers = KeyServers::PerProject);
    mkio.put_in("secondary", "streamingLocators/l", own_locator("k-1"))
        .await;
    mkio.delete("streamingLocators/l").await;
    assert_eq!(served(), [false, true], "each project has its own");
    let over_http = format!("{}/_sim/licences/secondary/k-1", mkio.base());
    let asked = mkio.http().get(over_http).send().await.unwrap();
    assert_eq!(asked.text().await.unwrap(), "{\"served\":true}");
    mkio.stop().await;
}

#[tokio::test]
async fn multi_drm_policies_want_every_system() {
    let mkio = scene().await;
    for policy in [
        "Predefined_MultiDrmStreaming",
        "Predefined_MultiDrmCencStreaming",
    ] {
        let body = json!({
            "assetName": "a",
            "streamingPolicyName": policy,
            "defaultContentKeyPolicyName": "kp",
        });
        let refused = mkio.put("streamingLocators/l", body).await;
        assert_eq!(refused.status, 400);
        assert!(
            refused.detail().contains("Widevine"),
            "{}",
            refused.detail()
        );
    }
    let open = json!({ "@odata.type": "#Microsoft.Media.ContentKeyPolicyOpenRestriction" });
    let licence = json!({
        "allowTestDevices": true,
        "contentKeyLocation": { "@odata.type": "#Microsoft.Media.ContentKeyPolicyPlayReadyContentEncryptionKeyFromHeader" },
        "contentType": "Unspecified",
        "licenseType": "NonPersistent",
        "expirationDate": "2030-01-01T00:00:00Z",
    });
    let options = json!([
        { "configuration": { "@odata.type": "#Microsoft.Media.ContentKeyPolicyWidevineConfiguration", "widevineTemplate": "{}" }, "restriction": open },
        { "configuration": { "@odata.type": "#Microsoft.Media.ContentKeyPolicyPlayReadyConfiguration", "licenses": [licence] }, "restriction": open },
    ]);
    let made = mkio
        .put("contentKeyPolicies/two", json!({ "options": options }))
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    let on = |policy: &str| json!({ "assetName": "a", "streamingPolicyName": policy, "defaultContentKeyPolicyName": "two" });
    let both = mkio
        .put(
            "streamingLocators/l",
            on("Predefined_MultiDrmCencStreaming"),
        )
        .await;
    assert_eq!(both.status, 201, "{}", both.body);
    let three = mkio
        .put("streamingLocators/m", on("Predefined_MultiDrmStreaming"))
        .await;
    assert!(three.detail().contains("FairPlay"));
    mkio.stop().await;
}
