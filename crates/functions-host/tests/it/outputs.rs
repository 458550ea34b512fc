//! Requests, replies and outputs beyond the traps.

use serde_json::{Value, json};

use crate::app::{App, idle, levels};

#[tokio::test]
async fn the_request_has_the_hosts_headers_and_a_chunked_body() {
    let mut app = App::new();
    app.queue_function("Work").put("jobs", "x").await;
    let host = app.start().await;
    idle(&host).await;
    let request = app.recorded("/Work").remove(0);
    assert_eq!(request.0["method"], "POST");
    assert_eq!(
        request.header("x-azure-functions-invocationid"),
        Some(host.invocations()[0].id.to_string().as_str())
    );
    let version = request.header("x-azure-functions-hostversion").unwrap();
    assert_eq!(
        request.header("user-agent"),
        Some(format!("Azure-Functions-Host/{version}").as_str())
    );
    assert_eq!(
        request.header("content-type"),
        Some("application/json; charset=utf-8")
    );
    assert_eq!(request.header("transfer-encoding"), Some("chunked"));
    assert_eq!(request.header("content-length"), None);
    let trace = request.header("traceparent").unwrap();
    assert!(
        trace.starts_with("00-") && trace.ends_with("-00") && trace.len() == 55,
        "{trace}"
    );
    assert_eq!(request.envelope()["Metadata"]["sys"]["MethodName"], "Work");
    host.stop().await;
}

#[tokio::test]
async fn redirects_are_followed_with_get() {
    let mut app = App::new();
    app.queue_function("Work");
    app.replies(
        "/Work",
        json!([{"status": 302, "headers": {"location": "/elsewhere"}, "body": ""}]),
    );
    app.put("jobs", "x").await;
    let host = app.start().await;
    idle(&host).await;
    assert!(host.invocations()[0].succeeded());
    let request = app.recorded("/elsewhere").remove(0);
    assert_eq!(
        (&request.0["method"], &request.0["body"]),
        (&json!("GET"), &json!(""))
    );
    host.stop().await;
}

#[tokio::test]
async fn replies_of_the_wrong_type_or_shape_fail() {
    let mut app = App::new();
    app.queue_function("Work");
    app.replies(
        "/Work",
        json!([
            {"headers": {"content-type": "text/plain"}},
            {"body": "Hello World"},
            {"body": {"Outputs": {"out": "{broken}"}}},
            {"body": {"OUTPUTS": {"out": ["good"], "Out": ["lost"]}, "ReturnValue": 1}, "chunked": true}
        ]),
    );
    app.put("jobs", "x").await;
    let host = app.start().await;
    idle(&host).await;
    let failures: Vec<String> = host
        .invocations()
        .iter()
        .filter_map(|invocation| invocation.failure().map(str::to_owned))
        .collect();
    assert_eq!(failures.len(), 3, "{failures:#?}");
    assert!(
        failures[0].starts_with("Invalid HttpResponseMessage:")
            && failures[0].contains("text/plain")
    );
    assert!(
        failures[1].starts_with("Invalid HttpResponseMessage:")
            && failures[1].contains("Hello World")
    );
    assert!(failures[2].contains("looks like JSON"));
    assert_eq!(app.messages("out"), ["good"]);
    assert_eq!(levels(&host, "no output binding \"Out\"").len(), 1);
    assert_eq!(levels(&host, "no output binding $return").len(), 1);
    host.stop().await;
}

#[tokio::test]
async fn what_was_sent_before_a_failure_stays_sent() {
    let mut app = App::new();
    let out = |name: &str, queue: &str| json!({"type": "queue", "direction": "out", "name": name, "queueName": queue});
    app.function(
        "Work",
        json!([
            {"type": "queueTrigger", "direction": "in", "name": "q", "queueName": "jobs", "dataType": "binary"},
            out("good", "good-%SUFFIX%"), out("bad", "bad"), out("$return", "returned")
        ]),
    );
    app.env("SUFFIX", "One");
    let outputs = |bad: Value| json!({"body": {"Outputs": {"good": ["x"], "bad": bad}, "ReturnValue": ["r"]}});
    app.replies(
        "/Work",
        json!([outputs(json!("{broken}")), outputs(json!(null))]),
    );
    app.put("jobs", "{\"id\":1}").await;
    let host = app.start().await;
    idle(&host).await;
    let envelope = app.recorded("/Work").remove(0).envelope();
    assert_eq!(
        envelope["Data"],
        json!({"q": "eyJpZCI6MX0="}),
        "binary is encoded once"
    );
    assert_eq!(host.invocations().len(), 2);
    assert_eq!(
        app.messages("good-one"),
        ["x", "x"],
        "sent by both, and the name in lower case"
    );
    assert_eq!(app.messages("returned"), ["r", "r"]);
    assert_eq!(app.queues.texts("bad"), None);
    host.stop().await;
}

#[tokio::test]
async fn a_queue_name_may_be_bound_from_the_metadata() {
    let mut app = App::new();
    app.function(
        "Work",
        json!([
            {"type": "queueTrigger", "direction": "in", "name": "q", "queueName": "jobs"},
            {"type": "queue", "direction": "out", "name": "out", "queueName": "to-{where.region}"}
        ]),
    );
    app.replies("/Work", json!([{"body": {"Outputs": {"out": ["x"]}}}]));
    app.host_json["extensions"] = json!({"queues": {"messageEncoding": "none"}});
    app.put_raw("jobs", r#"{"where":{"region":"West"}}"#).await;
    let host = app.start().await;
    idle(&host).await;
    assert_eq!(
        app.queues.texts("to-west").unwrap(),
        ["x"],
        "and not encoded, as host.json says"
    );
    host.stop().await;
}
