//! What happens in the storage behind a storage record, seen from a blob service that notes what it is asked.

use serde_json::{Value, json};

use super::client::Mkio;
use crate::harness::options;
use crate::storage::Blobs;

/// `primary`'s first storage account answers at a blob service, and `films` is a storage record of it.
async fn scene() -> (Mkio, Blobs) {
    let (blobs, endpoint) = Blobs::start().await;
    let mut options = options(["r1", "r2"]);
    options.accounts[0].storage[0].blob_endpoint = Some(endpoint.parse().unwrap());
    let mkio = Mkio::with(options).await;
    let seeded = mkio.get("storage/primarystore1").await.body;
    assert_eq!(seeded["spec"]["url"], endpoint);
    let body = json!({ "spec": {
        "type": "Microsoft.Storage",
        "url": endpoint,
        "credential": { "sasToken": "?sv=2021&se=2030-01-01T00:00:00Z&sig=c2VjcmV0" },
    } });
    let made = mkio
        .send("PUT", "primary/media/storage/films", Some(body))
        .await;
    assert_eq!(made.status, 201);
    (mkio, blobs)
}

fn asset(container: &str, more: Value) -> Value {
    let mut body = json!({ "storageAccountName": "films", "container": container });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    body
}

/// Trap 3.
#[tokio::test]
async fn blobs_that_came_first_need_a_deletion_policy_and_are_retained() {
    let (mkio, blobs) = scene().await;
    blobs.put("mirrored", &["film.mp4"]);
    let plain = mkio.put("assets/a", asset("mirrored", json!({}))).await;
    assert_eq!(plain.status, 409);
    let retain = asset("mirrored", json!({ "containerDeletionPolicy": "Retain" }));
    assert_eq!(mkio.put("assets/a", retain).await.status, 201);
    assert_eq!(mkio.delete("assets/a").await.status, 200);
    assert_eq!(blobs.in_container("mirrored"), ["film.mp4"]);

    assert_eq!(
        mkio.put("assets/b", asset("own", json!({}))).await.status,
        201
    );
    mkio.delete("assets/b").await;
    assert_eq!(blobs.names(), ["mirrored", "own"], "blank is retain");

    let delete = asset("mirrored", json!({ "containerDeletionPolicy": "Delete" }));
    assert_eq!(mkio.put("assets/c", delete).await.status, 201);
    mkio.delete("assets/c").await;
    assert_eq!(blobs.names(), ["own"]);
    mkio.stop().await;
}

#[tokio::test]
async fn a_folder_is_deleted_and_the_rest_of_the_container_is_not() {
    let (mkio, blobs) = scene().await;
    blobs.put(
        "shared",
        &["in/a.mp4", "in/deep/b.mp4", "inner.mp4", "other/c.mp4"],
    );
    let folder = json!({ "subPath": "in", "containerDeletionPolicy": "Delete" });
    assert_eq!(
        mkio.put("assets/a", asset("shared", folder)).await.status,
        201
    );
    assert_eq!(mkio.delete("assets/a").await.status, 200);
    assert_eq!(blobs.in_container("shared"), ["inner.mp4", "other/c.mp4"]);
    mkio.stop().await;
}

#[tokio::test]
async fn what_lies_at_the_top_level_is_listed_with_its_size() {
    let (mkio, blobs) = scene().await;
    blobs.put(
        "shared",
        &[
            "in/a.ism",
            "in/a.mp4",
            "in/thumbs/1.png",
            "in/thumbs/2.png",
            "x.mp4",
        ],
    );
    let folder = json!({ "subPath": "in", "containerDeletionPolicy": "Retain" });
    mkio.put("assets/a", asset("shared", folder)).await;
    let listed = mkio.get("assets/a/storage/").await.body;
    assert_eq!(listed["spec"]["container"], "shared");
    assert_eq!(
        listed["spec"]["files"],
        json!([{ "name": "a.ism", "size": 8 }, { "name": "a.mp4", "size": 8 }])
    );
    assert_eq!(listed["spec"]["folders"], json!([{ "name": "thumbs" }]));

    let locator = json!({
        "assetName": "a",
        "streamingPolicyName": "Predefined_DownloadAndClearStreaming",
        "streamingLocatorId": "id-1",
        "defaultManifestFilename": "own.mpd",
    });
    mkio.put("streamingLocators/l", locator).await;
    let path = "primary/media/streamingLocators/l/listPaths";
    let paths = mkio.send("POST", path, None).await.body;
    assert_eq!(
        paths["streamingPaths"][0]["paths"],
        json!(["/id-1/a.ism/manifest(format=m3u8-cmaf)"])
    );
    assert_eq!(
        paths["downloadPaths"],
        json!(["/id-1/a.mp4", "/id-1/thumbs/1.png", "/id-1/thumbs/2.png"])
    );
    let unified = mkio
        .send("POST", path, Some(json!({ "urlStyle": "Unified" })))
        .await
        .body;
    assert_eq!(
        unified["streamingPaths"][0]["paths"],
        json!(["/id-1/own.mpd/manifest(format=m3u8-cmaf)"])
    );
    mkio.stop().await;
}

#[tokio::test]
async fn storage_that_cannot_be_reached_makes_no_asset() {
    let mut options = options(["r1", "r2"]);
    // Nothing listens on the discard port.
    options.accounts[0].storage[0].blob_endpoint =
        Some("http://127.0.0.1:9/store".parse().unwrap());
    let mkio = Mkio::with(options).await;
    let refused = mkio
        .put("assets/a", json!({ "storageAccountName": "primarystore1" }))
        .await;
    assert_eq!(refused.status, 400);
    assert_eq!(mkio.get("assets/a").await.status, 404);
    mkio.stop().await;
}
