//! Assets: labels, containers and their deletion policy, updates.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{AssetPlaces, AssetPut, AssetUpdates, UnknownFields};

use super::client::Mkio;

fn film(more: Value) -> Value {
    let mut body = json!({ "storageAccountName": "primarystore1", "container": "films" });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    body
}

async fn put_labels(mkio: &Mkio, labels: Value) -> u16 {
    let body = json!({ "labels": labels, "properties": film(json!({})) });
    mkio.send("PUT", "primary/media/assets/a", Some(body))
        .await
        .status
}

#[tokio::test]
async fn an_asset_is_shown_as_captured_replies_show_it() {
    let mkio = Mkio::start().await;
    let body = json!({
        "labels": { "series": "my show", "empty": "" },
        "properties": film(json!({ "subPath": "in/coming", "containerDeletionPolicy": "Retain", "alternateId": "x" })),
    });
    let made = mkio
        .send("PUT", "primary/media/assets/My film.v2", Some(body.clone()))
        .await;
    assert_eq!(made.status, 201);
    let shown = mkio.get("assets/My%20film.v2").await.body;
    assert_eq!(shown["name"], "My film.v2");
    assert!(
        shown["id"]
            .as_str()
            .unwrap()
            .ends_with("/mediaservices/primary/assets/My film.v2")
    );
    assert_eq!(shown["type"], "Microsoft.Media/mediaservices/assets");
    assert_eq!(shown["labels"], body["labels"]);
    assert_eq!(shown["systemData"]["createdBy"], "ann@example.com");
    let created = shown["properties"]["created"].as_str().unwrap();
    assert_eq!(
        created.len(),
        "2024-03-26T14:51:19.125280Z".len(),
        "microseconds, always"
    );
    for (name, value) in body["properties"].as_object().unwrap() {
        assert_eq!(shown["properties"][name], *value, "{name}");
    }
    let state = mkio.get("assets/My%20film.v2/state").await.body;
    assert_eq!(state, json!({ "status": { "state": "Ready" } }));
    mkio.stop().await;
}

#[tokio::test]
async fn a_container_is_made_if_none_is_named() {
    let mkio = Mkio::start().await;
    mkio.asset("primary", "a").await;
    let properties = mkio.get("assets/a").await.body["properties"].clone();
    let id = properties["assetId"].as_str().unwrap();
    assert_eq!(properties["container"], format!("asset-{id}"));
    mkio.stop().await;
}

/// Trap 3.
#[tokio::test]
async fn a_container_that_exists_needs_a_deletion_policy() {
    let mkio = Mkio::start().await;
    assert_eq!(mkio.put("assets/a", film(json!({}))).await.status, 201);
    assert_eq!(mkio.delete("assets/a").await.status, 200);
    let refused = mkio.put("assets/a", film(json!({}))).await;
    assert_eq!(refused.status, 409);
    assert!(
        refused.detail().contains("already exists"),
        "{}",
        refused.detail()
    );
    assert_eq!(mkio.get("assets/a").await.status, 404);
    let delete = film(json!({ "containerDeletionPolicy": "Delete" }));
    assert_eq!(mkio.put("assets/a", delete).await.status, 201);
    // The policy was obeyed: the container is gone with the asset, and can be made afresh.
    assert_eq!(mkio.delete("assets/a").await.status, 200);
    assert_eq!(mkio.put("assets/a", film(json!({}))).await.status, 201);
    mkio.stop().await;
}

#[tokio::test]
async fn a_container_belongs_to_one_asset_of_a_project() {
    let mkio = Mkio::start().await;
    let retain = film(json!({ "containerDeletionPolicy": "Retain" }));
    assert_eq!(mkio.put("assets/a", retain.clone()).await.status, 201);
    assert_eq!(mkio.put("assets/b", retain.clone()).await.status, 409);
    let mut folder = retain;
    folder["subPath"] = json!("b");
    assert_eq!(mkio.put("assets/b", folder.clone()).await.status, 409);
    mkio.change(|settings| settings.asset_places = AssetPlaces::SubPath);
    assert_eq!(mkio.put("assets/b", folder.clone()).await.status, 201);
    assert_eq!(mkio.put("assets/c", folder.clone()).await.status, 409);
    folder["storageAccountName"] = json!("secondarystore1");
    let other = mkio.put_in("secondary", "assets/c", folder).await;
    assert_eq!(other.status, 201);
    mkio.stop().await;
}

/// Trap 7.
#[tokio::test]
async fn a_storage_account_name_is_that_of_a_record_of_the_project() {
    let mkio = Mkio::start().await;
    let there = json!({ "storageAccountName": "secondarystore1" });
    let refused = mkio.put("assets/a", there).await;
    assert_eq!(refused.status, 400);
    assert!(refused.detail().contains("secondarystore1"));
    let record = json!({ "spec": {
        "type": "Microsoft.Storage",
        "url": "https://secondarystore1.blob.core.windows.net",
        "credential": { "sasToken": "?sv=2021&se=2030-01-01T00:00:00Z&sig=c2VjcmV0" },
    } });
    let made = mkio
        .send("PUT", "primary/media/storage/by-another-name", Some(record))
        .await;
    assert_eq!(made.status, 201);
    let there = json!({ "storageAccountName": "by-another-name" });
    assert_eq!(mkio.put("assets/a", there).await.status, 201);
    mkio.stop().await;
}

#[tokio::test]
async fn placement_never_changes() {
    let mkio = Mkio::start().await;
    mkio.put("assets/a", film(json!({}))).await;
    for other in [
        json!({ "storageAccountName": "primarystore2" }),
        json!({ "storageAccountName": "primarystore1", "container": "other" }),
        json!({ "storageAccountName": "primarystore1", "subPath": "other" }),
    ] {
        assert_eq!(mkio.put("assets/a", other).await.status, 400);
    }
    assert_eq!(mkio.patch("assets/a", json!({})).await.status, 405);
    mkio.stop().await;
}

#[tokio::test]
async fn what_an_update_changes_is_a_setting() {
    let mkio = Mkio::start().await;
    let first = film(json!({ "description": "one", "alternateId": "x" }));
    mkio.put("assets/a", first).await;
    let only =
        json!({ "storageAccountName": "primarystore1", "containerDeletionPolicy": "Retain" });

    let kept = mkio.put("assets/a", only.clone()).await;
    assert_eq!(kept.status, 200);
    assert_eq!(kept.body["properties"]["description"], "one");
    assert_eq!(kept.body["properties"]["containerDeletionPolicy"], "Retain");

    mkio.change(|settings| settings.asset_updates = AssetUpdates::Documented);
    let both = film(json!({ "description": "two", "alternateId": "y" }));
    let documented = mkio.put("assets/a", both).await.body;
    assert_eq!(documented["properties"]["description"], "two");
    assert_eq!(documented["properties"]["alternateId"], "x");

    mkio.change(|settings| {
        settings.asset_updates = AssetUpdates::All;
        settings.asset_put = AssetPut::Replace;
    });
    let replaced = mkio.put("assets/a", film(json!({}))).await.body;
    assert_eq!(replaced["properties"].get("description"), None);
    assert_eq!(
        replaced["properties"]["containerDeletionPolicy"], "Retain",
        "it cannot be unset"
    );
    mkio.stop().await;
}

#[tokio::test]
async fn labels_have_their_limits() {
    let mkio = Mkio::start().await;
    let many = |count: usize| -> Value {
        (0..count)
            .map(|at| (format!("label-{at}"), json!("v")))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let long = |length: usize| "x".repeat(length);
    assert_eq!(put_labels(&mkio, many(32)).await, 201);
    assert_eq!(put_labels(&mkio, many(33)).await, 400);
    assert_eq!(
        put_labels(&mkio, json!({ long(256): long(256) })).await,
        200
    );
    for refused in [
        json!({ long(257): "v" }),
        json!({ "l": long(257) }),
        json!({ "a b": "v" }),
        json!({ "l": "a.b" }),
        json!({ "l": 1 }),
    ] {
        assert_eq!(put_labels(&mkio, refused).await, 400);
    }
    mkio.stop().await;
}

#[tokio::test]
async fn what_a_request_may_hold_is_checked() {
    let mkio = Mkio::start().await;
    for (what, body) in [
        ("no storage", json!({ "container": "films" })),
        ("a null", film(json!({ "description": null }))),
        (
            "what only the service sets",
            film(json!({ "assetId": "x" })),
        ),
        ("an unknown field", film(json!({ "odd": 1 }))),
        ("a container's name", film(json!({ "container": "Films" }))),
        ("a path", film(json!({ "subPath": "/a" }))),
        (
            "an alternate ID",
            film(json!({ "alternateId": "x".repeat(65) })),
        ),
        ("a policy", film(json!({ "containerDeletionPolicy": "" }))),
    ] {
        assert_eq!(mkio.put("assets/a", body).await.status, 400, "{what}");
    }
    for (name, status) in [
        ("x".repeat(260), 201),
        ("x".repeat(261), 400),
        ("a+b".to_owned(), 400),
    ] {
        let body = json!({ "storageAccountName": "primarystore1" });
        let answer = mkio.put(&format!("assets/{name}"), body).await;
        assert_eq!(answer.status, status, "{name}");
    }
    let plain = mkio
        .http()
        .put(format!(
            "{}/api/v1/projects/primary/media/assets/a",
            mkio.base()
        ))
        .bearer_auth(super::client::token(&json!({})))
        .body("{}");
    assert_eq!(plain.send().await.unwrap().status(), 415);
    mkio.stop().await;
}

#[tokio::test]
async fn unknown_fields_are_refused_ignored_or_kept() {
    let mkio = Mkio::start().await;
    mkio.change_settings(|settings| settings.unknown_fields = UnknownFields::Ignore);
    let deep = json!({ "firstQuality": { "bitrate": 1, "odd": 1 } });
    let deep = mkio.put("accountFilters/f", deep).await;
    let deep = &deep.body["properties"]["firstQuality"];
    assert_eq!(*deep, json!({ "bitrate": 1 }), "at any depth");
    let odd = film(json!({ "odd": { "a": 1 }, "assetId": "mine" }));
    let ignored = mkio.put("assets/a", odd.clone()).await;
    assert_eq!(
        (ignored.status, ignored.body["properties"].get("odd")),
        (201, None)
    );
    mkio.change_settings(|settings| settings.unknown_fields = UnknownFields::Keep);
    let kept = mkio.put("assets/a", odd).await;
    assert_eq!(kept.status, 200);
    let shown = mkio.get("assets/a").await.body;
    assert_eq!(shown["properties"]["odd"], json!({ "a": 1 }));
    assert_ne!(shown["properties"]["assetId"], "mine");
    mkio.stop().await;
}

#[tokio::test]
async fn unset_texts_are_absent_or_null() {
    let mut mkio = Mkio::start().await;
    mkio.asset("primary", "a").await;
    let absent = mkio.get("assets/a").await.body;
    assert_eq!(absent["properties"].get("description"), None);
    mkio.change(|settings| settings.nulls = true);
    // The captured replies are not as the schema has it.
    mkio.unchecked();
    let shown = mkio.get("assets/a").await.body;
    assert_eq!(shown["properties"].get("description"), Some(&Value::Null));
    mkio.stop().await;
}

#[tokio::test]
async fn a_change_moves_the_time_of_change_or_does_not() {
    let mkio = Mkio::start().await;
    let times = |body: &Value| {
        let modified = body["properties"]["lastModified"].clone();
        assert_eq!(modified, body["systemData"]["lastModifiedAt"]);
        (body["properties"]["created"].clone(), modified)
    };
    let first = times(&mkio.put("assets/a", film(json!({}))).await.body);
    assert_eq!(first.0, first.1);
    tokio::time::sleep(Duration::from_millis(2)).await;
    let described = film(json!({ "description": "one" }));
    let second = times(&mkio.put("assets/a", described.clone()).await.body);
    assert_eq!(second.0, first.0);
    assert_ne!(second.1, first.1);
    mkio.change(|settings| settings.updated_moves = false);
    tokio::time::sleep(Duration::from_millis(2)).await;
    assert_eq!(times(&mkio.put("assets/a", described).await.body), second);
    mkio.stop().await;
}

#[tokio::test]
async fn an_assets_locators_go_with_it() {
    let mkio = Mkio::start().await;
    mkio.asset("primary", "a").await;
    let locator =
        json!({ "assetName": "a", "streamingPolicyName": "Predefined_ClearStreamingOnly" });
    mkio.put("streamingLocators/l", locator).await;
    let listed = mkio.post("assets/a/listStreamingLocators").await.body;
    assert_eq!(listed["streamingLocators"][0]["name"], "l");
    assert_eq!(listed["streamingLocators"][0]["assetName"], "a");
    assert_eq!(mkio.delete("assets/a").await.status, 200);
    assert_eq!(mkio.get("streamingLocators/l").await.status, 404);
    assert_eq!(mkio.delete("assets/a").await.status, 204, "and again");
    mkio.stop().await;
}

#[tokio::test]
async fn the_status_of_a_put_is_a_setting() {
    let mut mkio = Mkio::start().await;
    // For some kinds only one of the two is documented.
    mkio.unchecked();
    let storage = json!({ "storageAccountName": "primarystore1" });
    for (status, expected) in [
        (simulator::PutStatus::Documented, [201, 200]),
        (simulator::PutStatus::Ok, [200, 200]),
        (simulator::PutStatus::Created, [201, 201]),
    ] {
        mkio.change(|settings| settings.put_status = status);
        let path = format!("assets/{status:?}");
        for expected in expected {
            let put = mkio.put(&path, storage.clone()).await;
            assert_eq!(put.status, expected, "{status:?}");
        }
    }
    let refused = mkio.put("assets/refused", json!({})).await;
    assert_eq!(refused.status, 400, "an error stays one");
    mkio.stop().await;
}
