//! The ten traps that matter most, one test each (two where the trap has two halves).

use std::time::{Duration, Instant};

use functions_host::{HostEvent, Level};
use serde_json::{Value, json};

use crate::app::{App, DEADLINE, ended, event, idle, levels};

/// 1. An empty 2xx never completes: the invocation fails at functionTimeout and the handler is killed.
#[tokio::test]
async fn an_empty_success_hangs_until_the_handler_is_killed() {
    let mut app = App::new();
    app.queue_function("Work");
    app.replies("/Work", json!([{"headers": {}, "body": ""}, {}]));
    app.options.timings.function_timeout = Some(Duration::from_secs(2));
    app.options.timings.timeout_grace = Duration::from_millis(300);
    app.put("jobs", "x").await;
    let host = app.start().await;
    let mut events = host.subscribe();
    let warned = event(&mut events, |event| match event {
        HostEvent::Line(line) if line.text.contains("empty body") => Some(line),
        HostEvent::Finished(invocation) => panic!("ended before the warning: {invocation:?}"),
        _ => None,
    })
    .await;
    assert_eq!(warned.level, Level::Warning);
    idle(&host).await;
    let invocations = host.invocations();
    let failure = invocations[0].failure().unwrap();
    assert!(
        failure.contains("Timeout value of 2s was exceeded by function: Functions.Work"),
        "{failure}"
    );
    assert!(invocations[0].duration.unwrap() >= Duration::from_secs(2));
    assert!(invocations.last().unwrap().succeeded());
    // The retry may have been answered by the doomed process: it has a moment of grace.
    let replaced = host
        .wait_until(DEADLINE, |_| {
            host.handler_pid().is_some() && app.recorded("start").len() == 2
        })
        .await;
    assert!(replaced, "never killed and started again");
    assert_eq!(
        levels(
            &host,
            "A function timeout has occurred. Restarting worker process"
        )
        .len(),
        1
    );
    host.stop().await;
}

/// 2. Queue text arrives JSON-encoded twice, and so do the scalars of the metadata.
#[tokio::test]
async fn queue_text_arrives_encoded_twice() {
    let mut app = App::new();
    app.queue_function("Work").put("jobs", "hello").await;
    let host = app.start().await;
    idle(&host).await;
    let requests = app.recorded("/Work");
    assert_eq!(requests.len(), 1);
    let envelope = requests[0].envelope();
    assert_eq!(envelope["Data"], json!({"q": "\"hello\""}));
    assert_eq!(envelope["Metadata"]["DequeueCount"], "1");
    let id: String = serde_json::from_str(envelope["Metadata"]["Id"].as_str().unwrap()).unwrap();
    assert!(host.invocations()[0].details.contains(&id));
    host.stop().await;
}

/// 3. Output strings are decoded, re-indented and split; an array of strings is not.
#[tokio::test]
async fn output_strings_are_mangled_and_arrays_of_strings_are_not() {
    let mut app = App::new();
    let outputs = |value: Value| json!({"body": {"Outputs": {"out": value}}});
    app.queue_function("Work");
    app.replies(
        "/Work",
        json!([
            outputs(json!("aGVsbG8=")),
            outputs(json!("{\"a\":1}")),
            outputs(json!(["{\"a\":1}", "abcd"])),
        ]),
    );
    app.host_json["extensions"] = json!({"queues": {"batchSize": 1, "newBatchThreshold": 0}});
    for text in ["1", "2", "3"] {
        app.put("jobs", text).await;
    }
    let host = app.start().await;
    idle(&host).await;
    assert_eq!(
        app.messages("out"),
        ["hello", "{\n  \"a\": 1\n}", "{\"a\":1}", "abcd"]
    );
    host.stop().await;
}

/// 4. stderr is an error, stdout is not.
#[tokio::test]
async fn stderr_lines_are_errors() {
    let mut app = App::new();
    app.queue_function("Work");
    app.replies(
        "/Work",
        json!([{"stdout": "an ordinary line", "stderr": "an innocent line\na warning line"}]),
    );
    app.put("jobs", "x").await;
    let host = app.start().await;
    let mut events = host.subscribe();
    event(&mut events, |event| {
        matches!(event, HostEvent::Line(line) if line.text == "a warning line").then_some(())
    })
    .await;
    idle(&host).await;
    let console = "Host.Function.Console".to_owned();
    assert_eq!(
        levels(&host, "an ordinary line"),
        [(Level::Information, console.clone())]
    );
    assert_eq!(
        levels(&host, "an innocent line"),
        [(Level::Error, console.clone())]
    );
    assert_eq!(levels(&host, "a warning line"), [(Level::Warning, console)]);
    host.stop().await;
}

/// 5. `Logs` of a failed answer are lost.
#[tokio::test]
async fn logs_are_dropped_on_failure() {
    let mut app = App::new();
    app.queue_function("Work");
    let body = json!({"Logs": ["noted"], "Outputs": {"out": ["sent"]}});
    app.replies(
        "/Work",
        json!([{"status": 500, "body": body}, {"body": body}]),
    );
    app.put("jobs", "x").await;
    let host = app.start().await;
    idle(&host).await;
    let [failed, succeeded] = host.invocations().try_into().unwrap();
    assert_eq!(
        failed.failure(),
        Some("Response status code does not indicate success: 500 (Internal Server Error).")
    );
    assert!(failed.logs.is_empty());
    assert_eq!(succeeded.logs, ["noted"]);
    assert_eq!(
        app.messages("out"),
        ["sent"],
        "outputs of a failed answer are not read either"
    );
    assert_eq!(
        levels(&host, "noted"),
        [(Level::Information, "Function.Work.User".to_owned())]
    );
    host.stop().await;
}

/// 6. The handler is killed, never asked to end.
#[tokio::test]
async fn the_handler_gets_no_sigterm() {
    let mut app = App::new();
    app.queue_function("Work");
    let host = app.start().await;
    assert!(host.wait_ready(DEADLINE).await);
    let pid = host.handler_pid().unwrap();
    assert!(std::path::Path::new(&format!("/proc/{pid}")).exists());
    host.stop().await;
    assert!(
        !std::path::Path::new(&format!("/proc/{pid}")).exists(),
        "still there"
    );
    assert_eq!(app.recorded("sigterm").len(), 0);
    assert_eq!(app.recorded("start").len(), 1);
}

/// 7. Top-level keys of a JSON message overwrite the metadata.
#[tokio::test]
async fn payload_keys_overwrite_metadata() {
    let mut app = App::new();
    let text = r#"{"id":"mine","DEQUEUECOUNT":99,"deep":{"id":1},"sys":"taken"}"#;
    app.queue_function("Work").put("jobs", text).await;
    let host = app.start().await;
    idle(&host).await;
    let metadata = app.recorded("/Work")[0].envelope()["Metadata"].clone();
    assert_eq!(metadata["Id"], "\"mine\"");
    assert_eq!(metadata["DequeueCount"], "\"99\"");
    assert_eq!(metadata["deep"], json!({"id": 1}));
    assert_eq!(metadata["sys"], "\"taken\"");
    host.stop().await;
}

/// 8a. Exit code 0 leaves the host without a handler.
#[tokio::test]
async fn a_handler_that_exits_with_0_is_not_restarted() {
    let mut app = App::new();
    app.queue_function("Work");
    app.replies("/Work", json!([{"exit": 0}]));
    app.host_json["extensions"] = json!({"queues": {"maxDequeueCount": 3}});
    app.put("jobs", "x").await;
    let host = app.start().await;
    idle(&host).await;
    assert_eq!(app.recorded("start").len(), 1);
    let invocations = host.invocations();
    assert_eq!(invocations.len(), 3);
    assert!(
        invocations[2]
            .failure()
            .unwrap()
            .contains("Connection refused"),
        "{:?}",
        invocations[2]
    );
    assert_eq!(app.messages("jobs-poison"), ["x"]);
    host.stop().await;
}

/// 8b. A handler that accepts connections but does not answer `GET /` holds up the start.
#[tokio::test]
async fn an_unanswered_probe_blocks_the_start() {
    let mut app = App::new();
    app.queue_function("Work");
    app.replies("/", json!([{"hang": true}]));
    app.put("jobs", "x").await;
    let host = app.start().await;
    let mut events = host.subscribe();
    event(&mut events, |event| {
        matches!(event, HostEvent::Line(line) if line.text.contains("does not answer GET /"))
            .then_some(())
    })
    .await;
    assert_eq!(host.handler_pid(), None);
    assert_eq!(app.recorded("/Work").len(), 0, "invocations wait");
    assert!(
        host.invocations()
            .iter()
            .all(|invocation| invocation.outcome.is_none())
    );
    host.stop().await;
}

/// 9a. Text that is not base64 goes to the poison queue, and the handler never sees it.
#[tokio::test]
async fn text_that_is_not_base64_is_poisoned_at_once() {
    let mut app = App::new();
    app.queue_function("Work")
        .put_raw("jobs", "{\"plain\":1}")
        .await;
    let host = app.start().await;
    idle(&host).await;
    assert_eq!(app.queues.texts("jobs-poison").unwrap(), ["{\"plain\":1}"]);
    assert!(host.invocations().is_empty());
    assert_eq!(
        levels(
            &host,
            "Message decoding has failed! Check MessageEncoding settings."
        )
        .len(),
        1
    );
    host.stop().await;
}

/// 9b. After a crash of the host a message stays hidden for up to ten minutes.
#[tokio::test]
async fn a_crashed_host_leaves_its_messages_hidden() {
    let mut app = App::new();
    app.queue_function("Work");
    app.replies("/Work", json!([{"hang": true}]));
    app.put("jobs", "x").await;
    let host = app.start().await;
    let mut events = host.subscribe();
    event(&mut events, |event| {
        matches!(event, HostEvent::Started(_)).then_some(())
    })
    .await;
    host.crash().await;
    let states = app.queues.states("jobs");
    assert_eq!(states.len(), 1);
    let (dequeues, hidden) = states[0];
    assert_eq!(dequeues, 1);
    assert!(
        hidden > Duration::from_secs(500) && hidden <= Duration::from_secs(600),
        "{hidden:?}"
    );
}

/// 10. A function timeout kills the one process, and every other invocation with it.
#[tokio::test]
async fn a_timeout_fails_every_other_invocation() {
    let mut app = App::new();
    let grid = json!([{"type": "eventGridTrigger", "direction": "in", "name": "event"}]);
    app.function("Slow", grid.clone()).function("Stuck", grid);
    app.replies("/Slow", json!([{"hang": true}]))
        .replies("/Stuck", json!([{"hang": true}]));
    app.options.timings.function_timeout = Some(Duration::from_secs(3));
    app.options.timings.timeout_grace = Duration::from_millis(50);
    let host = app.start().await;
    assert!(host.wait_ready(DEADLINE).await);
    let first = host.handler_pid();
    let post = |name: &'static str| {
        let url = format!(
            "{}/runtime/webhooks/EventGrid?functionName={name}",
            host.url()
        );
        async move {
            let client = reqwest::Client::builder()
                .tls_certs_only([])
                .build()
                .unwrap();
            let request = client
                .post(url)
                .header("aeg-event-type", "Notification")
                .body("[{\"id\":\"1\"}]");
            request.send().await.unwrap().status().as_u16()
        }
    };
    let started = Instant::now();
    let second = async {
        // Late enough that its own timeout cannot be what ends it.
        assert!(
            host.wait_until(DEADLINE, |all| all.iter().any(|i| i.function == "Stuck"))
                .await
        );
        tokio::time::sleep(Duration::from_secs(2)).await;
        post("Slow").await
    };
    let (stuck, slow) = tokio::join!(post("Stuck"), second);
    assert_eq!((stuck, slow), (500, 500));
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "the second one had two more seconds to go"
    );
    ended(&host, 2).await;
    let invocations = host.invocations();
    let slow = invocations
        .iter()
        .find(|invocation| invocation.function == "Slow")
        .unwrap();
    assert!(
        slow.failure()
            .unwrap()
            .contains("An error occurred while sending the request"),
        "{slow:?}"
    );
    let replaced = host
        .wait_until(DEADLINE, |_| {
            host.handler_pid().is_some_and(|pid| Some(pid) != first)
        })
        .await;
    assert!(replaced, "the same process is still there");
    host.stop().await;
}
