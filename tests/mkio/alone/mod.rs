//! A handler that has its settings, an identity and a queue, and nothing else: what its webhook answers to whom, and that 2xx is said of
//! nothing that is not in the queue.

mod handler;

use std::time::{Duration, Instant};

use anyhow::ensure;
use axum::http::Method;
use fake_storage::{Effect, Fault, Operation, Refusal};
use serde_json::{Value, json};

use self::handler::{ACCOUNT, Alone, LARGEST, SECRET};
use crate::support::tests;

tests![
    every_2xx_means_that_the_work_is_in_the_queue,
    a_slow_queue_is_not_waited_for_without_end,
    only_a_post_of_a_size_is_a_webhook,
    nothing_of_a_body_is_written_down,
    a_blob_event_is_taken_when_its_message_is_in_the_queue,
];

fn locator(name: &str) -> Value {
    json!({
        "specversion": "1.0",
        "id": "1",
        "type": "MediaKind.StreamingLocatorCreated",
        "source": format!("/api/v1/projects/east/media/streamingLocators/{name}"),
        "time": "2026-01-31T12:00:00.000000Z",
        "data": {"projectName": "east", "previousState": "Creating", "state": "Created", "resource": {"name": name}}
    })
}

fn job(outputs: &[&str]) -> Value {
    let outputs: Vec<Value> = outputs
        .iter()
        .map(|name| json!({"assetName": name}))
        .collect();
    let mut event = locator("of a job");
    event["type"] = json!("MediaKind.JobFinished");
    event["source"] = json!("/api/v1/projects/east/transforms/t/jobs/j");
    event["data"]["state"] = json!("Finished");
    event["data"]["resource"] = json!({"name": "j", "properties": {"outputs": outputs}});
    event
}

async fn every_2xx_means_that_the_work_is_in_the_queue() -> anyhow::Result<()> {
    let alone = Alone::start().await?;
    for (number, effect) in [
        Effect::Refuse(Refusal::server_busy(None)),
        Effect::Refuse(Refusal::permission_mismatch()),
        Effect::Disconnect,
        // The message may be in the queue: that it comes again does no harm.
        Effect::LoseReply,
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("film {number}");
        let enqueued = effect == Effect::LoseReply;
        alone.fails(effect);
        let status = alone.told(&locator(&name)).await?;
        ensure!(status == 500, "{status} for {name}");
        ensure!(enqueued || !alone.names("mirror-locator")?.contains(&name));
        alone.storage.faults().clear();
        let status = alone.told(&locator(&name)).await?;
        ensure!(status == 200, "{status} for {name}");
        ensure!(alone.names("mirror-locator")?.contains(&name), "{name}");
    }
    alone
        .says("failed", "configuration", "mirror-locator")
        .await?;

    // The first of three messages is sent, and the second is not.
    alone.storage.account(ACCOUNT).create_queue("mirror-asset");
    let later = Fault::of(
        Operation::PutMessage,
        Effect::Refuse(Refusal::permission_mismatch()),
    );
    alone.storage.faults().add(later.after(1));
    let event = job(&["one", "two", "three"]);
    let status = alone.told(&event).await?;
    ensure!(status == 500, "{status}");
    alone.storage.faults().clear();
    let status = alone.told(&event).await?;
    ensure!(status == 200, "{status}");
    let names = alone.names("mirror-asset")?;
    ensure!(names == ["one", "one", "two", "three"], "{names:?}");
    let since = &alone.queued("mirror-asset")?[0]["since"];
    ensure!(
        since
            .as_str()
            .is_some_and(|since| since.starts_with("2026-01-31T12:00:00")),
        "{since}"
    );

    // What a URI reference cannot show as it is.
    let mut encoded = locator("x");
    encoded["source"] = json!("/api/v1/projects/east/media/streamingLocators/%C3%BCber%20all");
    ensure!(alone.told(&encoded).await? == 200);
    let names = alone.names("mirror-locator")?;
    ensure!(
        names.last().is_some_and(|name| name == "über all"),
        "{names:?}"
    );
    Ok(())
}

async fn a_slow_queue_is_not_waited_for_without_end() -> anyhow::Result<()> {
    let alone = Alone::start().await?;
    alone.fails(Effect::Hang);
    let begun = Instant::now();
    let status = alone.told(&job(&["one", "two"])).await?;
    ensure!(status == 500, "{status}");
    let took = begun.elapsed();
    ensure!(took < Duration::from_secs(60), "{took:?}");
    alone
        .says("failed", "configuration", "did not answer")
        .await?;
    alone.storage.faults().clear();
    ensure!(alone.told(&job(&["one", "two"])).await? == 200);
    ensure!(alone.names("mirror-asset")? == ["one", "two"]);
    Ok(())
}

async fn only_a_post_of_a_size_is_a_webhook() -> anyhow::Result<()> {
    let alone = Alone::start().await?;
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let url = format!("{}/api/webhook", alone.url);
        let request = alone.tls.client().request(method.clone(), url);
        let request = request.header("x-webhook-secret", SECRET);
        let status = request
            .body(locator("film").to_string())
            .send()
            .await?
            .status();
        ensure!(status == 405, "{status} for {method}");
    }
    // Two headers: the first one counts.
    for (secrets, expected) in [
        (&["wrong", SECRET][..], 401),
        (&[&*format!("{SECRET}, {SECRET}")][..], 401),
        (&["ü"][..], 401),
        (&[SECRET][..], 200),
    ] {
        let status = alone.post(secrets, locator("film").to_string()).await?;
        ensure!(status == expected, "{status} for {secrets:?}");
    }
    let of_size = |size: usize| {
        let mut event = locator("large");
        let rest = size - event.to_string().len() - r#","more":"""#.len();
        event["more"] = json!("x".repeat(rest));
        event.to_string()
    };
    let largest = of_size(LARGEST);
    ensure!(largest.len() == LARGEST, "{}", largest.len());
    let status = alone.post(&[SECRET], largest).await?;
    ensure!(status == 200, "{status}");
    let status = alone.post(&[SECRET], of_size(LARGEST + 1)).await?;
    ensure!(status == 413, "{status}");
    alone.says("failed", "bad-message", "too large").await?;
    // Who does not know the secret does not learn the limit.
    let status = alone.post(&["wrong"], of_size(LARGEST + 1)).await?;
    ensure!(status == 401, "{status}");
    // So large that the connection may end before all of it is sent.
    let status = alone.post(&[SECRET], of_size(5_000_000)).await;
    ensure!(status.is_err() || status.is_ok_and(|status| status == 413));
    ensure!(alone.names("mirror-locator")? == ["film", "large"]);
    Ok(())
}

async fn nothing_of_a_body_is_written_down() -> anyhow::Result<()> {
    let alone = Alone::start().await?;
    let canary = "CANARY-in-the-body";
    let keyed = |mut event: Value| {
        event["data"]["resource"]["properties"]["contentKeys"] =
            json!([{"id": "k", "value": canary}]);
        event
    };
    let with = |pointer: &str, value: Value| {
        let mut event = keyed(locator("film"));
        if let Some(at) = event.pointer_mut(pointer) {
            *at = value;
        }
        event.to_string()
    };
    let mut bodies = vec![
        (200, keyed(locator("film")).to_string()),
        (200, with("/type", json!(canary))),
        (400, with("/specversion", json!(canary))),
        (
            403,
            with(
                "/source",
                json!(format!(
                    "/api/v1/projects/{canary}/media/streamingLocators/a"
                )),
            ),
        ),
        (
            400,
            format!("{{\"specversion\": \"1.0\", \"value\": \"{canary}\""),
        ),
        (400, format!("\"{canary}\"")),
        (
            413,
            with("/id", json!(canary.repeat(LARGEST / canary.len()))),
        ),
    ];
    let mut unnamed = keyed(locator("film"));
    unnamed["source"] = json!(format!(
        "/api/v1/projects/east/media/streamingLocators/a%2F{canary}"
    ));
    unnamed["data"]["resource"]["name"] = json!(format!("<{canary}>"));
    bodies.push((400, unnamed.to_string()));
    let mut badly_named = job(&["film"]);
    badly_named["data"]["resource"]["properties"]["outputs"][0]["assetName"] =
        json!(format!("{canary}/"));
    bodies.push((400, badly_named.to_string()));
    for (expected, body) in bodies {
        let status = alone.post(&[SECRET], body.clone()).await?;
        ensure!(status == expected, "{status} for {body:.300}");
        let status = alone.post(&[canary], body).await?;
        ensure!(status == 401, "{status}");
    }
    alone.fails(Effect::Refuse(Refusal::permission_mismatch()));
    ensure!(alone.told(&keyed(locator("film"))).await? == 500);
    // Each was said something about, and what is ignored too.
    alone
        .says("skipped", "not-mirrored-kind", "of this type")
        .await?;
    alone
        .says("failed", "not-primary", "another project")
        .await?;
    alone.says("failed", "source-denied", "secret").await?;
    alone
        .says("failed", "configuration", "mirror-locator")
        .await?;
    let written = alone.written().join("\n");
    let queued = json!([
        alone.queued("mirror-locator")?,
        alone.queued("mirror-asset")?
    ]);
    for secret in [canary, SECRET] {
        ensure!(!written.contains(secret), "it is written down: {written}");
        ensure!(
            !queued.to_string().contains(secret),
            "it is in a queue: {queued}"
        );
    }
    let lines = written
        .lines()
        .filter(|line| line.contains("\"webhook\""))
        .count();
    ensure!(lines == 19, "{lines} lines");
    Ok(())
}

async fn a_blob_event_is_taken_when_its_message_is_in_the_queue() -> anyhow::Result<()> {
    let alone = Alone::start().await?;
    let topic =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/weststore";
    let invocation = json!({"Data": {"event": {
        "topic": topic,
        "subject": "/blobServices/default/containers/films/blobs/a.vtt",
        "eventType": "Microsoft.Storage.BlobCreated",
        "eventTime": "2026-01-31T12:00:00Z",
        "data": {}
    }}});
    let invoke = || async {
        let request = alone
            .tls
            .client()
            .post(format!("{}/blob-changed", alone.url));
        let sent = request.body(invocation.to_string()).send().await;
        sent.map(|answer| answer.status().as_u16())
    };
    alone.fails(Effect::Refuse(Refusal::permission_mismatch()));
    for _ in 0..2 {
        let status = invoke().await?;
        ensure!(
            status == 500,
            "{status}: Event Grid would not deliver it again"
        );
    }
    alone.storage.faults().clear();
    for _ in 0..3 {
        let status = invoke().await?;
        ensure!(status == 200, "{status}");
    }
    let queued = alone.queued("mirror-asset")?;
    ensure!(queued.len() == 1, "{queued:?}");
    ensure!(
        queued[0]["account"] == "weststore" && queued[0]["container"] == "films",
        "{queued:?}"
    );
    Ok(())
}
