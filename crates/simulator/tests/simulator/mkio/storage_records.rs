//! Storage records: what a project knows of its owner's storage.

use serde_json::{Value, json};

use super::client::Mkio;
use crate::harness::Answer;

async fn put(mkio: &Mkio, name: &str, spec: Value) -> Answer {
    let path = format!("primary/media/storage/{name}");
    mkio.send("PUT", &path, Some(json!({ "spec": spec }))).await
}

fn azure(expires: &str) -> Value {
    json!({
        "type": "Microsoft.Storage",
        "url": "https://primarystore1.blob.core.windows.net",
        "description": "films",
        "credential": { "sasToken": format!("?sv=2021&st=2020-01-01T00:00:00Z&se={expires}&sig=U0VDUkVU") },
    })
}

#[tokio::test]
async fn every_project_has_a_record_for_each_of_its_storage_accounts() {
    let mkio = Mkio::start().await;
    let listed = mkio.get("storage").await.body;
    let urls: Vec<_> = listed["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| (&record["metadata"]["name"], &record["spec"]["url"]))
        .collect();
    assert_eq!(
        urls,
        [
            (
                &json!("primarystore1"),
                &json!("https://primarystore1.blob.core.windows.net")
            ),
            (
                &json!("primarystore2"),
                &json!("https://primarystore2.blob.core.windows.net")
            ),
        ]
    );
    mkio.stop().await;
}

/// Trap 7.
#[tokio::test]
async fn secrets_are_never_shown_again() {
    let mkio = Mkio::start().await;
    let made = put(&mkio, "s", azure("2030-01-01T00:00:00Z")).await;
    assert_eq!(made.status, 201);
    let shown = mkio.get("storage/s").await.body;
    assert_eq!(shown["spec"]["region"], "westeurope");
    assert_eq!(
        shown["spec"]["credential"]["signedExpiry"],
        "2030-01-01T00:00:00.000000Z"
    );
    let later = json!({ "spec": { "type": "Microsoft.Storage", "credential": azure("2031-01-01T00:00:00Z")["credential"] } });
    let path = "primary/media/storage/s/credentials";
    let added = mkio.send("POST", path, Some(later)).await;
    assert_eq!(added.status, 201);
    let listed = mkio.get("storage/s/credentials").await.body;
    assert_eq!(listed["value"].as_array().unwrap().len(), 2);
    let id = &added.body["metadata"]["id"];
    let active = mkio.get("storage/s").await.body["status"]["activeCredentialId"].clone();
    assert_eq!(active, *id, "the one that expires last");
    let one = format!("storage/s/credentials/{}", id.as_str().unwrap());
    let got = mkio.get(&one).await.body;
    for body in [&made.body, &shown, &added.body, &listed, &got] {
        assert!(!body.to_string().contains("U0VDUkVU"), "{body}");
    }
    assert_eq!(mkio.delete(&one).await.status, 204);
    assert_eq!(mkio.get(&one).await.status, 404);
    mkio.stop().await;
}

#[tokio::test]
async fn address_and_type_never_change() {
    let mkio = Mkio::start().await;
    put(&mkio, "s", azure("2030-01-01T00:00:00Z")).await;
    let renewed = put(&mkio, "s", azure("2032-01-01T00:00:00Z")).await;
    assert_eq!(renewed.status, 200);
    let mut other = azure("2030-01-01T00:00:00Z");
    other["url"] = json!("https://other.blob.core.windows.net");
    assert_eq!(put(&mkio, "s", other).await.status, 400);
    let patch = async |spec: Value| {
        let body = json!({ "spec": spec });
        mkio.send("PATCH", "primary/media/storage/s", Some(body))
            .await
    };
    let described = patch(json!({ "type": "Microsoft.Storage", "description": "other" })).await;
    assert_eq!(described.status, 200);
    assert_eq!(described.body["spec"]["description"], "other");
    let credential = azure("2030-01-01T00:00:00Z")["credential"].clone();
    let refused = patch(json!({ "type": "Microsoft.Storage", "credential": credential })).await;
    assert_eq!(refused.status, 400);
    mkio.stop().await;
}

#[tokio::test]
async fn buckets_of_other_clouds_can_be_recorded() {
    let mkio = Mkio::start().await;
    let s3 = json!({
        "type": "AWS.S3",
        "bucketName": "films",
        "credential": { "accessKeyId": "AKIA0123456789ABCDEF", "secretAccessKey": "S".repeat(40) },
    });
    let google = json!({
        "type": "Google.Storage",
        "bucketName": "films",
        "credential": { "gac": { "private_key": "S".repeat(40) } },
    });
    for (name, spec) in [("s3", s3), ("google", google)] {
        let made = put(&mkio, name, spec).await;
        assert_eq!(made.status, 201, "{}", made.body);
        assert!(!made.body.to_string().contains("SSSS"), "{}", made.body);
        let asset = json!({ "storageAccountName": name, "subPath": "a" });
        let asset = mkio.put(&format!("assets/{name}"), asset).await;
        assert_eq!(asset.status, 201);
        assert_eq!(
            asset.body["properties"].get("container"),
            None,
            "a bucket has folders only"
        );
    }
    let kind = mkio.get("storage?$filter=type eq 'AWS.S3'").await.body;
    assert_eq!(kind["value"][0]["metadata"]["name"], "s3");
    assert_eq!(kind["value"].as_array().unwrap().len(), 1);
    mkio.stop().await;
}

#[tokio::test]
async fn a_record_in_use_stays() {
    let mkio = Mkio::start().await;
    mkio.asset("primary", "a").await;
    assert_eq!(mkio.delete("storage/primarystore1").await.status, 409);
    assert_eq!(mkio.delete("storage/primarystore2").await.status, 204);
    assert_eq!(mkio.get("storage/primarystore2").await.status, 404);
    for bad in [
        json!({ "type": "Microsoft.Storage" }),
        json!({ "type": "Odd", "url": "https://x" }),
        json!({ "type": "AWS.S3", "bucketName": "films" }),
    ] {
        assert_eq!(put(&mkio, "s", bad).await.status, 400);
    }
    mkio.stop().await;
}
