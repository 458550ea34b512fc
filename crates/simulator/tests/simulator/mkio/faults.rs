//! What both dialects share: the journal, faults, limits; and the forms that errors have here.

use serde_json::json;
use simulator::{Fault, FaultRule};

use super::client::{Mkio, own_locator};
use crate::harness::Sim;

/// Trap 9.
#[tokio::test]
async fn an_error_has_a_detail_and_a_reference() {
    let mkio = Mkio::start().await;
    let missing = mkio.get("assets/missing").await;
    assert_eq!(missing.status, 404);
    let error = &missing.body["error"];
    assert!(error["detail"].is_string() && error.get("message").is_none());
    assert!(missing.body["ref"].is_string());
    assert_eq!(missing.body["status"], 404);
    mkio.stop().await;
}

#[tokio::test]
async fn only_the_project_tells_a_lost_project_from_a_missing_resource() {
    let mkio = Mkio::start().await;
    let missing = mkio.get("assets/missing").await;
    let elsewhere = mkio.send("GET", "nowhere/media/assets/missing", None).await;
    assert_eq!(
        missing.body["error"]["code"],
        elsewhere.body["error"]["code"]
    );
    assert_eq!((missing.status, elsewhere.status), (404, 404));
    let project = mkio.send("GET", "primary", None).await;
    assert_eq!(project.status, 200);
    assert_eq!(project.body["spec"]["locationName"], "westeurope");
    assert_eq!(mkio.send("GET", "nowhere", None).await.status, 404);
    mkio.add_fault(FaultRule::for_account("primary", Fault::LoseAccount));
    assert_eq!(mkio.send("GET", "primary", None).await.status, 404);
    assert_eq!(mkio.get("assets").await.status, 404);
    mkio.stop().await;
}

#[tokio::test]
async fn paths_and_verbs_of_before_are_not_served() {
    let mkio = Mkio::start().await;
    for (method, path, status) in [
        ("GET", "/api/ams/primary/assets", 405),
        ("PUT", "/api/ams/primary/assets/a", 405),
        ("GET", "primary/media/assets/a/listContainerSas", 404),
        ("POST", "primary/media/assets", 405),
        ("PATCH", "primary/media/streamingLocators/l", 405),
        ("GET", "/api/v1/odd", 404),
    ] {
        let answer = mkio.send(method, path, None).await;
        assert_eq!(answer.status, status, "{method} {path}");
    }
    mkio.stop().await;
}

#[tokio::test]
async fn the_journal_names_kinds_as_it_does_for_the_other_dialect() {
    let mkio = Mkio::start().await;
    mkio.scene("primary").await;
    mkio.put("streamingLocators/l", own_locator("k-1")).await;
    mkio.reset_requests();
    mkio.get("streamingLocators?$top=1").await;
    mkio.post("streamingLocators/l/listContentKeys").await;
    mkio.get("assets/a/state").await;
    mkio.patch("contentKeyPolicies/kp", json!({})).await;
    mkio.get("assets/a/assetFilters").await;
    let seen: Vec<_> = mkio
        .requests(Some("primary"))
        .into_iter()
        .map(|request| {
            let text = |value: Option<String>| value.unwrap_or_default();
            (
                format!("{} {}", request.method, text(request.kind)),
                text(request.name),
                text(request.action),
                request.write,
            )
        })
        .collect();
    let row = |what: &str, name: &str, action: &str, write| {
        (what.to_owned(), name.to_owned(), action.to_owned(), write)
    };
    assert_eq!(
        seen,
        [
            row("GET streamingLocators", "", "", false),
            row("POST streamingLocators", "l", "listContentKeys", false),
            row("GET assets", "a", "state", false),
            row("PATCH contentKeyPolicies", "kp", "", true),
            row("GET assetFilters", "a", "", false),
        ]
    );
    let counts = mkio.counts("primary");
    assert_eq!((counts.reads, counts.actions, counts.writes), (3, 1, 1));
    mkio.stop().await;
}

/// Trap 9.
#[tokio::test]
async fn reading_keys_counts_against_the_limit_of_writes() {
    let mkio = Mkio::start().await;
    mkio.scene("primary").await;
    mkio.put("streamingLocators/l", own_locator("k-1")).await;
    // 1000 a minute x 0.003: three writes in a window.
    mkio.change_settings(|settings| settings.throttling_scale = Some(0.003));
    let keys = || mkio.post("streamingLocators/l/listContentKeys");
    for _ in 0..3 {
        assert_eq!(keys().await.status, 200);
    }
    let throttled = keys().await;
    assert_eq!(throttled.status, 429);
    assert_eq!(throttled.header("retry-after"), "", "none is documented");
    assert_eq!(
        mkio.patch("contentKeyPolicies/kp", json!({})).await.status,
        429
    );
    assert_eq!(mkio.get("assets/a").await.status, 200);
    let there = mkio
        .put_in("secondary", "accountFilters/f", json!({}))
        .await;
    assert_eq!(there.status, 201, "each project has its own limit");
    mkio.change(|settings| settings.retry_after = true);
    let seconds: u64 = keys().await.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds));
    // 1000 a minute x 0.6: one in a tenth of a second.
    mkio.change_settings(|settings| settings.throttling_scale = Some(0.6));
    mkio.change(|settings| settings.rate_window = 0.1);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while keys().await.status != 200 {
        assert!(std::time::Instant::now() < deadline, "no window opens");
    }
    mkio.stop().await;
}

#[tokio::test]
async fn faults_strike_in_this_dialects_form() {
    let mkio = Mkio::start().await;
    mkio.asset("primary", "a").await;
    let fault = |fault: Fault| {
        mkio.clear_faults(None);
        mkio.add_fault(FaultRule::for_account("primary", fault));
    };
    fault(Fault::Throttle { retry_after: 7 });
    let throttled = mkio.get("assets/a").await;
    assert_eq!(
        (throttled.status, throttled.header("retry-after")),
        (429, "7")
    );
    fault(Fault::Status {
        status: 503,
        code: None,
        message: Some("out".to_owned()),
    });
    assert_eq!(
        mkio.get("assets/a").await.detail(),
        "ServiceUnavailable: out"
    );
    fault(Fault::ExtraField {
        name: "views".to_owned(),
        value: json!(null),
        counter: true,
    });
    let views = async |tail: &str| mkio.get(tail).await.body;
    let first = views("assets/a").await["properties"]["views"]
        .as_u64()
        .unwrap();
    let listed = views("assets").await["value"][0]["properties"]["views"].as_u64();
    assert!(listed.unwrap() > first);
    assert_eq!(
        views("storage").await["value"][0]["spec"].get("views"),
        None
    );
    fault(Fault::IgnoreWrite);
    let ignored = mkio
        .put("assets/b", json!({ "storageAccountName": "primarystore1" }))
        .await;
    assert_eq!(ignored.status, 201);
    assert_eq!(mkio.get("assets/b").await.status, 404);
    fault(Fault::NonJson);
    let url = format!("{}/api/v1/projects/primary/media/assets/a", mkio.base());
    let jwt = super::client::token(&json!({}));
    let page = mkio
        .http()
        .get(&url)
        .bearer_auth(&jwt)
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().starts_with("<html>"));
    fault(Fault::DropReply);
    let gone = mkio.http().delete(&url).bearer_auth(&jwt).send().await;
    assert!(gone.is_err());
    mkio.clear_faults(None);
    assert_eq!(
        mkio.get("assets/a").await.status,
        404,
        "it was done all the same"
    );
    mkio.stop().await;
}

#[tokio::test]
async fn both_dialects_see_the_same_accounts() {
    let mkio = Mkio::start().await;
    mkio.asset("primary", "a").await;
    // The other dialect's way to the same asset.
    let seen = Sim::get(&mkio, "assets/a").await;
    assert_eq!(seen.status, 200);
    assert_eq!(
        seen.body["properties"]["storageAccountName"],
        "primarystore1"
    );
    mkio.stop().await;
}
