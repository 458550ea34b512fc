//! How the process is started, and what its end means.

use std::time::Duration;

use functions_host::{HostEvent, Level};
use serde_json::json;

use crate::app::{App, DEADLINE, event, idle, levels};

#[tokio::test]
async fn the_child_sees_its_settings_and_nothing_else() {
    let mut app = App::new();
    app.queue_function("Work");
    app.env("COLOUR", "blue").env("WHERE", "there");
    let description = &mut app.host_json["customHandler"]["description"];
    description["arguments"] = json!([
        "--colour",
        "%COLOUR%",
        "--unset=%UNSET%",
        "two words",
        "\"one word\""
    ]);
    description["workingDirectory"] = json!("Work");
    app.env(
        "AzureFunctionsJobHost__customHandler__description__workerArguments",
        r#"["last"]"#,
    );
    let host = app.start().await;
    assert!(host.wait_ready(DEADLINE).await);
    let start = app.recorded("start").remove(0).0;
    let env = start["env"].as_object().unwrap();
    assert_eq!(env["COLOUR"], "blue");
    assert_eq!(
        env["FUNCTIONS_CUSTOMHANDLER_PORT"],
        env["FUNCTIONS_HTTPWORKER_PORT"]
    );
    assert_eq!(
        env["FUNCTIONS_CUSTOMHANDLER_WORKER_ID"],
        env["FUNCTIONS_HTTPWORKER_ID"]
    );
    assert_eq!(
        env["FUNCTIONS_APP_ROOT_PATH"],
        app.path("").to_str().unwrap().trim_end_matches('/')
    );
    assert!(
        !env.contains_key("CARGO_MANIFEST_DIR"),
        "the child inherits nothing of its own accord"
    );
    let arguments: Vec<&str> = start["args"]
        .as_array()
        .unwrap()
        .iter()
        .skip(1)
        .map(|a| a.as_str().unwrap())
        .collect();
    assert_eq!(
        arguments,
        [
            "--colour", "blue", "--unset=", "two", "words", "one word", "last"
        ]
    );
    assert_eq!(start["cwd"], app.path("Work").to_str().unwrap());
    host.stop().await;
}

#[tokio::test]
async fn exit_code_200_asks_for_a_restart_and_is_not_counted() {
    let mut app = App::new();
    app.queue_function("Work");
    app.env(
        "TEST_STARTS",
        r#"[{"exit":200},{"exit":200},{"exit":200},{"exit":200}]"#,
    );
    app.put("jobs", "x").await;
    let host = app.start().await;
    idle(&host).await;
    let starts = app.recorded("start");
    assert_eq!(starts.len(), 5);
    let port = |at: usize| starts[at].0["env"]["FUNCTIONS_CUSTOMHANDLER_PORT"].clone();
    let worker = |at: usize| starts[at].0["env"]["FUNCTIONS_CUSTOMHANDLER_WORKER_ID"].clone();
    assert_eq!(port(0), port(4), "the port stays");
    assert_ne!(worker(0), worker(4), "the worker ID does not");
    assert!(host.invocations()[0].succeeded(), "the invocation waited");
    host.stop().await;
}

#[tokio::test]
async fn the_third_crash_stops_the_host() {
    let mut app = App::new();
    app.queue_function("Work");
    app.env(
        "TEST_STARTS",
        r#"[{"exit":3,"stderr":"boom"},{"exit":3},{"exit":3},{"exit":3}]"#,
    );
    let host = app.start().await;
    tokio::time::timeout(DEADLINE, host.stopped())
        .await
        .unwrap();
    assert_eq!(app.recorded("start").len(), 3);
    assert_eq!(levels(&host, "exited with code 3 (0x3)").len(), 3);
    let crash = host
        .lines()
        .into_iter()
        .find(|line| line.text.contains("exited with code 3"))
        .unwrap();
    assert!(
        crash.text.ends_with("\nboom") && crash.level == Level::Error,
        "{crash:?}"
    );
    assert_eq!(
        levels(
            &host,
            "Exceeded http worker restart retry count. Shutting down Functions Host"
        )
        .len(),
        1
    );
    host.stop().await;
}

#[tokio::test]
async fn a_killed_handler_is_restarted_and_its_message_retried() {
    let mut app = App::new();
    app.queue_function("Work");
    app.replies("/Work", json!([{"hang": true}, {}]));
    app.put("jobs", "x").await;
    let host = app.start().await;
    let mut events = host.subscribe();
    assert!(host.wait_ready(DEADLINE).await);
    while app.recorded("/Work").is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let killed = host.kill_handler().await.unwrap();
    event(&mut events, |event| {
        matches!(event, HostEvent::HandlerReady { pid } if pid != killed).then_some(())
    })
    .await;
    idle(&host).await;
    let invocations = host.invocations();
    assert!(
        invocations[0]
            .failure()
            .unwrap()
            .contains("An error occurred while sending the request")
    );
    assert!(invocations.last().unwrap().succeeded());
    assert_eq!(levels(&host, "exited with code 137 (0x89)").len(), 1);
    let requests = app.recorded("/Work");
    assert_ne!(requests[0].pid(), requests[1].pid());
    assert_eq!(requests[1].envelope()["Metadata"]["DequeueCount"], "2");
    host.stop().await;
}

#[tokio::test]
async fn a_fixed_port_is_used_or_refused() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut app = App::new();
    app.queue_function("Work");
    app.host_json["customHandler"]["port"] = json!(port.to_string());
    let error = app.try_start().await.err().unwrap();
    assert!(
        error
            .to_string()
            .starts_with(&format!("Unable to bind to port {port} specified")),
        "{error}"
    );
    drop(taken);
    let mut app = App::new();
    app.queue_function("Work");
    app.host_json["customHandler"]["port"] = json!(port);
    let host = app.start().await;
    assert!(host.wait_ready(DEADLINE).await);
    assert_eq!(
        app.recorded("start")[0].0["env"]["FUNCTIONS_CUSTOMHANDLER_PORT"],
        port.to_string()
    );
    host.stop().await;
}

#[tokio::test]
async fn a_handler_that_never_listens_counts_as_crashed() {
    let mut app = App::new();
    app.queue_function("Work");
    app.host_json["customHandler"]["description"]["defaultExecutablePath"] = json!("sleep");
    app.host_json["customHandler"]["description"]["arguments"] = json!(["60"]);
    app.host_json["customHandler"]["initializationTimeout"] = json!("00:00:00.200");
    let host = app.start().await;
    tokio::time::timeout(DEADLINE, host.stopped())
        .await
        .unwrap();
    assert_eq!(levels(&host, "Initializing HttpWorker timed out.").len(), 3);
    host.stop().await;
}
