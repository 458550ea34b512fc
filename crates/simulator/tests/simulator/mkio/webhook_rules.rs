//! The rules of webhooks, and the history of what became of their events.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulator::DeliveryState;

use super::client::own_locator;
use super::receiver::{RULE, delivered, history, rule, scene};

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
    let deadline = Instant::now() + Duration::from_secs(20);
    while status().await != "Retrying" {
        assert!(Instant::now() < deadline, "{}", status().await);
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
        assert!(Instant::now() < deadline);
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
