//! Webhooks: rules, deliveries, the history.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use simulator::{
    DeliveryState, EventSource, EventSubscription, JobOutcome, JobsMode, RedeliveryOrder,
    WebhookContentType,
};

use super::client::{Mkio, key_value, own_locator};
use super::jobs::put_job;
use crate::harness::Sim;

/// A receiver that notes what it gets and answers as it is told.
#[derive(Clone, Default)]
struct Receiver {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    /// Statuses of the coming answers; 200 when there are none left.
    answers: Vec<u16>,
    taken: Vec<(HeaderMap, String, Value)>,
}

impl Receiver {
    async fn start() -> (Self, String) {
        let receiver = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = axum::Router::new()
            .fallback(receive)
            .with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (receiver, url)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    fn bodies(&self) -> Vec<Value> {
        let inner = self.inner();
        inner
            .taken
            .iter()
            .map(|(_, _, body)| body.clone())
            .collect()
    }

    /// `type source state` of what was taken.
    fn taken(&self) -> Vec<String> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let short = |body: &Value| {
            let name = text(&body["type"]).replace("MediaKind.", "");
            format!(
                "{name} {} {}",
                text(&body["source"]),
                text(&body["data"]["state"])
            )
        };
        self.bodies().iter().map(short).collect()
    }
}

async fn receive(
    State(receiver): State<Receiver>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: String,
) -> StatusCode {
    let mut inner = receiver.inner();
    let status = if inner.answers.is_empty() {
        200
    } else {
        inner.answers.remove(0)
    };
    if status < 300 {
        let body = serde_json::from_str(&body).unwrap();
        inner.taken.push((headers, query.unwrap_or_default(), body));
    }
    StatusCode::from_u16(status).unwrap()
}

const RULE: &str = "primary/webhook/rules/mirror";

fn rule(url: &str) -> Value {
    json!({ "spec": {
        "enabled": true,
        "url": url,
        "events": ["MediaKind.JobStarted", "MediaKind.JobFinished", "MediaKind.StreamingLocatorCreated"],
        "authentication": { "headers": { "X-Webhook-Secret": "s3cr3t" }, "queryParams": { "key": "s3cr3t" } },
        "headers": { "X-Source": "mkio" },
        "queryParams": { "tenant": "a b" },
    } })
}

async fn scene() -> (Mkio, Receiver, String) {
    let mkio = Mkio::start().await;
    mkio.scene("primary").await;
    let (receiver, url) = Receiver::start().await;
    let made = mkio.send("PUT", RULE, Some(rule(&url))).await;
    assert_eq!(made.status, 201);
    (mkio, receiver, url)
}

async fn delivered(mkio: &Mkio) {
    mkio.wait_delivered(Duration::from_secs(20)).await.unwrap();
}

async fn history(mkio: &Mkio) -> Vec<Value> {
    let listed = mkio.send("GET", &format!("{RULE}/events"), None).await;
    listed.body["value"].as_array().unwrap().clone()
}

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
async fn a_delivery_is_tried_again_and_the_history_tells() {
    let (mkio, receiver, _) = scene().await;
    mkio.change_settings(|settings| settings.delivery.time_scale = 0.0005);
    receiver.inner().answers = vec![500, 401, 302];
    mkio.put("streamingLocators/l", own_locator("k-1")).await;
    delivered(&mkio).await;
    let deliveries = mkio.deliveries();
    assert_eq!(deliveries[0].subscription, "primary/mirror");
    assert_eq!(
        deliveries[0].attempts, 4,
        "whatever is not 2xx is tried again"
    );
    assert_eq!(deliveries[0].state, DeliveryState::Delivered);

    mkio.change_settings(|settings| settings.delivery.lose = 1);
    let mut other = own_locator("k-2");
    mkio.put("streamingLocators/lost", other.clone()).await;
    mkio.change_settings(|settings| settings.delivery.duplicate = 1);
    other["contentKeys"][0]["id"] = json!("k-3");
    mkio.put("streamingLocators/twice", other.clone()).await;
    delivered(&mkio).await;
    assert_eq!(receiver.taken().len(), 3, "one lost, one taken twice");
    mkio.change_settings(|settings| {
        settings.delivery.duplicate = 0;
        settings.delivery.paused = true;
    });
    other["contentKeys"][0]["id"] = json!("k-4");
    mkio.put("streamingLocators/paused", other).await;

    let told: Vec<_> = history(&mkio)
        .await
        .iter()
        .map(|event| {
            let text = |name: &str| event[name].as_str().unwrap().to_owned();
            assert_eq!(text("type"), "MediaKind.StreamingLocatorCreated");
            let source = text("source");
            format!("{} {}", source.rsplit('/').next().unwrap(), text("status"))
        })
        .collect();
    assert_eq!(
        told,
        ["l Sent", "lost Failed", "twice Sent", "paused Pending"]
    );
    mkio.stop().await;
}

#[tokio::test]
async fn the_history_tells_what_is_tried_again_and_what_was_given_up() {
    let (mkio, receiver, _) = scene().await;
    let status = async || {
        let listed = history(&mkio).await;
        listed[0]["status"].as_str().unwrap().to_owned()
    };
    // The first attempt fails, and the next one is some hours away.
    mkio.change_settings(|settings| settings.delivery.time_scale = 1000.0);
    receiver.inner().answers = vec![503; 40];
    mkio.put("streamingLocators/l", own_locator("k-1")).await;
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while status().await != "Retrying" {
        assert!(std::time::Instant::now() < deadline, "{}", status().await);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Another rule's events are a history of their own.
    mkio.change_settings(|settings| settings.delivery.time_scale = 0.0);
    let other = RULE.replace("mirror", "other");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}/hook", listener.local_addr().unwrap());
    drop(listener);
    mkio.send("PUT", &other, Some(rule(&nobody))).await;
    mkio.put("streamingLocators/m", own_locator("k-2")).await;
    let failed = async || {
        let listed = mkio.send("GET", &format!("{other}/events"), None).await;
        listed.body["value"][0]["status"] == "Failed"
    };
    while !failed().await {
        assert!(std::time::Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    mkio.stop().await;
}

/// Reads show asterisks where the secret is: who puts back what was read puts these in its place.
#[tokio::test]
async fn a_rule_that_is_put_back_as_it_was_read_has_lost_its_secret() {
    let (mkio, receiver, url) = scene().await;
    let read = mkio.send("GET", RULE, None).await.body;
    let back = json!({ "spec": read["spec"] });
    assert_eq!(mkio.send("PUT", RULE, Some(back)).await.status, 200);
    mkio.put("streamingLocators/l", own_locator("k-1")).await;
    delivered(&mkio).await;
    assert_eq!(receiver.inner().taken[0].0["x-webhook-secret"], "********");
    assert_eq!(mkio.send("PUT", RULE, Some(rule(&url))).await.status, 200);
    mkio.put("streamingLocators/m", own_locator("k-2")).await;
    delivered(&mkio).await;
    assert_eq!(receiver.inner().taken[1].0["x-webhook-secret"], "s3cr3t");
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

#[tokio::test]
async fn a_rule_shows_no_secret_and_ends_with_its_history() {
    let (mkio, receiver, url) = scene().await;
    let shown = mkio.send("GET", RULE, None).await.body;
    assert_eq!(
        shown["spec"]["authentication"],
        json!({ "headers": { "X-Webhook-Secret": "********" }, "queryParams": { "key": "********" } })
    );
    let listed = mkio.send("GET", "primary/webhook/rules", None).await.body;
    assert_eq!(listed["value"], json!([shown]));
    mkio.put("streamingLocators/l", own_locator("k-1")).await;
    delivered(&mkio).await;

    let mut off = rule(&url);
    off["spec"]["enabled"] = json!(false);
    off["spec"].as_object_mut().unwrap().shift_remove("headers");
    let replaced = mkio.send("PUT", RULE, Some(off)).await;
    assert_eq!(replaced.status, 200);
    assert_eq!(
        replaced.body["spec"].get("headers"),
        None,
        "the whole of it"
    );
    mkio.put("streamingLocators/m", own_locator("k-2")).await;
    delivered(&mkio).await;
    assert_eq!(receiver.taken().len(), 1);
    assert_eq!(history(&mkio).await.len(), 1);

    assert_eq!(mkio.send("DELETE", RULE, None).await.status, 200);
    assert_eq!(mkio.send("DELETE", RULE, None).await.status, 204);
    assert!(mkio.deliveries().is_empty());
    for (name, value) in [
        ("events", json!(["Odd"])),
        ("url", json!("no URL")),
        ("enabled", Value::Null),
    ] {
        let mut bad = rule(&url);
        bad["spec"][name] = value;
        assert_eq!(
            mkio.send("PUT", RULE, Some(bad)).await.status,
            400,
            "{name}"
        );
    }
    mkio.stop().await;
}

#[tokio::test]
async fn a_rule_hears_of_its_own_project_only() {
    let (mkio, receiver, _) = scene().await;
    mkio.scene("secondary").await;
    mkio.put_in("secondary", "streamingLocators/l", own_locator("k-1"))
        .await;
    delivered(&mkio).await;
    assert_eq!(receiver.taken(), [""; 0]);
    mkio.stop().await;
}
