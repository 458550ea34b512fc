//! Assets, their filters and their containers' names.

use serde_json::{Value, json};
use simulator::UnknownFields;

use crate::harness::{NEWEST, Sim};

#[tokio::test]
async fn the_chosen_container_is_named_after_the_asset_and_shown_late_in_old_versions() {
    let sim = Sim::start().await;
    let new = sim.put("assets/new", json!({})).await;
    let properties = &new.body["properties"];
    let id = properties["assetId"].as_str().unwrap();
    assert_eq!(properties["container"], format!("asset-{id}"));
    assert_eq!(properties["storageAccountName"], "primarystore1");
    assert_eq!(properties["storageEncryptionFormat"], "None");

    let old = sim
        .send(
            "PUT",
            &sim.url_in("primary", "assets/old", "2021-11-01"),
            Some(json!({})),
        )
        .await
        .unwrap();
    assert_eq!(
        (old.status, &old.body["properties"]["container"]),
        (201, &Value::Null)
    );
    assert!(sim.get("assets/old").await.body["properties"]["container"].is_string());
    sim.stop().await;
}

#[tokio::test]
async fn put_replaces_what_can_change_and_patch_merges() {
    let sim = Sim::start().await;
    let made = sim
        .put(
            "assets/a",
            json!({ "description": "d", "alternateId": "i", "container": "films" }),
        )
        .await;
    assert_eq!(made.status, 201);
    let patched = sim.patch("assets/a", json!({ "alternateId": "j" })).await;
    assert_eq!(
        (patched.status, &patched.body["properties"]["description"]),
        (200, &json!("d"))
    );
    let replaced = sim.put("assets/a", json!({ "alternateId": "k" })).await;
    assert_eq!(replaced.status, 200);
    assert_eq!(replaced.body["properties"].get("description"), None);
    assert_eq!(replaced.body["properties"]["container"], "films");
    assert_eq!(
        replaced.body["properties"]["assetId"],
        made.body["properties"]["assetId"]
    );
    assert_eq!(
        sim.put("assets/a", json!({ "container": "others" }))
            .await
            .status,
        400
    );
    sim.stop().await;
}

#[tokio::test]
async fn a_container_belongs_to_one_asset_of_any_account() {
    let sim = Sim::start().await;
    sim.put("assets/a", json!({ "container": "films" })).await;
    let taken = sim.put("assets/b", json!({ "container": "films" })).await;
    assert_eq!(taken.status, 400);
    assert_eq!(
        taken.error(),
        "BadRequest: Cannot insert duplicate key row in object 'dbo.media' with unique index 'Index_BlobStorageUri'. \
         The duplicate key value is (https://primarystore1.blob.core.windows.net/films). The statement has been \
         terminated."
    );
    let elsewhere = json!({ "container": "films", "storageAccountName": "primarystore2" });
    assert_eq!(sim.put("assets/b", elsewhere).await.status, 201);
    sim.delete("assets/a").await;
    assert_eq!(
        sim.put("assets/c", json!({ "container": "films" }))
            .await
            .status,
        201
    );
    sim.stop().await;
}

#[tokio::test]
async fn names_and_storage_accounts_are_checked() {
    let sim = Sim::start().await;
    for (tail, properties) in [
        ("assets/film.mp4", json!({})),
        ("assets/a", json!({ "container": "No" })),
        ("assets/a", json!({ "storageAccountName": "nobodys" })),
        ("assets/a", json!({ "description": 7 })),
    ] {
        let answer = sim.put(tail, properties.clone()).await;
        assert_eq!(answer.status, 400, "{tail} {properties}");
    }
    let spaced = sim.put("assets/Asset%20517", json!({})).await;
    assert_eq!(
        (spaced.status, &spaced.body["name"]),
        (201, &json!("Asset 517"))
    );
    sim.stop().await;
}

#[tokio::test]
async fn deleting_twice_is_200_and_204_and_takes_filters_and_locators_along() {
    let sim = Sim::start().await;
    sim.put("assets/a", json!({})).await;
    sim.put(
        "assets/a/assetFilters/f",
        json!({ "firstQuality": { "bitrate": 1 } }),
    )
    .await;
    let locator =
        json!({ "assetName": "a", "streamingPolicyName": "Predefined_ClearStreamingOnly" });
    assert_eq!(sim.put("streamingLocators/l", locator).await.status, 201);
    let gone = sim.delete("assets/a").await;
    assert_eq!((gone.status, gone.header("content-length")), (200, "0"));
    assert_eq!(sim.delete("assets/a").await.status, 204);
    assert_eq!(sim.get("assets/a/assetFilters").await.status, 404);
    assert_eq!(sim.get("streamingLocators/l").await.status, 404);
    sim.put("assets/a", json!({})).await;
    assert_eq!(
        sim.get("assets/a/assetFilters").await.body,
        json!({ "value": [] })
    );
    sim.stop().await;
}

#[tokio::test]
async fn a_property_nobody_knows_is_refused_ignored_or_kept() {
    let sim = Sim::start().await;
    let properties = json!({ "description": "d", "tomorrow": { "a": 1 } });
    let refused = sim.put("assets/a", properties.clone()).await;
    assert_eq!(refused.status, 400);
    assert!(
        refused
            .error()
            .contains("'tomorrow' does not exist on type"),
        "{}",
        refused.error()
    );

    sim.change_settings(|settings| settings.unknown_fields = UnknownFields::Ignore);
    let ignored = sim.put("assets/a", properties.clone()).await;
    assert_eq!(
        (ignored.status, ignored.body["properties"].get("tomorrow")),
        (201, None)
    );

    sim.change_settings(|settings| settings.unknown_fields = UnknownFields::Keep);
    sim.put("assets/a", properties).await;
    assert_eq!(
        sim.get("assets/a").await.body["properties"]["tomorrow"],
        json!({ "a": 1 })
    );
    assert_eq!(
        sim.get("assets").await.body["value"][0]["properties"]["tomorrow"],
        json!({ "a": 1 })
    );
    sim.stop().await;
}

#[tokio::test]
async fn the_encryption_scope_came_with_the_newest_version() {
    let sim = Sim::start().await;
    let body = json!({ "properties": { "encryptionScope": "scope" } });
    let old = sim.url_in("primary", "assets/a", "2022-08-01");
    assert_eq!(
        sim.send("PUT", &old, Some(body.clone()))
            .await
            .unwrap()
            .status,
        400
    );
    assert_eq!(
        sim.send("PUT", &sim.url("assets/a"), Some(body))
            .await
            .unwrap()
            .status,
        201
    );
    assert_eq!(
        sim.get("assets/a").await.body["properties"]["encryptionScope"],
        "scope"
    );
    assert_eq!(
        sim.send("GET", &old, None).await.unwrap().body["properties"].get("encryptionScope"),
        None
    );
    sim.stop().await;
}

#[tokio::test]
async fn system_data_came_with_newer_versions() {
    let sim = Sim::start().await;
    sim.put("assets/a", json!({})).await;
    let old = sim
        .send(
            "GET",
            &sim.url_in("primary", "assets/a", "2018-07-01"),
            None,
        )
        .await
        .unwrap();
    assert_eq!(old.body.get("systemData"), None);
    let new = sim
        .send("GET", &sim.url_in("primary", "assets/a", NEWEST), None)
        .await
        .unwrap();
    assert_eq!(new.body["systemData"]["createdByType"], "User");
    sim.stop().await;
}

#[tokio::test]
async fn a_container_is_shared_for_at_most_a_day() {
    let sim = Sim::start().await;
    sim.put("assets/a", json!({ "container": "films" })).await;
    let share = async |expires: &str| {
        let body = json!({ "permissions": "ReadWriteDelete", "expiryTime": expires });
        sim.send("POST", &sim.url("assets/a/listContainerSas"), Some(body))
            .await
            .unwrap()
    };
    assert_eq!(share("2999-01-01T00:00:00Z").await.status, 400);
    let shared = share("2020-01-01T10:00:00.5Z").await;
    let urls = shared.body["assetContainerSasUrls"].as_array().unwrap();
    assert_eq!(urls.len(), 2);
    let url = urls[0].as_str().unwrap();
    assert!(
        url.starts_with(
            "https://primarystore1.blob.core.windows.net/films?sv=2019-02-02&sr=c&sig="
        ),
        "{url}"
    );
    assert!(url.ends_with("&se=2020-01-01T10:00:00Z&sp=rwdl"), "{url}");
    sim.stop().await;
}

#[tokio::test]
async fn filters_of_accounts_and_assets_are_made_changed_and_deleted() {
    let sim = Sim::start().await;
    sim.put("assets/a", json!({})).await;
    assert_eq!(
        sim.put("assets/missing/assetFilters/f", json!({}))
            .await
            .status,
        404
    );
    for tail in ["accountFilters/f", "assets/a/assetFilters/f"] {
        let made = sim
            .put(tail, json!({ "firstQuality": { "bitrate": 420 } }))
            .await;
        let wanted = json!({ "firstQuality": { "bitrate": 420 }, "tracks": [] });
        assert_eq!(
            (made.status, &made.body["properties"]),
            (201, &wanted),
            "{tail}"
        );
        let patched = sim
            .patch(tail, json!({ "tracks": [{ "trackSelections": [] }] }))
            .await;
        assert_eq!(
            patched.body["properties"]["firstQuality"],
            json!({ "bitrate": 420 }),
            "{tail}"
        );
        let changed = sim.put(tail, json!({ "tracks": [] })).await;
        assert_eq!(
            (changed.status, &changed.body["properties"]),
            (200, &json!({ "tracks": [] })),
            "{tail}"
        );
        assert_eq!(sim.delete(tail).await.status, 200, "{tail}");
        assert_eq!(sim.get(tail).await.status, 404, "{tail}");
    }
    sim.stop().await;
}
