//! The queue loop.

use std::time::{Duration, Instant};

use functions_host::{HostEvent, QueueService as _};
use serde_json::json;

use crate::app::{App, DEADLINE, event, idle};

#[tokio::test]
async fn a_message_that_fails_too_often_is_poisoned() {
    let mut app = App::new();
    app.queue_function("Work");
    app.replies("/Work", json!([{"status": 500}]));
    app.put("jobs", "bad").await;
    let host = app.start().await;
    let mut events = host.subscribe();
    let poisoned = event(&mut events, |event| match event {
        HostEvent::Poisoned {
            queue,
            poison_queue,
            ..
        } => Some((queue, poison_queue)),
        _ => None,
    })
    .await;
    assert_eq!(poisoned, ("jobs".to_owned(), "jobs-poison".to_owned()));
    idle(&host).await;
    let counts: Vec<String> = app
        .recorded("/Work")
        .iter()
        .map(|request| {
            request.envelope()["Metadata"]["DequeueCount"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(counts, ["1", "2", "3", "4", "5"]);
    assert_eq!(app.messages("jobs-poison"), ["bad"]);
    assert_eq!(app.queues.states("jobs-poison")[0].0, 0, "a new message");
    host.stop().await;
}

#[tokio::test]
async fn a_poison_queue_has_none_of_its_own() {
    let mut app = App::new();
    app.function(
        "Work",
        json!([{"type": "queueTrigger", "direction": "in", "name": "q", "queueName": "jobs-poison"}]),
    );
    app.replies("/Work", json!([{"status": 500}]));
    app.host_json["extensions"] = json!({"queues": {"maxDequeueCount": 2}});
    app.put("jobs-poison", "bad").await;
    let host = app.start().await;
    assert!(
        host.wait_until(DEADLINE, |all| all
            .iter()
            .filter(|i| i.outcome.is_some())
            .count()
            == 2)
            .await
    );
    // The last failure leaves the message as it is: hidden, for the rest of its ten minutes.
    let hidden = app.queues.states("jobs-poison")[0].1;
    assert!(hidden > Duration::from_secs(500), "{hidden:?}");
    assert_eq!(app.queues.texts("jobs-poison-poison"), None);
    host.stop().await;
}

#[tokio::test]
async fn a_failed_message_waits_for_the_visibility_timeout() {
    let mut app = App::new();
    app.queue_function("Work");
    app.replies("/Work", json!([{"status": 500}, {}]));
    app.host_json["extensions"] = json!({"queues": {"visibilityTimeout": "00:00:01"}});
    app.put("jobs", "x").await;
    let host = app.start().await;
    idle(&host).await;
    let [first, second] = host.invocations().try_into().unwrap();
    let pause = second.started - first.started;
    assert!(pause >= Duration::from_secs(1), "{pause}");
    host.stop().await;
}

#[tokio::test]
async fn a_long_run_keeps_its_message_hidden() {
    let mut app = App::new();
    app.queue_function("Work");
    app.replies("/Work", json!([{"delay_ms": 3_000}]));
    app.options.timings.message_visibility = Duration::from_millis(1_000);
    app.options.timings.visibility_renewal = Duration::from_millis(200);
    app.put("jobs", "x").await;
    let host = app.start().await;
    idle(&host).await;
    assert_eq!(host.invocations().len(), 1, "received a second time");
    assert!(host.invocations()[0].succeeded());
    host.stop().await;
}

#[tokio::test]
async fn no_more_run_at_once_than_batch_and_threshold_allow() {
    let mut app = App::new();
    app.queue_function("Work");
    app.replies("/Work", json!([{"delay_ms": 100}]));
    app.host_json["extensions"] = json!({"queues": {"batchSize": 2, "newBatchThreshold": 1}});
    for number in 0..9 {
        app.put("jobs", &number.to_string()).await;
    }
    let host = app.start().await;
    let mut most = 0;
    let done = host
        .wait_until(DEADLINE, |all| {
            most = most.max(
                all.iter()
                    .filter(|invocation| invocation.outcome.is_none())
                    .count(),
            );
            all.iter()
                .filter(|invocation| invocation.succeeded())
                .count()
                == 9
        })
        .await;
    assert!(done);
    assert!((2..=3).contains(&most), "{most} at once");
    host.stop().await;
}

#[tokio::test]
async fn an_output_wakes_the_listener_of_its_queue() {
    let mut app = App::new();
    app.queue_function("First");
    app.replies("/First", json!([{"body": {"Outputs": {"out": ["x"]}}}]));
    app.function(
        "Second",
        json!([{"type": "queueTrigger", "direction": "in", "name": "q", "queueName": "out"}]),
    );
    // Once it has looked in vain, a listener would sleep for an hour.
    app.options.timings.poll_min = Duration::from_secs(3_600);
    app.queues.create("out").await.unwrap();
    app.put("jobs", "x").await;
    let started = Instant::now();
    let host = app.start().await;
    assert!(
        host.wait_until(DEADLINE, |all| all
            .iter()
            .any(|i| i.function == "Second" && i.succeeded()))
            .await
    );
    assert!(started.elapsed() < DEADLINE);
    host.stop().await;
}

#[tokio::test]
async fn bytes_that_are_no_text_fail_without_reaching_the_handler() {
    let mut app = App::new();
    app.queue_function("Work");
    app.put_raw("jobs", &azure_core::base64::encode([0xff, 0xfe]))
        .await;
    let host = app.start().await;
    idle(&host).await;
    assert_eq!(host.invocations().len(), 5);
    assert!(
        host.invocations()[0]
            .failure()
            .unwrap()
            .contains("not valid UTF-8")
    );
    assert_eq!(app.recorded("/Work").len(), 0);
    assert_eq!(app.queues.count("jobs-poison").await.unwrap(), 1);
    host.stop().await;
}

#[tokio::test]
async fn a_disabled_function_does_not_listen() {
    let mut app = App::new();
    app.queue_function("Work").function(
        "Other",
        json!([{"type": "queueTrigger", "direction": "in", "name": "q", "queueName": "other"}]),
    );
    app.env("AzureWebJobs.Work.Disabled", "true");
    app.put("jobs", "x").await;
    app.put("other", "x").await;
    let host = app.start().await;
    assert!(
        host.wait_until(DEADLINE, |all| all
            .iter()
            .any(|i| i.function == "Other" && i.succeeded()))
            .await
    );
    assert!(
        !host.wait_idle(Duration::from_millis(300)).await.unwrap(),
        "the message of the disabled one stays"
    );
    assert_eq!(app.queues.states("jobs")[0].0, 0);
    host.stop().await;
}
