//! What can be made to go wrong.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{Darkness, Fault, FaultRule, Settings, SimulatorOptions};

use crate::harness::{Sim, options};

fn rule(fault: Fault) -> FaultRule {
    FaultRule::for_account("primary", fault)
}

#[tokio::test]
async fn a_throttled_account_says_how_long_to_wait_and_does_nothing() {
    let sim = Sim::start().await;
    sim.add_fault(
        rule(Fault::Throttle { retry_after: 6 })
            .methods(&["PUT"])
            .times(1),
    );
    let throttled = sim.put("assets/a", json!({})).await;
    assert_eq!(
        (throttled.status, throttled.header("retry-after")),
        (429, "6")
    );
    assert_eq!(
        throttled.body["error"]["code"],
        "SubscriptionRequestsThrottled"
    );
    assert_eq!(sim.get("assets/a").await.status, 404);
    assert_eq!(
        sim.put_in("secondary", "assets/a", json!({})).await.status,
        201
    );
    assert_eq!(sim.put("assets/a", json!({})).await.status, 201);
    sim.stop().await;
}

#[tokio::test]
async fn a_status_can_be_forced_for_a_path() {
    let sim = Sim::start().await;
    let forbidden = Fault::Status {
        status: 403,
        code: None,
        message: Some("no".into()),
    };
    let id = sim.add_fault(rule(forbidden).path("listContentKeys"));
    assert_eq!(
        sim.post("streamingLocators/l/listContentKeys")
            .await
            .error(),
        "AuthorizationFailed: no"
    );
    assert_eq!(sim.post("streamingLocators/l/listPaths").await.status, 404);
    sim.clear_fault(id);
    assert_eq!(
        sim.post("streamingLocators/l/listContentKeys").await.status,
        404
    );
    sim.stop().await;
}

#[tokio::test]
async fn a_lost_reply_leaves_the_work_done() {
    let sim = Sim::start().await;
    sim.add_fault(rule(Fault::DropReply).times(1));
    let body = Some(json!({}));
    let lost = sim
        .send("PUT", &sim.url("assets/a"), body)
        .await
        .unwrap_err();
    assert!(lost.is_request(), "{lost:?}");
    assert_eq!(sim.get("assets/a").await.status, 200);
    let journal = sim.requests(Some("primary"));
    assert_eq!(
        (journal[0].status, journal[0].faults.as_slice()),
        (Some(201), &["dropReply".to_owned()][..])
    );
    sim.stop().await;
}

#[tokio::test]
async fn a_dark_region_closes_connections_or_is_unavailable() {
    let sim = Sim::start().await;
    sim.add_fault(rule(Fault::Dark {
        how: Darkness::Closed,
    }));
    assert!(sim.send("GET", &sim.url("assets"), None).await.is_err());
    sim.clear_faults(Some("primary"));
    sim.add_fault(rule(Fault::Dark {
        how: Darkness::Unavailable,
    }));
    let dark = sim.get("assets").await;
    assert_eq!((dark.status, dark.body), (503, Value::Null));
    assert_eq!(
        sim.send(
            "GET",
            &sim.url_in("secondary", "assets", "2023-01-01"),
            None
        )
        .await
        .unwrap()
        .status,
        200
    );
    sim.stop().await;
}

#[tokio::test]
async fn a_lost_account_is_arms_404_and_comes_back_whole() {
    let sim = Sim::start().await;
    sim.put("assets/a", json!({})).await;
    sim.add_fault(rule(Fault::LoseAccount));
    for tail in ["", "assets", "assets/a"] {
        assert_eq!(
            sim.get(tail).await.body["error"]["code"],
            "ResourceNotFound",
            "{tail}"
        );
    }
    sim.clear_faults(None);
    assert_eq!(sim.get("assets/a").await.status, 200);
    sim.stop().await;
}

#[tokio::test]
async fn a_hanging_request_ends_when_its_time_is_over_or_the_simulator_stops() {
    let sim = Sim::start().await;
    sim.add_fault(
        rule(Fault::Hang {
            seconds: Some(0.05),
        })
        .times(1),
    );
    assert!(sim.send("GET", &sim.url("assets"), None).await.is_err());
    sim.add_fault(rule(Fault::Hang { seconds: None }));
    let (http, url) = (sim.http().clone(), sim.url("assets"));
    let hanging = tokio::spawn(async move { http.get(url).bearer_auth("t").send().await });
    while sim.requests(Some("primary")).len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!hanging.is_finished());
    sim.stop().await;
    assert!(
        tokio::time::timeout(Duration::from_secs(10), hanging)
            .await
            .unwrap()
            .unwrap()
            .is_err()
    );
}

#[tokio::test]
async fn replies_can_be_html_or_cut_short() {
    let sim = Sim::start().await;
    sim.add_fault(rule(Fault::NonJson).times(1));
    let html = sim.get("assets").await;
    assert_eq!(
        (html.status, html.header("content-type"), &html.body),
        (200, "text/html", &Value::Null)
    );
    sim.add_fault(rule(Fault::Truncate).times(1));
    let cut = sim.send("GET", &sim.url("assets"), None).await.unwrap_err();
    assert!(cut.is_body() || cut.is_decode(), "{cut:?}");
    assert_eq!(sim.get("assets").await.body, json!({ "value": [] }));
    sim.stop().await;
}

#[tokio::test]
async fn a_service_can_add_a_field_or_a_counter() {
    let sim = Sim::start().await;
    sim.put("assets/a", json!({})).await;
    sim.add_fault(rule(Fault::ExtraField {
        name: "tomorrow".into(),
        value: json!([1]),
        counter: false,
    }));
    sim.add_fault(rule(Fault::ExtraField {
        name: "reads".into(),
        value: Value::Null,
        counter: true,
    }));
    let first = sim.get("assets/a").await.body["properties"].clone();
    let second = sim.get("assets").await.body["value"][0]["properties"].clone();
    assert_eq!(
        (&first["tomorrow"], &second["tomorrow"]),
        (&json!([1]), &json!([1]))
    );
    assert!(first["reads"].as_u64().unwrap() < second["reads"].as_u64().unwrap());
    sim.stop().await;
}

#[tokio::test]
async fn a_write_can_be_accepted_and_ignored() {
    let sim = Sim::start().await;
    sim.add_fault(rule(Fault::IgnoreWrite));
    let ignored = sim.put("assets/a", json!({ "description": "d" })).await;
    assert_eq!(
        (ignored.status, &ignored.body["properties"]["description"]),
        (201, &json!("d"))
    );
    assert_eq!(sim.get("assets/a").await.status, 404);
    sim.stop().await;
}

#[tokio::test]
async fn faults_are_set_and_cleared_over_http() {
    let sim = Sim::start().await;
    let faults = format!("{}/_sim/faults", sim.base());
    let rule = json!({ "account": "primary", "methods": ["GET"], "times": 2, "fault": { "type": "dark", "how": "unavailable" } });
    let added = sim.send("POST", &faults, Some(rule)).await.unwrap();
    assert_eq!(sim.get("assets").await.status, 503);
    let listed = sim.send("GET", &faults, None).await.unwrap();
    assert_eq!(
        (&listed.body[0]["id"], &listed.body[0]["times"]),
        (&added.body["id"], &json!(1))
    );
    assert_eq!(
        sim.send("DELETE", &format!("{faults}/{}", added.body["id"]), None)
            .await
            .unwrap()
            .status,
        204
    );
    assert_eq!(sim.get("assets").await.status, 200);
    let odd = sim
        .send("POST", &faults, Some(json!({ "fault": { "type": "odd" } })))
        .await
        .unwrap();
    assert_eq!(odd.status, 422);
    sim.stop().await;
}

#[tokio::test]
async fn token_buckets_hold_each_principal_to_the_published_rates() {
    let settings = Settings {
        throttling_scale: Some(0.02),
        ..Settings::default()
    };
    let sim = Sim::with(SimulatorOptions {
        settings,
        ..options(["r1", "r2"])
    })
    .await;
    // 200 x 0.02: four writes at once.
    for name in ["a", "b", "c", "d"] {
        assert_eq!(
            sim.put(&format!("assets/{name}"), json!({})).await.status,
            201
        );
    }
    let throttled = sim.put("assets/e", json!({})).await;
    assert_eq!(throttled.status, 429);
    let seconds: u64 = throttled.header("retry-after").parse().unwrap();
    assert!((1..=5).contains(&seconds), "{seconds}");
    assert_eq!(
        sim.get("assets").await.status,
        200,
        "reads have their own bucket"
    );
    assert_eq!(
        sim.put_in("secondary", "assets/e", json!({})).await.status,
        201,
        "another region"
    );
    let other = sim
        .http()
        .put(sim.url("assets/e"))
        .bearer_auth("another")
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(other.status(), 201, "another principal");
    sim.change_settings(|settings| settings.throttling_scale = None);
    assert_eq!(sim.put("assets/f", json!({})).await.status, 201);
    sim.stop().await;
}
