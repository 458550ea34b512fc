//! Streaming locators: what can be given, what can be changed, when they are ready.

use serde_json::{Value, json};
use simulator::{Creations, LocatorChanges, LocatorIds, Permission};

use super::client::{Mkio, key_value, own_locator};

fn clear(more: Value) -> Value {
    let mut body =
        json!({ "assetName": "a", "streamingPolicyName": "Predefined_ClearStreamingOnly" });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    body
}

async fn scene() -> Mkio {
    let mkio = Mkio::start().await;
    mkio.scene("primary").await;
    mkio
}

/// Trap 4.
#[tokio::test]
async fn id_and_keys_are_what_the_client_says() {
    let mkio = scene().await;
    let mut body = own_locator("K-1");
    // Not a GUID: a production client sends 32 digits.
    body["streamingLocatorId"] = json!("FECEBB2346F6490d8b70203e86b0df58");
    body["alternativeMediaId"] = json!("alt");
    body["contentId"] = json!("c");
    body["defaultManifestFilename"] = json!("manifest.ism");
    body["suppressed"] = json!(true);
    let made = mkio.put("streamingLocators/l", body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let shown = mkio.get("streamingLocators/l").await.body["properties"].clone();
    assert_eq!(
        shown["streamingLocatorId"],
        "FECEBB2346F6490d8b70203e86b0df58"
    );
    assert_eq!(shown["suppressed"], true);
    assert_eq!(shown["alternativeMediaId"], "alt");
    assert_eq!(shown["contentId"], "c");
    assert_eq!(shown["defaultManifestFilename"], "manifest.ism");
    assert_eq!(shown["resourceState"], "Created");
    assert_eq!(shown["endTime"], "9999-12-31T23:59:59.999999Z");
    let keys = mkio.post("streamingLocators/l/listContentKeys").await.body;
    let keys = keys["contentKeys"].as_array().unwrap();
    let given = keys.iter().find(|key| key["id"] == "K-1").unwrap();
    assert_eq!(
        *given,
        json!({
            "id": "K-1",
            "type": "CommonEncryptionCenc",
            "labelReferenceInStreamingPolicy": "cenc",
            "policyName": "kp",
            "value": key_value(7),
        })
    );
    assert_eq!(keys.len(), 2, "the other label got a key of its own");
    assert_eq!(
        mkio.get("streamingLocators/l/listContentKeys").await.status,
        405,
        "keys are read with POST"
    );
    mkio.stop().await;
}

#[tokio::test]
async fn only_times_and_suppression_can_be_changed() {
    let mkio = scene().await;
    let mut body = own_locator("k-1");
    body["endTime"] = json!("2030-01-01T00:00:00.25Z");
    body["suppressed"] = json!(true);
    mkio.put("streamingLocators/l", body.clone()).await;
    assert_eq!(
        mkio.put("streamingLocators/l", body.clone()).await.status,
        200,
        "the same again"
    );
    body["startTime"] = json!("2029-01-01T00:00:00Z");
    body.as_object_mut().unwrap().shift_remove("endTime");
    body.as_object_mut().unwrap().shift_remove("suppressed");
    let changed = mkio.put("streamingLocators/l", body.clone()).await;
    assert_eq!(changed.status, 200);
    let shown = &changed.body["properties"];
    assert_eq!(shown["startTime"], "2029-01-01T00:00:00.000000Z");
    assert_eq!(
        shown["endTime"], "2030-01-01T00:00:00.250000Z",
        "left out, it stays"
    );
    assert_eq!(shown["suppressed"], false, "left out, it is false");

    mkio.asset("primary", "b").await;
    let mut other_asset = body.clone();
    other_asset["assetName"] = json!("b");
    let mut other_key = body.clone();
    other_key["contentKeys"][0]["value"] = json!(key_value(8));
    for other in [&other_asset, &other_key] {
        let refused = mkio.put("streamingLocators/l", other.clone()).await;
        assert_eq!(refused.status, 409);
    }
    mkio.change(|settings| settings.locator_changes = LocatorChanges::Ignore);
    let ignored = mkio.put("streamingLocators/l", other_asset).await;
    assert_eq!(ignored.status, 200);
    assert_eq!(ignored.body["properties"]["assetName"], "a");
    mkio.stop().await;
}

/// Probe j.
#[tokio::test]
async fn a_put_that_changes_nothing_is_answered_or_refused() {
    let mkio = scene().await;
    let mut body = own_locator("k-1");
    body["endTime"] = json!("2030-01-01T00:00:00Z");
    let put = |body: &Value| mkio.put("streamingLocators/l", body.clone());
    assert_eq!(put(&body).await.status, 201);
    assert_eq!(put(&body).await.status, 200);
    mkio.change(|settings| settings.unchanged_locators = Permission::Refuse);
    assert_eq!(put(&body).await.status, 409);
    body["suppressed"] = json!(true);
    assert_eq!(put(&body).await.status, 200, "that is a change");
    assert_eq!(put(&body).await.status, 409);
    body.as_object_mut().unwrap().shift_remove("suppressed");
    assert_eq!(put(&body).await.status, 200, "left out, it is false");
    mkio.stop().await;
}

#[tokio::test]
async fn times_have_two_digits_of_fraction_at_most() {
    let mkio = scene().await;
    let end = |time: &str| clear(json!({ "endTime": time }));
    for refused in ["2030-01-01T00:00:00.125Z", "2030-01-01", "soon"] {
        let answer = mkio.put("streamingLocators/l", end(refused)).await;
        assert_eq!(answer.status, 400, "{refused}");
    }
    let accepted = mkio
        .put("streamingLocators/l", end("9999-12-31T23:59:59.99Z"))
        .await;
    assert_eq!(
        accepted.body["properties"]["endTime"],
        "9999-12-31T23:59:59.990000Z"
    );
    mkio.change(|settings| settings.fractional_digits = 7);
    let precise = mkio
        .put("streamingLocators/l", end("2030-01-01T00:00:00.1234567Z"))
        .await;
    assert_eq!(
        precise.body["properties"]["endTime"],
        "2030-01-01T00:00:00.123456Z"
    );
    mkio.stop().await;
}

#[tokio::test]
async fn an_id_is_unique_in_its_project_or_everywhere() {
    let mkio = scene().await;
    mkio.asset("secondary", "a").await;
    let body = clear(json!({ "streamingLocatorId": "id-1" }));
    assert_eq!(
        mkio.put("streamingLocators/l", body.clone()).await.status,
        201
    );
    assert_eq!(
        mkio.put("streamingLocators/m", body.clone()).await.status,
        409
    );
    mkio.change(|settings| settings.locator_ids = LocatorIds::Everywhere);
    let there = || mkio.put_in("secondary", "streamingLocators/l", body.clone());
    assert_eq!(there().await.status, 409);
    mkio.change(|settings| settings.locator_ids = LocatorIds::PerProject);
    assert_eq!(there().await.status, 201);
    mkio.stop().await;
}

#[tokio::test]
async fn what_a_locator_names_must_be_there() {
    let mkio = scene().await;
    let with = |name: &str, value: Value| {
        let mut locator = own_locator("k-1");
        locator[name] = value;
        locator
    };
    for body in [
        with("assetName", json!("missing")),
        with("streamingPolicyName", json!("missing")),
        with("defaultContentKeyPolicyName", json!("missing")),
        with("filters", json!(["missing"])),
        with("streamingLocatorId", json!("a/b")),
        with("defaultManifestFilename", json!("a/b")),
        json!({ "assetName": "a" }),
    ] {
        let answer = mkio.put("streamingLocators/l", body.clone()).await;
        assert_eq!(answer.status, 400, "{body}");
    }
    mkio.change(|settings| settings.unknown_filters = Permission::Allow);
    let body = with("filters", json!(["missing"]));
    assert_eq!(mkio.put("streamingLocators/l", body).await.status, 201);
    mkio.stop().await;
}

/// Trap 8.
#[tokio::test]
async fn a_resource_may_be_unfinished_for_some_reads() {
    let mkio = Mkio::set(|settings| settings.creating_reads = 2).await;
    mkio.asset("primary", "a").await;
    let early = mkio.put("streamingLocators/l", clear(json!({}))).await;
    assert_eq!(early.status, 409, "its asset is not ready");
    let state = async |path: &str| {
        let body = mkio.get(&format!("{path}/state")).await.body;
        body["status"]["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state("assets/a").await, "Pending");
    assert_eq!(state("assets/a").await, "Pending");
    assert_eq!(state("assets/a").await, "Ready");
    let made = mkio.put("streamingLocators/l", clear(json!({}))).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.body["properties"]["resourceState"], "Creating");
    assert_eq!(made.body["properties"]["provisioningState"], "InProgress");
    let listed = mkio.get("streamingLocators").await.body;
    assert_eq!(
        listed["value"][0]["properties"]["resourceState"], "Creating",
        "a listing does not count"
    );
    assert_eq!(state("streamingLocators/l").await, "Creating");
    let got = mkio.get("streamingLocators/l").await.body;
    assert_eq!(got["properties"]["resourceState"], "Creating");
    assert_eq!(state("streamingLocators/l").await, "Created");
    mkio.stop().await;
}

#[tokio::test]
async fn a_resource_may_end_in_error() {
    let mkio = scene().await;
    mkio.change(|settings| {
        settings.creations = Creations::Fail;
        settings.creating_reads = 1;
    });
    let state = async |path: &str| {
        let body = mkio.get(&format!("{path}/state")).await.body;
        body["status"]["state"].as_str().unwrap().to_owned()
    };
    let made = mkio.put("streamingLocators/l", clear(json!({}))).await;
    assert_eq!(made.status, 201);
    assert_eq!(state("streamingLocators/l").await, "Creating");
    assert_eq!(state("streamingLocators/l").await, "Error");
    let shown = mkio.get("streamingLocators/l").await.body["properties"].clone();
    assert_eq!(shown["resourceState"], "Error");
    assert_eq!(shown["provisioningState"], "Failed");
    mkio.asset("primary", "b").await;
    let on_it = clear(json!({ "assetName": "b" }));
    let early = mkio.put("streamingLocators/m", on_it.clone()).await;
    assert_eq!(early.status, 409);
    assert_eq!(state("assets/b").await, "Pending");
    assert_eq!(state("assets/b").await, "Error");
    let late = mkio.put("streamingLocators/m", on_it).await;
    assert_eq!(late.status, 409);
    mkio.change(|settings| settings.creations = Creations::Succeed);
    assert_eq!(mkio.delete("streamingLocators/l").await.status, 200);
    mkio.put("streamingLocators/l", clear(json!({}))).await;
    assert_eq!(state("streamingLocators/l").await, "Creating");
    assert_eq!(state("streamingLocators/l").await, "Created");
    mkio.stop().await;
}

#[tokio::test]
async fn paths_and_licence_servers_are_listed_with_post() {
    let mkio = scene().await;
    mkio.put("streamingLocators/l", own_locator("k-1")).await;
    let listed = mkio.post("streamingLocators/l/listPaths").await.body;
    assert_eq!(
        listed["streamingPaths"][0],
        json!({ "streamingProtocol": "Hls", "encryptionScheme": "EnvelopeEncryption", "paths": [] }),
        "there is no manifest yet"
    );
    let drm = listed["drm"].as_object().unwrap();
    let systems: Vec<_> = drm.keys().collect();
    assert_eq!(systems, ["clearKey", "widevine"]);
    assert!(
        drm["widevine"]["licenseAcquisitionUrl"]
            .as_str()
            .unwrap()
            .contains("westeurope")
    );
    assert_eq!(mkio.get("streamingLocators/l/listPaths").await.status, 405);
    let odd = json!({ "urlStyle": "Odd" });
    let path = "primary/media/streamingLocators/l/listPaths";
    assert_eq!(mkio.send("POST", path, Some(odd)).await.status, 400);
    mkio.stop().await;
}
