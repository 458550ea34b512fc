//! Streaming locators: create-only, with keys that must be asked for and times that change their form.

use serde_json::{Value, json};

use crate::harness::{Sim, options};

const LOCATOR_ID: &str = "0A0A0A0A-0000-0000-0000-00000000000F";

async fn sim_with_asset(regions: [&str; 2]) -> Sim {
    let sim = Sim::with(options(regions)).await;
    for account in ["primary", "secondary"] {
        sim.put_in(account, "assets/a", json!({})).await;
        let policy = json!({ "options": [{
            "configuration": { "@odata.type": "#Microsoft.Media.ContentKeyPolicyClearKeyConfiguration" },
            "restriction": { "@odata.type": "#Microsoft.Media.ContentKeyPolicyOpenRestriction" },
        }] });
        sim.put_in(account, "contentKeyPolicies/p", policy).await;
    }
    sim
}

fn clear() -> Value {
    json!({ "assetName": "a", "streamingPolicyName": "Predefined_ClearStreamingOnly" })
}

fn encrypted(keys: Value) -> Value {
    json!({
        "assetName": "a",
        "streamingPolicyName": "Predefined_MultiDrmStreaming",
        "defaultContentKeyPolicyName": "p",
        "contentKeys": keys,
    })
}

fn key(id: u32, label: &str) -> Value {
    json!({
        "id": format!("00000000-0000-0000-0000-{id:012}"),
        "labelReferenceInStreamingPolicy": label,
        "value": "AAECAwQFBgcICQoLDA0ODw==",
    })
}

#[tokio::test]
async fn a_second_put_is_409_even_with_the_same_body() {
    let sim = sim_with_asset(["r1", "r2"]).await;
    assert_eq!(sim.put("streamingLocators/l", clear()).await.status, 201);
    let again = sim.put("streamingLocators/l", clear()).await;
    assert_eq!(
        (again.status, again.body["error"]["code"].as_str()),
        (409, Some("Conflict"))
    );
    assert_eq!(sim.patch("streamingLocators/l", clear()).await.status, 405);
    sim.stop().await;
}

#[tokio::test]
async fn times_are_ticks_in_the_put_and_rounded_everywhere_else() {
    let sim = sim_with_asset(["r1", "r2"]).await;
    let mut locator = clear();
    locator["startTime"] = json!("2026-01-01T00:00:00.1234567Z");
    let put = sim.put("streamingLocators/l", locator).await.body["properties"].clone();
    assert_eq!(put["startTime"], "2026-01-01T00:00:00.1234567Z");
    assert_eq!(put["endTime"], "9999-12-31T23:59:59.9999999Z");
    let get = sim.get("streamingLocators/l").await.body["properties"].clone();
    let list = sim.get("streamingLocators").await.body["value"][0]["properties"].clone();
    let of_asset =
        sim.post("assets/a/listStreamingLocators").await.body["streamingLocators"][0].clone();
    for shown in [&get, &list, &of_asset] {
        assert_eq!(shown["startTime"], "2026-01-01T00:00:00.123Z");
        assert_eq!(shown["endTime"], "9999-12-31T23:59:59.997Z");
        let (ticks, rounded) = (
            put["created"].as_str().unwrap(),
            shown["created"].as_str().unwrap(),
        );
        assert!(ticks.len() >= rounded.len(), "{ticks} {rounded}");
        assert!(
            rounded.len() <= "2026-01-01T00:00:00.123Z".len(),
            "{rounded}"
        );
    }
    for absent in ["contentKeys", "filters", "alternativeMediaId"] {
        assert_eq!(of_asset.get(absent), None, "{absent}");
    }
    sim.stop().await;
}

#[tokio::test]
async fn a_listing_shows_no_keys_and_only_the_action_shows_values() {
    let sim = sim_with_asset(["r1", "r2"]).await;
    let keys = json!([key(1, "cencKeyDefault"), key(2, "cbcsKeyDefault")]);
    let put = sim.put("streamingLocators/l", encrypted(keys)).await;
    assert_eq!(put.status, 201);
    let put_key = &put.body["properties"]["contentKeys"][0];
    assert_eq!(
        (put_key.get("value"), put_key.get("policyName")),
        (None, None)
    );
    let get = sim.get("streamingLocators/l").await;
    let get_key = &get.body["properties"]["contentKeys"][0];
    assert_eq!(
        (get_key.get("value"), &get_key["policyName"]),
        (None, &json!("p"))
    );
    assert_eq!(
        sim.get("streamingLocators").await.body["value"][0]["properties"]["contentKeys"],
        json!([])
    );
    let listed = sim.post("streamingLocators/l/listContentKeys").await;
    assert_eq!(
        listed.body["contentKeys"][0],
        json!({
            "id": "00000000-0000-0000-0000-000000000001",
            "type": "CommonEncryptionCenc",
            "labelReferenceInStreamingPolicy": "cencKeyDefault",
            "value": "AAECAwQFBgcICQoLDA0ODw==",
            "policyName": "p",
            "tracks": [],
        })
    );
    sim.stop().await;
}

#[tokio::test]
async fn keys_that_are_not_given_are_made_one_for_each_label() {
    let sim = sim_with_asset(["r1", "r2"]).await;
    assert_eq!(
        sim.put("streamingLocators/l", encrypted(json!([])))
            .await
            .status,
        201
    );
    let listed = sim.post("streamingLocators/l/listContentKeys").await.body["contentKeys"].clone();
    let labels: std::collections::BTreeSet<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|key| {
            key["labelReferenceInStreamingPolicy"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(
        labels,
        ["cbcsKeyDefault", "cencKeyDefault"]
            .map(str::to_owned)
            .into()
    );
    sim.stop().await;
}

#[tokio::test]
async fn a_key_id_is_unique_in_a_region_and_free_in_another() {
    for (regions, status) in [
        (["westeurope", "WestEurope"], 400),
        (["westeurope", "northeurope"], 201),
    ] {
        let sim = sim_with_asset(regions).await;
        let locator = encrypted(json!([key(1, "cencKeyDefault"), key(2, "cbcsKeyDefault")]));
        assert_eq!(
            sim.put("streamingLocators/l", locator.clone()).await.status,
            201
        );
        let second = sim
            .put_in("secondary", "streamingLocators/l", locator.clone())
            .await;
        assert_eq!(second.status, status, "{regions:?}");
        if status == 400 {
            assert_eq!(
                second.error(),
                "BadRequest: Content key id '00000000-0000-0000-0000-000000000001' already exists, please choose \
                 another one."
            );
            sim.delete("streamingLocators/l").await;
            assert_eq!(
                sim.put_in("secondary", "streamingLocators/l", locator)
                    .await
                    .status,
                201
            );
        }
        sim.stop().await;
    }
}

#[tokio::test]
async fn a_locator_id_is_unique_in_its_account_and_may_be_used_in_another() {
    let sim = sim_with_asset(["r1", "r2"]).await;
    let mut locator = clear();
    locator["streamingLocatorId"] = json!(LOCATOR_ID);
    let made = sim.put("streamingLocators/l", locator.clone()).await;
    assert_eq!(
        made.body["properties"]["streamingLocatorId"],
        LOCATOR_ID.to_lowercase()
    );
    assert_eq!(
        sim.put("streamingLocators/m", locator.clone()).await.status,
        400
    );
    assert_eq!(
        sim.put_in("secondary", "streamingLocators/l", locator.clone())
            .await
            .status,
        201
    );
    assert_eq!(sim.delete("streamingLocators/l").await.status, 200);
    assert_eq!(sim.put("streamingLocators/l", locator).await.status, 201);
    sim.stop().await;
}

#[tokio::test]
async fn what_a_locator_names_must_be_there() {
    let sim = sim_with_asset(["r1", "r2"]).await;
    let with = |name: &str, value: Value| {
        let mut locator = encrypted(json!([]));
        locator[name] = value;
        locator
    };
    for locator in [
        with("assetName", json!("missing")),
        with("streamingPolicyName", json!("missing")),
        with("defaultContentKeyPolicyName", json!("missing")),
        with("defaultContentKeyPolicyName", Value::Null),
        with("contentKeys", json!([key(1, "odd")])),
        with("contentKeys", json!([{ "id": "no GUID" }])),
        with("streamingLocatorId", json!("no GUID")),
        with("endTime", json!("never")),
    ] {
        let answer = sim.put("streamingLocators/l", locator.clone()).await;
        assert_eq!(answer.status, 400, "{locator}");
    }
    sim.stop().await;
}

#[tokio::test]
async fn paths_are_empty_while_there_is_no_manifest() {
    let sim = sim_with_asset(["r1", "r2"]).await;
    sim.put("streamingLocators/l", clear()).await;
    let paths = sim.post("streamingLocators/l/listPaths").await.body;
    let shown: Vec<_> = paths["streamingPaths"]
        .as_array()
        .unwrap()
        .iter()
        .map(|path| path["paths"].clone())
        .collect();
    assert_eq!(shown, [json!([]), json!([]), json!([])]);
    assert_eq!(paths["downloadPaths"], json!([]));
    sim.stop().await;
}
