//! The webhook: who may send what, and that every 2xx means that the work is in the queue.

use anyhow::ensure;
use serde_json::{Value, json};
use simulator::{EventSource, JobsMode, WebhookContentType};
use world::World;

use crate::support::{Scene, clear, encoded, made, mkio, tests};

tests![
    who_does_not_know_the_secret_is_refused,
    what_cannot_be_understood_is_refused_without_work,
    what_is_not_mirrored_is_taken_and_ignored,
    a_job_that_failed_mirrors_nothing,
    every_form_of_the_events_is_understood,
];

/// Posts a body as MK.IO would, and returns the status.
async fn post(
    scene: &Scene,
    secret: Option<&str>,
    content_type: &str,
    body: &str,
) -> anyhow::Result<u16> {
    let mut request = scene.tls.client().post(scene.webhook_url());
    if let Some(secret) = secret {
        request = request.header("x-webhook-secret", secret);
    }
    let request = request.header("content-type", content_type);
    Ok(request
        .body(body.to_owned())
        .send()
        .await?
        .status()
        .as_u16())
}

/// An event about a locator that nobody made: whether it is looked at can be seen.
fn event() -> Value {
    json!({
        "specversion": "1.0",
        "id": "1",
        "type": "MediaKind.StreamingLocatorCreated",
        "source": format!("/api/v1/projects/{}/media/streamingLocators/nobodys", World::PRIMARY),
        "time": "2026-01-31T12:00:00.000000Z",
        "datacontenttype": "application/json",
        "data": {"projectName": World::PRIMARY, "previousState": "Creating", "state": "Created", "resource": {"name": "nobodys"}}
    })
}

/// Nothing was put into a queue since then, and neither account was asked for anything.
async fn no_work(scene: &Scene, passed: usize) -> anyhow::Result<()> {
    scene.calm().await?;
    ensure!(
        scene.queues.passed().len() == passed,
        "something was enqueued"
    );
    let requests = scene.control().requests(None);
    ensure!(requests.is_empty(), "{requests:#?}");
    Ok(())
}

async fn who_does_not_know_the_secret_is_refused() -> anyhow::Result<()> {
    let scene = mkio().await?;
    let (passed, right) = (scene.queues.passed().len(), scene.webhook_secret.as_str());
    let longer = format!("{right}x");
    let wrong = [
        None,
        Some(""),
        Some("wrong"),
        Some(&right[1..]),
        Some(&*longer),
    ];
    for secret in wrong {
        for body in [event().to_string(), String::new(), "no JSON".to_owned()] {
            let status = post(&scene, secret, "application/json", &body).await?;
            ensure!(status == 401, "{status} for {secret:?}");
        }
    }
    no_work(&scene, passed).await
}

async fn what_cannot_be_understood_is_refused_without_work() -> anyhow::Result<()> {
    let scene = mkio().await?;
    let passed = scene.queues.passed().len();
    let changed = |change: fn(&mut Value)| {
        let mut event = event();
        change(&mut event);
        event.to_string()
    };
    let json = "application/json";
    let bodies = [
        (json, "no JSON".to_owned(), 400),
        (json, "[]".to_owned(), 400),
        (json, "{}".to_owned(), 400),
        ("text/plain", event().to_string(), 400),
        (
            json,
            changed(|event| event["specversion"] = json!("0.3")),
            400,
        ),
        (
            json,
            changed(|event| {
                event["source"] = json!(format!("/api/v1/projects/{}/media", World::PRIMARY));
                event["data"]["resource"] = json!({"name": "a/b"});
            }),
            400,
        ),
        (
            json,
            changed(|event| {
                event["type"] = json!("MediaKind.JobFinished");
                event["data"]["state"] = json!("Finished");
            }),
            400,
        ),
        (
            json,
            changed(|event| {
                event["source"] =
                    json!("/api/v1/projects/somebody-elses/media/streamingLocators/nobodys");
            }),
            403,
        ),
        // So that it is sent again: some hosts drop bodies.
        (json, String::new(), 500),
    ];
    for (content_type, body, expected) in bodies {
        let status = post(&scene, Some(&scene.webhook_secret), content_type, &body).await?;
        ensure!(status == expected, "{status} for {content_type} {body}");
    }
    no_work(&scene, passed).await
}

async fn what_is_not_mirrored_is_taken_and_ignored() -> anyhow::Result<()> {
    let scene = mkio().await?;
    let passed = scene.queues.passed().len();
    for kind in [
        "MediaKind.JobStarted",
        "MediaKind.ChannelInstanceStarted",
        "MediaKind.Tomorrow",
    ] {
        let mut event = event();
        event["type"] = json!(kind);
        let body = event.to_string();
        let status = post(
            &scene,
            Some(&scene.webhook_secret),
            "application/json",
            &body,
        )
        .await?;
        ensure!((200..300).contains(&status), "{status} for {kind}");
    }
    no_work(&scene, passed).await
}

async fn a_job_that_failed_mirrors_nothing() -> anyhow::Result<()> {
    let scene = mkio().await?;
    made(&scene, "broken").await?;
    for (mode, job) in [(JobsMode::Error, "failed"), (JobsMode::Cancel, "canceled")] {
        scene
            .control()
            .change_settings(|settings| settings.jobs = mode);
        scene.primary()?.encode(job, &["broken"]).await?;
    }
    scene.calm().await?;
    let taken = scene.control().deliveries();
    ensure!(
        taken.len() == 2 && taken.iter().all(|one| one.status == Some(200)),
        "{taken:#?}"
    );
    ensure!(scene.secondary()?.find("assets/broken").await?.is_none());
    Ok(())
}

async fn every_form_of_the_events_is_understood() -> anyhow::Result<()> {
    let scene = mkio().await?;
    for (source, content_type, name) in [
        (
            EventSource::AsPrinted,
            WebhookContentType::Json,
            "as-printed",
        ),
        (
            EventSource::WithMedia,
            WebhookContentType::CloudEvents,
            "with-media",
        ),
        (
            EventSource::WithoutMedia,
            WebhookContentType::Json,
            "without-media",
        ),
    ] {
        scene.control().change_settings(|settings| {
            settings.mkio.event_source = source;
            settings.delivery.webhook_content_type = content_type;
            settings.delivery.duplicate = 1;
        });
        encoded(&scene, name).await?;
        let locator = format!("streamingLocators/{name}");
        scene.primary()?.put(&locator, clear(name)).await?;
        scene.expect(&locator, "applied").await?;
        scene.calm().await?;
        scene.proof()?.locator(name).await?;
        let written = scene
            .writes(name)
            .into_iter()
            .filter(|request| request.status.is_some_and(|status| status < 300));
        // The asset and the locator.
        ensure!(written.count() == 2);
    }
    Ok(())
}
