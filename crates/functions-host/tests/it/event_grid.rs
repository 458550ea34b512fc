//! Event Grid deliveries.

use serde_json::{Value, json};

use crate::app::App;

struct Grid {
    client: reqwest::Client,
    url: String,
}

impl Grid {
    fn new(host: &functions_host::Host) -> Self {
        let client = reqwest::Client::builder()
            .tls_certs_only([])
            .build()
            .unwrap();
        Self {
            client,
            url: host.url(),
        }
    }

    async fn post(&self, function: &str, kind: Option<&str>, body: &Value) -> (u16, String) {
        let url = format!(
            "{}/runtime/webhooks/EventGrid?functionName={function}&code=any",
            self.url
        );
        let mut request = self.client.post(url).body(body.to_string());
        if let Some(kind) = kind {
            request = request.header("aeg-event-type", kind);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

fn app() -> App {
    let app = App::new();
    app.function(
        "OnEvent",
        json!([{"type": "eventGridTrigger", "direction": "in", "name": "event"}]),
    );
    app
}

#[tokio::test]
async fn each_event_is_one_invocation_and_stays_an_object() {
    let mut app = app();
    let host = app.start().await;
    let grid = Grid::new(&host);
    let event = |id: &str| json!({"id": id, "eventTime": "2026-08-01T10:00:00.1234567Z", "data": {"url": "u"}});
    let delivery = json!([event("1"), event("2")]);
    assert_eq!(
        grid.post("onevent", Some("notification"), &delivery)
            .await
            .0,
        202
    );
    let requests = app.recorded("/OnEvent");
    assert_eq!(requests.len(), 2);
    let envelope = requests[0].envelope();
    assert!(envelope["Data"]["event"].is_object());
    assert_eq!(envelope["Metadata"]["data"], json!({"url": "u"}));
    let cloud = json!({"specversion": "1.0", "id": "3", "data": "text"});
    assert_eq!(
        grid.post("OnEvent", Some("Notification"), &cloud).await.0,
        202
    );
    let envelope = app.recorded("/OnEvent").remove(2).envelope();
    assert_eq!(envelope["Data"]["event"]["specversion"], "1.0");
    assert_eq!(envelope["Metadata"]["data"], "\"text\"");
    host.stop().await;
}

#[tokio::test]
async fn events_of_a_delivery_run_side_by_side() {
    let mut app = app();
    app.replies("/OnEvent", json!([{"delay_ms": 500}]));
    let host = app.start().await;
    let events: Vec<Value> = (0..4).map(|id| json!({"id": id.to_string()})).collect();
    assert_eq!(
        Grid::new(&host)
            .post("OnEvent", Some("Notification"), &Value::Array(events))
            .await
            .0,
        202
    );
    let all = host.invocations();
    let last_start = all
        .iter()
        .map(|invocation| invocation.started)
        .max()
        .unwrap();
    let first_end = all
        .iter()
        .map(|invocation| invocation.started + invocation.duration.unwrap())
        .min()
        .unwrap();
    assert!(last_start < first_end, "one after another");
    host.stop().await;
}

#[tokio::test]
async fn one_failure_fails_the_delivery() {
    let mut app = app();
    app.replies("/OnEvent", json!([{}, {"status": 400}, {}]));
    let host = app.start().await;
    let delivery = json!([{"id": "1"}, {"id": "2"}, {"id": "3"}]);
    let (status, text) = Grid::new(&host)
        .post("OnEvent", Some("Notification"), &delivery)
        .await;
    assert_eq!(status, 500);
    assert!(text.contains("400 (Bad Request)"), "{text}");
    assert_eq!(
        app.recorded("/OnEvent").len(),
        3,
        "the others ran all the same"
    );
    host.stop().await;
}

#[tokio::test]
async fn the_handshake_is_answered_without_the_handler() {
    let mut app = app();
    let host = app.start().await;
    let grid = Grid::new(&host);
    let kind = Some("SubscriptionValidation");
    let own = json!([{"data": {"validationCode": "abc"}}]);
    let answer = (200, json!({"validationResponse": "abc"}).to_string());
    assert_eq!(grid.post("OnEvent", kind, &own).await, answer);
    assert_eq!(
        grid.post(
            "OnEvent",
            kind,
            &json!({"data": "{\"validationCode\":\"abc\"}"})
        )
        .await,
        answer
    );
    assert_eq!(
        grid.post("OnEvent", Some("Unsubscribe"), &json!({}))
            .await
            .0,
        202
    );
    assert_eq!(grid.post("OnEvent", None, &json!([])).await.0, 400);
    assert_eq!(grid.post("OnEvent", Some("Other"), &json!([])).await.0, 400);
    let unknown = grid.post("Nobody", Some("Notification"), &json!([])).await;
    assert_eq!(unknown, (404, "cannot find function: 'Nobody'".to_owned()));
    assert_eq!(app.recorded("/OnEvent").len(), 0);
    host.stop().await;
}

#[tokio::test]
async fn cardinality_many_is_one_invocation_with_text() {
    let mut app = App::new();
    app.function(
        "OnEvents",
        json!([{"type": "eventGridTrigger", "direction": "in", "name": "events", "cardinality": "many"}]),
    );
    let host = app.start().await;
    let delivery = json!([{"id": "1"}, {"id": "2"}]);
    assert_eq!(
        Grid::new(&host)
            .post("OnEvents", Some("Notification"), &delivery)
            .await
            .0,
        202
    );
    let requests = app.recorded("/OnEvents");
    assert_eq!(requests.len(), 1);
    assert_eq!(
        requests[0].envelope()["Data"]["events"],
        r#"[{"id":"1"},{"id":"2"}]"#
    );
    host.stop().await;
}
