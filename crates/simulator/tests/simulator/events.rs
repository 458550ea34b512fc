//! Events: what is raised, the handshake, the delivery, and the switches that spoil it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use simulator::{DeliveryState, EventSubscription, RedeliveryOrder};

use crate::harness::Sim;

/// An endpoint that notes what it gets and answers as it is told.
#[derive(Clone, Default)]
struct Endpoint {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    /// Statuses of the coming notifications; 200 when there are none left.
    answers: Vec<u16>,
    events: Vec<Value>,
    headers: Vec<HeaderMap>,
    refuse_handshake: bool,
}

impl Endpoint {
    /// Listens on a free port until the test ends.
    async fn start() -> (Self, String) {
        let endpoint = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?code=SECRET", listener.local_addr().unwrap());
        let router = axum::Router::new()
            .fallback(receive)
            .with_state(endpoint.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (endpoint, url)
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    fn events(&self) -> Vec<Value> {
        self.inner().events.clone()
    }

    fn headers(&self) -> Vec<HeaderMap> {
        self.inner().headers.clone()
    }

    /// `type subject` of what was taken, in order; the subject's last two parts will do.
    fn taken(&self) -> Vec<String> {
        let short = |event: &Value| {
            let subject = event["subject"].as_str().unwrap();
            let tail: Vec<_> = subject.rsplit('/').take(2).collect();
            let event_type = event["eventType"]
                .as_str()
                .unwrap()
                .rsplit('.')
                .next()
                .unwrap();
            format!("{event_type} {}/{}", tail[1], tail[0])
        };
        self.inner().events.iter().map(short).collect()
    }
}

async fn receive(
    State(endpoint): State<Endpoint>,
    headers: HeaderMap,
    Json(events): Json<Value>,
) -> Response {
    let mut inner = endpoint.inner();
    if headers["aeg-event-type"] == "SubscriptionValidation" {
        let code = if inner.refuse_handshake {
            json!("odd")
        } else {
            events[0]["data"]["validationCode"].clone()
        };
        return Json(json!({ "validationResponse": code })).into_response();
    }
    let status = if inner.answers.is_empty() {
        200
    } else {
        inner.answers.remove(0)
    };
    if status == 200 {
        assert_eq!(events.as_array().unwrap().len(), 1);
        inner.events.push(events[0].clone());
        inner.headers.push(headers);
    }
    StatusCode::from_u16(status).unwrap().into_response()
}

fn subscription(url: &str, types: &[&str]) -> EventSubscription {
    EventSubscription {
        name: "mirror".to_owned(),
        account: Some("primary".to_owned()),
        endpoint: url.parse().unwrap(),
        event_types: types.iter().map(|name| (*name).to_owned()).collect(),
    }
}

const WRITES: &str = "Microsoft.Resources.ResourceWriteSuccess";
const DELETES: &str = "Microsoft.Resources.ResourceDeleteSuccess";

async fn subscribed(types: &[&str]) -> (Sim, Endpoint) {
    let sim = Sim::start().await;
    let (endpoint, url) = Endpoint::start().await;
    sim.subscribe(subscription(&url, types)).await.unwrap();
    (sim, endpoint)
}

async fn delivered(sim: &Sim) {
    sim.wait_delivered(Duration::from_secs(20)).await.unwrap();
}

#[tokio::test]
async fn a_change_raises_the_resource_managers_event() {
    let (sim, endpoint) = subscribed(&[WRITES, DELETES]).await;
    sim.put("assets/a", json!({})).await;
    sim.get("assets/a").await;
    sim.put_in("secondary", "assets/a", json!({})).await;
    sim.put("assets/bad.name", json!({})).await;
    sim.post("assets/a/listStreamingLocators").await;
    delivered(&sim).await;
    sim.delete("assets/a").await;
    delivered(&sim).await;
    assert_eq!(
        endpoint.taken(),
        [
            "ResourceWriteSuccess assets/a",
            "ResourceDeleteSuccess assets/a"
        ]
    );

    let (events, headers) = (endpoint.events(), endpoint.headers());
    let event = &events[0];
    let id = "/subscriptions/s-1/resourceGroups/g/providers/Microsoft.Media/mediaservices/primary/assets/a";
    assert_eq!(
        (&event["subject"], &event["data"]["resourceUri"]),
        (&json!(id), &json!(id))
    );
    assert_eq!(event["topic"], "/subscriptions/s-1/resourceGroups/g");
    assert_eq!(
        (&event["dataVersion"], &event["metadataVersion"]),
        (&json!("2"), &json!("1"))
    );
    assert_eq!(
        event["data"]["operationName"],
        "Microsoft.Media/mediaservices/assets/write"
    );
    assert_eq!(event["data"]["resourceProvider"], "Microsoft.Media");
    assert_eq!(event["data"]["status"], "Succeeded");
    assert_eq!(event["data"].get("httpRequest"), None);
    assert_eq!(events[1]["data"]["httpRequest"]["method"], "DELETE");
    assert_eq!(headers[0]["aeg-event-type"], "Notification");
    assert_eq!(headers[0]["aeg-subscription-name"], "MIRROR");
    sim.stop().await;
}

#[tokio::test]
async fn actions_and_failures_have_events_of_their_own() {
    let (sim, endpoint) = subscribed(&[]).await;
    sim.put("assets/bad.name", json!({})).await;
    delivered(&sim).await;
    sim.post("streamingLocators/l/listContentKeys").await;
    delivered(&sim).await;
    assert_eq!(
        endpoint.taken(),
        [
            "ResourceWriteFailure assets/bad.name",
            "ResourceActionFailure streamingLocators/l"
        ]
    );
    let operation = endpoint.inner().events[1]["data"]["operationName"].clone();
    assert_eq!(
        operation,
        "Microsoft.Media/mediaservices/streamingLocators/listContentKeys/action"
    );
    sim.stop().await;
}

#[tokio::test]
async fn a_job_raises_the_events_of_the_accounts_own_topic() {
    let (sim, endpoint) = subscribed(&[
        "Microsoft.Media.JobFinished",
        "Microsoft.Media.JobOutputFinished",
    ])
    .await;
    sim.put("assets/out", json!({})).await;
    sim.put("transforms/t", json!({ "outputs": [{ "preset": { "@odata.type": "#Microsoft.Media.BuiltInStandardEncoderPreset" } }] })).await;
    let output = json!({ "@odata.type": "#Microsoft.Media.JobOutputAsset", "assetName": "out" });
    let job = json!({ "input": {}, "outputs": [output], "correlationData": { "film": "7" } });
    assert_eq!(sim.put("transforms/t/jobs/j", job).await.status, 201);
    delivered(&sim).await;
    let mut taken = endpoint.taken();
    taken.sort();
    assert_eq!(taken, ["JobFinished jobs/j", "JobOutputFinished jobs/j"]);
    let events = endpoint.events();
    let finished = events
        .iter()
        .find(|event| event["eventType"] == "Microsoft.Media.JobFinished")
        .unwrap();
    assert_eq!(finished["subject"], "transforms/t/jobs/j");
    assert_eq!(
        finished["topic"],
        "/subscriptions/s-1/resourceGroups/g/providers/Microsoft.Media/mediaservices/primary"
    );
    assert_eq!(finished["dataVersion"], "1.0");
    assert_eq!(
        finished["data"],
        json!({
            "previousState": "Processing",
            "state": "Finished",
            "correlationData": { "film": "7" },
            "outputs": [{
                "@odata.type": "#Microsoft.Media.JobOutputAsset",
                "assetName": "out",
                "error": null,
                "label": "BuiltInStandardEncoderPreset_0",
                "progress": 100,
                "state": "Finished",
            }],
        })
    );
    sim.stop().await;
}

#[tokio::test]
async fn a_subscription_is_made_only_after_the_handshake() {
    let sim = Sim::start().await;
    let (endpoint, url) = Endpoint::start().await;
    endpoint.inner().refuse_handshake = true;
    let refused = sim
        .subscribe(subscription(&url, &[]))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("validation code") && !refused.contains("SECRET"),
        "{refused}"
    );
    assert!(sim.subscriptions().is_empty());

    let nobody = sim
        .subscribe(subscription("http://127.0.0.1:1/?code=SECRET", &[]))
        .await
        .unwrap_err();
    assert!(!format!("{nobody:#}").contains("SECRET"), "{nobody:#}");

    endpoint.inner().refuse_handshake = false;
    let body = json!({ "name": "n", "endpoint": url });
    let subscriptions = format!("{}/_sim/subscriptions", sim.base());
    assert_eq!(
        sim.send("POST", &subscriptions, Some(body))
            .await
            .unwrap()
            .status,
        201
    );
    let listed = sim.send("GET", &subscriptions, None).await.unwrap().body;
    assert_eq!(listed[0]["name"], "n");
    assert!(!listed.to_string().contains("SECRET"), "{listed}");
    sim.stop().await;
}

#[tokio::test]
async fn a_delivery_is_tried_again_until_it_is_taken_or_refused() {
    let (sim, endpoint) = subscribed(&[WRITES]).await;
    sim.change_settings(|settings| settings.delivery.time_scale = 0.0005);
    endpoint.inner().answers = vec![500, 404, 503];
    sim.put("assets/a", json!({})).await;
    delivered(&sim).await;
    endpoint.inner().answers = vec![401];
    sim.put("assets/b", json!({})).await;
    delivered(&sim).await;
    let states: Vec<_> = sim
        .deliveries()
        .into_iter()
        .map(|one| (one.state, one.attempts, one.status.unwrap()))
        .collect();
    assert_eq!(
        states,
        [
            (DeliveryState::Delivered, 4, 200),
            (DeliveryState::Dropped, 1, 401)
        ]
    );
    assert_eq!(endpoint.taken(), ["ResourceWriteSuccess assets/a"]);
    assert_eq!(endpoint.inner().headers[0]["aeg-delivery-count"], "3");
    sim.stop().await;
}

#[tokio::test]
async fn deliveries_can_be_lost_doubled_and_shuffled() {
    let (sim, endpoint) = subscribed(&[WRITES]).await;
    sim.change_settings(|settings| settings.delivery.lose = 1);
    sim.put("assets/lost", json!({})).await;
    sim.change_settings(|settings| settings.delivery.duplicate = 1);
    sim.put("assets/twice", json!({})).await;
    delivered(&sim).await;
    assert_eq!(endpoint.taken(), ["ResourceWriteSuccess assets/twice"; 2]);
    assert_eq!(sim.deliveries()[0].state, DeliveryState::Lost);
    assert_eq!(sim.settings().delivery.lose, 0);

    sim.change_settings(|settings| {
        settings.delivery.duplicate = 0;
        settings.delivery.reorder = 20;
    });
    endpoint.inner().events.clear();
    let names: Vec<String> = (10..30)
        .map(|at| format!("ResourceWriteSuccess assets/n{at}"))
        .collect();
    for at in 10..30 {
        sim.put(&format!("assets/n{at}"), json!({})).await;
    }
    delivered(&sim).await;
    let taken = endpoint.taken();
    let mut sorted = taken.clone();
    sorted.sort();
    assert_eq!(sorted, names);
    assert_ne!(
        taken, names,
        "one chance in 20! that a shuffle changes nothing"
    );
    sim.stop().await;
}

#[tokio::test]
async fn deliveries_can_be_paused() {
    let (sim, endpoint) = subscribed(&[WRITES]).await;
    sim.change_settings(|settings| settings.delivery.paused = true);
    sim.put("assets/a", json!({})).await;
    assert!(sim.wait_delivered(Duration::from_millis(50)).await.is_err());
    assert!(endpoint.taken().is_empty());
    let patch = json!({ "delivery": { "paused": false } });
    sim.send(
        "PATCH",
        &format!("{}/_sim/settings", sim.base()),
        Some(patch),
    )
    .await
    .unwrap();
    delivered(&sim).await;
    assert_eq!(endpoint.taken(), ["ResourceWriteSuccess assets/a"]);
    sim.stop().await;
}

#[tokio::test]
async fn everything_can_be_delivered_again_in_another_order() {
    let (sim, endpoint) = subscribed(&[WRITES, DELETES]).await;
    for name in ["a", "b", "c"] {
        sim.put(&format!("assets/{name}"), json!({})).await;
        delivered(&sim).await;
    }
    assert_eq!(sim.redeliver(RedeliveryOrder::Reversed).await, 3);
    let names = |taken: Vec<String>| {
        taken
            .iter()
            .map(|one| one.chars().last().unwrap())
            .collect::<String>()
    };
    assert_eq!(names(endpoint.taken()), "abccba");
    let over_http = sim
        .send(
            "POST",
            &format!("{}/_sim/deliveries/repeat?order=same", sim.base()),
            None,
        )
        .await
        .unwrap();
    assert_eq!(
        over_http.body,
        json!({ "taken": 3 }),
        "repetitions are not repeated"
    );
    assert_eq!(names(endpoint.taken()), "abccbaabc");
    sim.clear_deliveries();
    assert!(sim.deliveries().is_empty());
    sim.stop().await;
}
