//! Timer triggers.

use functions_host::Invocation;
use serde_json::json;

use crate::app::{App, DEADLINE};

#[tokio::test]
async fn a_timer_fires_on_its_schedule_whatever_became_of_the_last_run() {
    let mut app = App::new();
    app.env("EVERY", "* * * * * *");
    app.function("Tick", json!([{"type": "timerTrigger", "direction": "in", "name": "timer", "schedule": "%EVERY%"}]));
    app.replies("/Tick", json!([{"status": 500}, {}]));
    let host = app.start().await;
    assert!(
        host.wait_until(DEADLINE, |all| all.iter().any(Invocation::succeeded))
            .await
    );
    let all = host.invocations();
    assert!(!all[0].succeeded());
    assert!(
        all[1].started - all[0].started >= std::time::Duration::from_millis(900),
        "not tried again at once"
    );
    let data = app.recorded("/Tick").remove(0).envelope()["Data"].clone();
    assert_eq!(
        data,
        json!({"timer": {"Schedule": {"AdjustForDST": true}, "ScheduleStatus": null, "IsPastDue": false}}),
        "under a minute there is no status"
    );
    host.stop().await;
}

#[tokio::test]
async fn a_monitored_timer_has_a_status_and_may_run_at_the_start() {
    let mut app = App::new();
    let timer = json!({"type": "timerTrigger", "direction": "in", "name": "timer", "schedule": "0 0 0 1 1 *",
        "runOnStartup": true});
    app.function("Tick", json!([timer]));
    let host = app.start().await;
    assert!(
        host.wait_until(DEADLINE, |all| all.iter().any(Invocation::succeeded))
            .await
    );
    let status =
        app.recorded("/Tick").remove(0).envelope()["Data"]["timer"]["ScheduleStatus"].clone();
    assert_eq!(status["Last"], "0001-01-01T00:00:00");
    let next = status["Next"].as_str().unwrap();
    assert!(next.ends_with("-01-01T00:00:00+00:00"), "{next}");
    host.stop().await;
}

#[tokio::test]
async fn a_retry_policy_is_followed_and_told() {
    let mut app = App::new();
    let document = json!({
        "bindings": [{"type": "timerTrigger", "direction": "in", "name": "timer", "schedule": "0 0 0 1 1 *",
            "runOnStartup": true}],
        "retry": {"strategy": "fixedDelay", "maxRetryCount": 2, "delayInterval": "00:00:00.010"}
    });
    app.function_json("Tick", &document);
    app.replies("/Tick", json!([{"status": 500}, {"status": 500}, {}]));
    let host = app.start().await;
    assert!(
        host.wait_until(DEADLINE, |all| all.iter().any(Invocation::succeeded))
            .await
    );
    let counts: Vec<_> = app
        .recorded("/Tick")
        .iter()
        .map(|request| request.envelope()["Metadata"]["RetryContext"]["RetryCount"].clone())
        .collect();
    assert_eq!(counts, [json!(0), json!(1), json!(2)]);
    host.stop().await;
}

#[tokio::test]
async fn a_timer_can_be_fired_at_once_where_none_fires_by_itself() {
    let mut app = App::new();
    let timer = json!({"type": "timerTrigger", "direction": "in", "name": "timer", "schedule": "* * * * * *",
        "runOnStartup": true});
    app.function("Tick", json!([timer]));
    app.replies("/Tick", json!([{"status": 500}, {}]));
    app.options.timers = false;
    let host = app.start().await;
    let failed = host.fire("tick").await.unwrap_err().to_string();
    assert!(failed.contains("500"), "{failed}");
    host.fire("Tick").await.unwrap();
    assert!(host.fire("Tock").await.is_err());
    let requests = app.recorded("/Tick");
    assert_eq!(requests.len(), 2, "nothing but what was fired");
    assert_eq!(
        requests[1].envelope()["Data"]["timer"],
        json!({"Schedule": {"AdjustForDST": true}, "ScheduleStatus": null, "IsPastDue": false})
    );
    host.stop().await;
}
