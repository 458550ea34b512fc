//! Webhooks: what they announce, and how it is delivered.

use axum::Json;
use serde_json::{Value, json};
use simulator::{
    EventSource, EventSubscription, JobOutcome, JobsMode, RedeliveryOrder, WebhookContentType,
};

use super::client::{key_value, own_locator};
use super::jobs::put_job;
use super::receiver::{delivered, history, scene};
use crate::harness::Sim;

#[tokio::test]
async fn a_new_locator_is_delivered_as_a_cloud_event() {
    let (mkio, receiver, _) = scene().await;
    mkio.put("streamingLocators/l", own_locator("k-1")).await;
    delivered(&mkio).await;
    let (headers, query, body) = receiver.inner().taken[0].clone();
    assert_eq!(headers["x-webhook-secret"], "s3cr3t");
    assert_eq!(headers["x-source"], "mkio");
    assert_eq!(headers["content-type"], "application/json");
    assert!(!headers.contains_key("aeg-event-type"));
    assert_eq!(query, "tenant=a+b&key=s3cr3t");
    assert_eq!(body["specversion"], "1.0");
    assert_eq!(body["type"], "MediaKind.StreamingLocatorCreated");
    assert_eq!(
        body["source"],
        "/api/v1/projects/primary/media/streamingLocators/l"
    );
    assert_eq!(body["datacontenttype"], "application/json");
    assert!(body["id"].is_string() && body["time"].is_string());
    let data = &body["data"];
    assert_eq!(data["projectName"], "primary");
    assert_eq!(
        (&data["previousState"], &data["state"]),
        (&json!("Creating"), &json!("Created"))
    );
    let got = mkio.get("streamingLocators/l").await.body;
    assert_eq!(data["resource"], got, "its GET body");
    mkio.stop().await;
}

/// Trap 5.
#[tokio::test]
async fn nothing_else_is_announced() {
    let (mkio, receiver, _) = scene().await;
    let locator = own_locator("k-1");
    mkio.put("streamingLocators/l", locator.clone()).await;
    let mut suppressed = locator;
    suppressed["suppressed"] = json!(true);
    mkio.put("streamingLocators/l", suppressed).await;
    mkio.patch("contentKeyPolicies/kp", json!({ "description": "d" }))
        .await;
    mkio.put("accountFilters/f", json!({})).await;
    mkio.delete("accountFilters/f").await;
    mkio.delete("streamingLocators/l").await;
    mkio.delete("assets/a").await;
    delivered(&mkio).await;
    assert_eq!(
        receiver.taken(),
        ["StreamingLocatorCreated /api/v1/projects/primary/media/streamingLocators/l Created"]
    );
    mkio.stop().await;
}

#[tokio::test]
async fn event_grid_hears_nothing_of_this_dialect_and_webhooks_nothing_of_the_other() {
    let (mkio, receiver, _) = scene().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/", listener.local_addr().unwrap());
    let answer = async |Json(events): Json<Value>| {
        Json(json!({ "validationResponse": events[0]["data"]["validationCode"] }))
    };
    let router = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    mkio.subscribe(EventSubscription {
        name: "grid".to_owned(),
        account: None,
        endpoint: endpoint.parse().unwrap(),
        event_types: Vec::new(),
    })
    .await
    .unwrap();
    let heard = || -> Vec<String> {
        let deliveries = mkio.deliveries().into_iter();
        deliveries.map(|one| one.subscription).collect()
    };
    mkio.put("streamingLocators/l", own_locator("k-1")).await;
    delivered(&mkio).await;
    assert_eq!(heard(), ["primary/mirror"]);
    let asset = json!({ "description": "by the other dialect" });
    assert_eq!(Sim::put(&mkio, "assets/b", asset).await.status, 201);
    delivered(&mkio).await;
    assert_eq!(heard(), ["primary/mirror", "grid"]);
    assert_eq!(receiver.taken().len(), 1);
    mkio.stop().await;
}

/// Trap 5.
#[tokio::test]
async fn a_body_may_hold_the_values_of_keys() {
    let (mkio, receiver, _) = scene().await;
    mkio.change(|settings| settings.key_values_in_get = true);
    mkio.put("streamingLocators/l", own_locator("k-1")).await;
    delivered(&mkio).await;
    assert!(receiver.bodies()[0].to_string().contains(&key_value(7)));
    mkio.stop().await;
}

#[tokio::test]
async fn a_job_is_announced_when_it_starts_and_when_it_ends() {
    let (mkio, receiver, _) = scene().await;
    mkio.change_settings(|settings| settings.jobs = JobsMode::Hold);
    for name in ["in", "out"] {
        mkio.asset("primary", name).await;
    }
    put_job(&mkio, "out").await;
    delivered(&mkio).await;
    mkio.finish_job("primary", "t", "j", JobOutcome::Finished)
        .unwrap();
    delivered(&mkio).await;
    // As the documentation prints it: without `/media/`.
    let source = "/api/v1/projects/primary/transforms/t/jobs/j";
    assert_eq!(
        receiver.taken(),
        [
            format!("JobStarted {source} Processing"),
            format!("JobFinished {source} Finished"),
        ]
    );
    let finished = &receiver.bodies()[1]["data"];
    assert_eq!(finished["previousState"], "Processing");
    let properties = &finished["resource"]["properties"];
    assert_eq!(properties["outputs"][0]["assetName"], "out");
    assert_eq!(properties["correlationData"], json!({ "film": "7" }));
    let got = mkio.get("transforms/t/jobs/j").await.body;
    assert_eq!(finished["resource"], got, "its GET body");
    mkio.stop().await;
}

#[tokio::test]
async fn source_and_content_type_are_settings() {
    let (mkio, receiver, _) = scene().await;
    mkio.change(|settings| settings.event_source = EventSource::WithoutMedia);
    mkio.change_settings(|settings| {
        settings.delivery.webhook_content_type = WebhookContentType::CloudEvents;
    });
    mkio.put("streamingLocators/l", own_locator("k-1")).await;
    delivered(&mkio).await;
    assert_eq!(
        receiver.bodies()[0]["source"],
        "/api/v1/projects/primary/streamingLocators/l"
    );
    let content_type = receiver.inner().taken[0].0["content-type"].clone();
    assert_eq!(content_type, "application/cloudevents+json");
    mkio.change(|settings| settings.event_source = EventSource::WithMedia);
    for name in ["in", "out"] {
        mkio.asset("primary", name).await;
    }
    put_job(&mkio, "out").await;
    delivered(&mkio).await;
    assert_eq!(
        receiver.bodies()[1]["source"],
        "/api/v1/projects/primary/media/transforms/t/jobs/j"
    );
    mkio.stop().await;
}

#[tokio::test]
async fn everything_can_be_delivered_again() {
    let (mkio, receiver, _) = scene().await;
    for (name, key) in [("l", "k-1"), ("m", "k-2")] {
        mkio.put(&format!("streamingLocators/{name}"), own_locator(key))
            .await;
        delivered(&mkio).await;
    }
    assert_eq!(mkio.redeliver(RedeliveryOrder::Reversed).await, 2);
    let ends: String = receiver
        .taken()
        .iter()
        .map(|one| one.split(' ').nth(1).unwrap().chars().last().unwrap())
        .collect();
    assert_eq!(ends, "lmml");
    assert_eq!(history(&mkio).await.len(), 2, "repetitions are no news");
    mkio.stop().await;
}

#[tokio::test]
async fn an_unfinished_locator_is_announced_once_it_is_made() {
    let (mkio, receiver, _) = scene().await;
    mkio.change(|settings| settings.creating_reads = 1);
    mkio.put("streamingLocators/l", own_locator("k-1")).await;
    delivered(&mkio).await;
    assert_eq!(receiver.taken(), [""; 0]);
    mkio.get("streamingLocators/l/state").await;
    delivered(&mkio).await;
    let body = receiver.bodies().remove(0);
    assert_eq!(
        body["data"]["resource"]["properties"]["resourceState"],
        "Created"
    );
    mkio.stop().await;
}
