//! The HTTP front: default mode, proxy mode, and the admin endpoints.

use functions_host::Host;
use futures::StreamExt as _;
use serde_json::{Value, json};

use crate::app::{App, DEADLINE};

fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .tls_certs_only([])
        .build()
        .unwrap()
}

async fn status_of(host: &Host, path: &str) -> u16 {
    client()
        .get(format!("{}{path}", host.url()))
        .send()
        .await
        .unwrap()
        .status()
        .as_u16()
}

fn http(name: &str, trigger: Value) -> (String, Value) {
    let mut binding =
        json!({"type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous"});
    binding
        .as_object_mut()
        .unwrap()
        .extend(trigger.as_object().unwrap().clone());
    (
        name.to_owned(),
        json!([binding, {"type": "http", "direction": "out", "name": "res"}]),
    )
}

fn chunked(text: &'static str) -> reqwest::Body {
    let parts = [text].map(Ok::<_, std::convert::Infallible>);
    reqwest::Body::wrap_stream(futures::stream::iter(parts))
}

#[tokio::test]
async fn default_mode_wraps_the_request_and_unwraps_the_response() {
    let mut app = App::new();
    let (name, bindings) = http(
        "Order",
        json!({"route": "orders/{id:int}", "methods": ["post"]}),
    );
    app.function(&name, bindings);
    let response =
        json!({"statusCode": 201, "headers": {"x-from": "handler"}, "body": {"ok": true}});
    app.replies("/Order", json!([{"body": {"Outputs": {"res": response}}}, {"body": {"Outputs": {}}}, {}, {"status": 500}]));
    let host = app.start().await;
    let url = format!("{}/API/orders/7?x=1&code=secret", host.url());
    let post = || {
        client()
            .post(&url)
            .header("content-type", "application/json")
    };
    let answer = post().body("{\"name\":\"n\"}").send().await.unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.headers()["x-from"], "handler");
    assert_eq!(
        answer.headers()["content-type"],
        "application/json; charset=utf-8"
    );
    assert_eq!(answer.text().await.unwrap(), r#"{"ok":true}"#);
    let envelope = app.recorded("/Order").remove(0).envelope();
    let request = &envelope["Data"]["req"];
    assert_eq!(request["Method"], "POST");
    assert_eq!(request["Url"], url);
    assert_eq!(request["Params"], json!({"id": "7"}));
    assert_eq!(
        request["Headers"]["Content-Type"],
        json!(["application/json"])
    );
    assert_eq!(request["Body"], "{\"name\":\"n\"}");
    let metadata = &envelope["Metadata"];
    assert_eq!(
        (&metadata["name"], &metadata["x"], &metadata["id"]),
        (&json!("\"n\""), &json!("\"1\""), &json!("\"7\""))
    );
    assert!(metadata.get("code").is_none());

    let answer = post().body(chunked("lost")).send().await.unwrap();
    assert_eq!(
        (
            answer.status().as_u16(),
            answer.text().await.unwrap().as_str()
        ),
        (200, "{}")
    );
    let request = app.recorded("/Order").remove(1).envelope()["Data"]["req"].clone();
    assert!(request.get("Body").is_none(), "a chunked body is lost");
    let answer = post().body("x").send().await.unwrap();
    assert_eq!(
        (
            answer.status().as_u16(),
            answer.text().await.unwrap().as_str()
        ),
        (200, ""),
        "no Outputs at all"
    );
    assert_eq!(post().body("x").send().await.unwrap().status(), 500);

    assert_eq!(status_of(&host, "/api/orders/7").await, 404, "wrong method");
    assert_eq!(
        status_of(&host, "/api/Order").await,
        404,
        "the route replaces the name"
    );
    assert_eq!(status_of(&host, "/orders/7").await, 404, "no prefix");
    assert_eq!(status_of(&host, "/").await, 404);
    host.stop().await;
}

#[tokio::test]
async fn proxy_mode_hands_the_request_through() {
    let mut app = App::new();
    let (name, bindings) = http("Hook", json!({}));
    app.function(&name, bindings);
    app.host_json["customHandler"]["enableProxyingHttpRequest"] = json!(true);
    let headers = json!({"content-type": "text/plain", "x-from": "handler"});
    app.replies(
        "/api/Hook",
        json!([{"status": 418, "echo": true, "chunked": true, "headers": headers}, {"exit": 7}]),
    );
    let host = app.start().await;
    let url = format!("{}/api/Hook?x=1", host.url());
    let request = client()
        .put(&url)
        .header("x-caller", "me")
        .header("x-azure-functions-invocationid", "forged");
    let answer = request
        .body(chunked("a chunked body"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 418);
    assert_eq!(answer.headers()["x-from"], "handler");
    let mut stream = answer.bytes_stream();
    let mut text = Vec::new();
    while let Some(part) = stream.next().await {
        text.extend_from_slice(&part.unwrap());
    }
    assert_eq!(text, b"a chunked body");
    let recorded = app.recorded("/api/Hook").remove(0);
    let invocation = host.invocations().remove(0);
    assert!(invocation.succeeded(), "any status is a success");
    assert_eq!(
        (&recorded.0["method"], &recorded.0["uri"]),
        (&json!("PUT"), &json!("/api/Hook?x=1"))
    );
    assert_eq!(recorded.header("x-caller"), Some("me"));
    assert_eq!(
        recorded.header("host"),
        Some(host.url().trim_start_matches("http://"))
    );
    assert_eq!(
        recorded.header("x-azure-functions-invocationid"),
        Some(invocation.id.to_string().as_str())
    );
    assert_eq!(
        recorded.header("x-ms-invocation-id"),
        Some(invocation.id.to_string().as_str())
    );

    assert_eq!(
        client().get(&url).send().await.unwrap().status(),
        502,
        "the handler died over it"
    );
    assert!(host.invocations()[1].failure().is_some());
    host.stop().await;
}

#[tokio::test]
async fn a_function_with_more_bindings_is_not_proxied() {
    let mut app = App::new();
    let (name, mut bindings) = http("Hook", json!({}));
    let queue = json!({"type": "queue", "direction": "out", "name": "out", "queueName": "out"});
    bindings.as_array_mut().unwrap().push(queue);
    app.function(&name, bindings);
    app.host_json["customHandler"]["enableProxyingHttpRequest"] = json!(true);
    app.host_json["extensions"] = json!({"http": {"routePrefix": ""}});
    app.replies(
        "/Hook",
        json!([{"body": {"Outputs": {"out": ["x"], "res": {"body": "done"}}}}]),
    );
    let host = app.start().await;
    let answer = client()
        .get(format!("{}/hook", host.url()))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.text().await.unwrap(), "done");
    assert_eq!(app.messages("out"), ["x"]);
    host.stop().await;
}

#[tokio::test]
async fn the_admin_endpoints_answer() {
    let mut app = App::new();
    app.queue_function("Work");
    app.function(
        "OnEvent",
        json!([{"type": "eventGridTrigger", "direction": "in", "name": "event"}]),
    );
    let host = app.start().await;
    assert!(host.wait_ready(DEADLINE).await);
    let get = |path: &str| {
        let url = format!("{}{path}", host.url());
        async move {
            client()
                .get(url)
                .send()
                .await
                .unwrap()
                .bytes()
                .await
                .unwrap()
        }
    };
    let functions: Value = serde_json::from_slice(&get("/admin/functions").await).unwrap();
    assert_eq!(functions[1]["name"], "Work");
    let status: Value = serde_json::from_slice(&get("/admin/host/status").await).unwrap();
    assert_eq!(
        (&status["state"], &status["processId"]),
        (&json!("Running"), &json!(host.handler_pid()))
    );
    let before = app.recorded("/").len();
    assert_eq!(status_of(&host, "/admin/host/ping").await, 200);
    assert_eq!(
        app.recorded("/").len(),
        before + 1,
        "a health ping is GET /"
    );

    let invoke = |name: &str, input: &str| {
        let request = client().post(format!("{}/admin/functions/{name}", host.url()));
        let body = json!({"input": input}).to_string();
        async move { request.body(body).send().await.unwrap().status().as_u16() }
    };
    assert_eq!(invoke("work", "by hand").await, 202);
    assert_eq!(invoke("OnEvent", "{\"id\":\"1\"}").await, 202);
    assert_eq!(invoke("Nobody", "x").await, 404);
    assert!(
        host.wait_until(DEADLINE, |all| all
            .iter()
            .filter(|invocation| invocation.succeeded())
            .count()
            == 2)
            .await
    );
    let envelope = app.recorded("/Work").remove(0).envelope();
    assert_eq!(envelope["Data"]["q"], "\"by hand\"");
    assert!(
        envelope["Metadata"].get("Id").is_none(),
        "no message, no ID"
    );
    assert_eq!(
        app.recorded("/OnEvent")[0].envelope()["Data"]["event"],
        json!({"id": "1"})
    );
    host.stop().await;
}
