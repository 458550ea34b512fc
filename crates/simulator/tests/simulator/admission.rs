//! What is refused before any work: no token, no api-version, no such account; and what letter case does.

use serde_json::json;

use crate::harness::{NEWEST, Sim};

#[tokio::test]
async fn a_request_without_a_token_is_refused() {
    let sim = Sim::start().await;
    let reply = sim.http().get(sim.url("assets")).send().await.unwrap();
    assert_eq!(reply.status(), 401);
    assert!(reply.headers().contains_key("www-authenticate"));
    assert!(reply.text().await.unwrap().contains("AuthenticationFailed"));
    sim.stop().await;
}

#[tokio::test]
async fn a_request_without_an_api_version_is_refused() {
    let sim = Sim::start().await;
    for (version, code) in [
        ("", "MissingApiVersionParameter"),
        ("2015-10-01", "NoRegisteredProviderFound"),
    ] {
        let answer = sim
            .send("GET", &sim.url_in("primary", "assets", version), None)
            .await
            .unwrap();
        assert_eq!(
            (answer.status, answer.body["error"]["code"].as_str()),
            (400, Some(code))
        );
    }
    for version in ["2018-07-01", "2022-08-01", "2031-01-01"] {
        let answer = sim
            .send("GET", &sim.url_in("primary", "assets", version), None)
            .await
            .unwrap();
        assert_eq!(answer.status, 200, "{version}");
    }
    sim.stop().await;
}

#[tokio::test]
async fn an_unknown_account_is_arms_own_404_and_a_missing_child_is_the_services() {
    let sim = Sim::start().await;
    let lost = sim
        .send("GET", &sim.url_in("other", "assets/a", NEWEST), None)
        .await
        .unwrap();
    assert_eq!(
        (lost.status, lost.error().as_str()),
        (
            404,
            "ResourceNotFound: The Resource 'Microsoft.Media/mediaservices/other' under resource group 'g' was not \
             found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
        )
    );
    let missing = sim.get("assets/a").await;
    assert_eq!(
        (missing.status, missing.error().as_str()),
        (404, "NotFound: The requested resource was not found.")
    );
    assert_eq!(
        sim.get("liveEvents").await.error().split(':').next(),
        Some("InvalidResourceType")
    );
    sim.stop().await;
}

#[tokio::test]
async fn ids_are_lower_case_whatever_the_request_says_and_echo_its_subscription_and_group() {
    let sim = Sim::start().await;
    let url = format!(
        "{}/SUBSCRIPTIONS/Sub/resourcegroups/Group/PROVIDERS/microsoft.media/MEDIASERVICES/PRIMARY/ASSETS/Film?API-VERSION={NEWEST}",
        sim.base()
    );
    let answer = sim.send("PUT", &url, Some(json!({}))).await.unwrap();
    assert_eq!(answer.status, 201);
    assert_eq!(
        answer.body["id"],
        "/subscriptions/Sub/resourceGroups/Group/providers/Microsoft.Media/mediaservices/primary/assets/Film"
    );
    assert_eq!(answer.body["type"], "Microsoft.Media/mediaservices/assets");
    assert_eq!(sim.get("assets/FILM").await.body["name"], "Film");
    sim.stop().await;
}

#[tokio::test]
async fn replies_carry_the_headers_of_the_resource_manager() {
    let sim = Sim::start().await;
    let request = sim
        .http()
        .get(sim.url("assets"))
        .bearer_auth("t")
        .header("x-ms-client-request-id", "mine")
        .header("x-ms-return-client-request-id", "true")
        .header("x-ms-correlation-request-id", "together");
    let reply = request.send().await.unwrap();
    let header = |name: &str| reply.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("x-ms-client-request-id"), "mine");
    assert_eq!(header("x-ms-correlation-request-id"), "together");
    assert!(
        header("x-ms-routing-request-id").starts_with("WESTEUROPE:20"),
        "{}",
        header("x-ms-routing-request-id")
    );
    assert_eq!(
        header("x-ms-ratelimit-remaining-subscription-reads"),
        "11999"
    );
    assert_eq!(
        header("content-type"),
        "application/json; odata.metadata=minimal"
    );
    sim.stop().await;
}

#[tokio::test]
async fn an_account_names_its_storage_and_a_group_lists_its_accounts() {
    let sim = Sim::start().await;
    let account = sim.get("").await;
    assert_eq!(account.body["location"], "westeurope");
    assert_eq!(
        account.body["properties"]["storageAccounts"][0]["type"],
        "Primary"
    );
    let url = format!(
        "{}/subscriptions/s/resourceGroups/g/providers/Microsoft.Media/mediaservices?api-version={NEWEST}",
        sim.base()
    );
    let listed = sim.send("GET", &url, None).await.unwrap();
    assert_eq!(listed.body["value"].as_array().unwrap().len(), 2);
    sim.stop().await;
}

#[tokio::test]
async fn the_journal_counts_calls_and_holds_no_bodies() {
    let sim = Sim::start().await;
    sim.put("assets/a", json!({ "description": "SECRET" }))
        .await;
    sim.get("assets/a?$filter=SECRET").await;
    sim.post("assets/a/listStreamingLocators").await;
    sim.put_in("secondary", "assets/a", json!({})).await;
    let counts = sim.counts("primary");
    assert_eq!(
        (counts.all, counts.reads, counts.actions, counts.writes),
        (3, 1, 1, 1)
    );
    assert_eq!(sim.counts("secondary").writes, 1);
    let journal = sim.requests(Some("primary"));
    let shown: Vec<_> = journal
        .iter()
        .map(|one| {
            (
                one.sequence,
                one.method.as_str(),
                one.status,
                one.action.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            (1, "PUT", Some(201), None),
            (2, "GET", Some(200), None),
            (3, "POST", Some(200), Some("listStreamingLocators")),
        ]
    );
    assert!(!serde_json::to_string(&journal).unwrap().contains("SECRET"));

    let over_http = sim
        .send(
            "GET",
            &format!("{}/_sim/requests?account=PRIMARY", sim.base()),
            None,
        )
        .await
        .unwrap();
    assert_eq!(over_http.body.as_array().unwrap().len(), 3);
    sim.send("DELETE", &format!("{}/_sim/requests", sim.base()), None)
        .await
        .unwrap();
    assert!(sim.requests(None).is_empty());
    sim.stop().await;
}
