//! What the heartbeat says of a world whose state is known.

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use simulator::{Darkness, Fault, FaultRule};
use state::{Heartbeat, Heartbeats};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::time::Instant;
use world::{Backend, World};

use crate::support::{PATIENCE, Record, Scene, encoded, exclusive, tests_on_both, viewers};

tests_on_both![
    a_heartbeat_says_how_the_mirror_is_and_keeps_it,
    while_the_primary_is_dark_lag_is_unknown_and_never_0,
    what_failed_is_lag_until_it_is_mirrored,
    what_was_poisoned_and_what_waits_is_counted,
    an_event_that_arrived_is_remembered,
    the_status_is_served_to_programs_and_to_people,
];

const KINDS: [&str; 6] = [
    "accountFilters",
    "assetFilters",
    "assets",
    "contentKeyPolicies",
    "streamingLocators",
    "streamingPolicies",
];

async fn beat(scene: &Scene) -> anyhow::Result<Record> {
    let from = scene.log.end();
    scene.host.fire("heartbeat").await?;
    let is_one = |record: &Record| record.text("message") == "heartbeat";
    let found = scene.log.wait(from, PATIENCE, is_one).await;
    found.context("the heartbeat said nothing")
}

async fn kept(scene: &Scene) -> anyhow::Result<Heartbeat> {
    Ok(Heartbeats::new(scene.state()?).read().await?)
}

fn seconds(record: &Record, kind: &str) -> anyhow::Result<u64> {
    let lag = &record.value("lag")[kind];
    lag.as_u64().with_context(|| format!("{kind}: {record:?}"))
}

async fn a_heartbeat_says_how_the_mirror_is_and_keeps_it(backend: Backend) -> anyhow::Result<()> {
    let scene = exclusive(backend).await?;
    scene.calm().await?;
    scene.control().reset_requests();
    let record = beat(&scene).await?;
    ensure!(record.value("primary") == &json!({"readable": true}));
    for field in ["lag", "blind"] {
        let kinds: Vec<&String> = record
            .value(field)
            .as_object()
            .into_iter()
            .flatten()
            .map(|(kind, _)| kind)
            .collect();
        ensure!(kinds == KINDS, "{field}: {record:?}");
    }
    for field in [
        "queues",
        "poisoned",
        "exceptions",
        "failures",
        "waiting",
        "held",
        "arrivals",
    ] {
        ensure!(record.value(field).is_object(), "{field}: {record:?}");
    }
    ensure!(record.value("problems") == &json!([]), "{record:?}");
    ensure!(record.number("dead_letters") == Some(0), "{record:?}");
    for kind in KINDS {
        ensure!(record.value("lag")[kind].is_u64(), "{kind}: {record:?}");
    }
    // One read of the primary, and nothing of the secondary.
    let requests = scene.control().requests(None);
    ensure!(requests.len() == 1 && !requests[0].write, "{requests:#?}");

    let heartbeat = kept(&scene).await?;
    let latest = heartbeat.latest.context("it is kept")?;
    ensure!(serde_json::to_value(&latest.lag)? == *record.value("lag"));
    let step = heartbeat.steps.last().context("a step")?;
    ensure!(step.beats >= 1 && latest.at - step.at < state::STEP);
    beat(&scene).await?;
    let steps = kept(&scene).await?.steps;
    let beats: u32 = steps.iter().map(|step| step.beats).sum();
    let before: u32 = heartbeat.steps.iter().map(|step| step.beats).sum();
    ensure!(beats == before + 1, "{steps:?}");
    Ok(())
}

async fn while_the_primary_is_dark_lag_is_unknown_and_never_0(
    backend: Backend,
) -> anyhow::Result<()> {
    let scene = exclusive(backend).await?;
    let known = beat(&scene).await?;
    let at = kept(&scene).await?.latest.context("it is kept")?.at;
    let since = format!("unknown since {}", at.format(&Rfc3339)?);
    ensure!(seconds(&known, "assets").is_ok());

    let how = Darkness::default();
    let dark = FaultRule::for_account(World::PRIMARY, Fault::Dark { how });
    scene.control().add_fault(dark);
    for _ in 0..2 {
        let record = beat(&scene).await?;
        for kind in KINDS {
            ensure!(record.value("lag")[kind] == json!(since), "{record:?}");
        }
        let primary = record.value("primary");
        ensure!(primary["unreadable"] == "source-unavailable", "{record:?}");
    }
    let steps = kept(&scene).await?.steps;
    let unknown = steps.iter().filter_map(|step| step.unknown.get("assets"));
    ensure!(unknown.sum::<u32>() >= 2, "{steps:?}");

    scene.control().clear_faults(None);
    let back = beat(&scene).await?;
    for kind in KINDS {
        seconds(&back, kind)?;
    }
    Ok(())
}

async fn what_failed_is_lag_until_it_is_mirrored(backend: Backend) -> anyhow::Result<()> {
    let scene = exclusive(backend).await?;
    let policy = "contentKeyPolicies/sick";
    let refused = Fault::Status {
        status: 400,
        code: None,
        message: None,
    };
    let refused = FaultRule::for_account(World::SECONDARY, refused)
        .methods(&["PUT"])
        .path("/contentKeyPolicies/sick");
    let refused = scene.control().add_fault(refused);
    let key = scene.secrets.base64("verification-key");
    scene.put(policy, viewers(&key)).await?;
    scene.calm().await?;
    // Twenty minutes ago, as far as whoever enqueues this knows.
    let since = OffsetDateTime::now_utc() - time::Duration::minutes(20);
    let hint = json!({"v": 1, "kind": "contentKeyPolicies", "name": "sick", "since": since.format(&Rfc3339)?});
    let queue = "mirror-content-key-policy";
    let from = scene.log.end();
    scene.enqueue(queue, hint.to_string().as_bytes()).await?;
    scene
        .expect_after(from, policy, "failed(replica-refused)")
        .await?;
    scene.calm().await?;
    let sick = beat(&scene).await?;
    ensure!(seconds(&sick, "contentKeyPolicies")? >= 1200, "{sick:?}");
    let failed = &sick.value("failures")["replica-refused"];
    ensure!(failed.as_u64() >= Some(1), "{sick:?}");
    let old = &sick.value("exceptions")["over-15"];
    ensure!(old.as_u64() >= Some(1), "{sick:?}");

    scene.control().clear_fault(refused);
    let from = scene.log.end();
    scene.enqueue(queue, hint.to_string().as_bytes()).await?;
    scene.expect_after(from, policy, "applied").await?;
    scene.calm().await?;
    let well = beat(&scene).await?;
    ensure!(seconds(&well, "contentKeyPolicies")? < 1200, "{well:?}");
    Ok(())
}

async fn what_was_poisoned_and_what_waits_is_counted(backend: Backend) -> anyhow::Result<()> {
    let scene = exclusive(backend).await?;
    scene.calm().await?;
    let poison = "mirror-filter-poison";
    scene.poison.empty(&*scene.queues, poison).await?;
    let before = beat(&scene).await?;
    ensure!(before.value("poisoned")["mirror-filter"].is_null());
    scene.enqueue("mirror-filter", b"not a change").await?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let record = beat(&scene).await?;
        if record.value("poisoned")["mirror-filter"] == json!(1) {
            break;
        }
        ensure!(Instant::now() < deadline, "{record:?}");
    }
    scene.poison.empty(&*scene.queues, poison).await?;

    // What waits for its time is in its queue, and nobody can see it there: not its age either.
    let busy = Fault::Throttle { retry_after: 4 };
    let busy = FaultRule::for_account(World::PRIMARY, busy);
    scene.control().add_fault(busy.path("/accountFilters/late"));
    let hint = json!({"v": 1, "kind": "accountFilters", "name": "late"});
    let hint = hint.to_string();
    scene.enqueue("mirror-filter", hint.as_bytes()).await?;
    let late = "accountFilters/late";
    scene.expect(late, "waiting(source-throttled)").await?;
    let waiting = beat(&scene).await?;
    let queue = &waiting.value("queues")["mirror-filter"];
    ensure!(queue["messages"].as_u64() >= Some(1), "{waiting:?}");
    // A primary that asks for fewer calls is there.
    seconds(&waiting, "assets")?;
    scene.control().clear_faults(None);
    scene.calm().await
}

async fn an_event_that_arrived_is_remembered(backend: Backend) -> anyhow::Result<()> {
    let scene = exclusive(backend).await?;
    let before = OffsetDateTime::now_utc() - time::Duration::minutes(1);
    encoded(&scene, "arrived").await?;
    scene.calm().await?;
    let event_type = match backend {
        Backend::Ams => "Microsoft.Media.JobFinished",
        Backend::Mkio => "MediaKind.JobFinished",
    };
    let deadline = Instant::now() + PATIENCE;
    loop {
        let record = beat(&scene).await?;
        if let Value::String(at) = &record.value("arrivals")[event_type] {
            // A process notes it once a minute, and the world has had other tests.
            let at = OffsetDateTime::parse(at, &Rfc3339)?;
            ensure!(at >= before, "{record:?}");
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "{record:?}");
    }
}

async fn the_status_is_served_to_programs_and_to_people(backend: Backend) -> anyhow::Result<()> {
    let scene = exclusive(backend).await?;
    encoded(&scene, "unnamed-here").await?;
    scene.calm().await?;
    beat(&scene).await?;
    scene.control().reset_requests();
    let url = format!("{}/api/status", scene.host.url());
    let client = scene.tls.client();
    let answer = client.get(&url).send().await?.error_for_status()?;
    let policy = answer.headers().get("content-security-policy").cloned();
    let policy = policy.context("a policy")?;
    ensure!(policy.to_str()?.starts_with("default-src 'none'"));
    let value: Value = serde_json::from_str(&answer.text().await?)?;
    ensure!(value["healthy"].is_boolean(), "{value:#}");
    let lag = &value["heartbeat"]["latest"]["lag"];
    ensure!(lag["assets"].is_u64(), "{value:#}");
    ensure!(value["heartbeat"]["steps"].is_array(), "{value:#}");

    let page = client.get(&url).header("accept", "text/html,*/*;q=0.8");
    let page = page.send().await?.error_for_status()?;
    let sort = page.headers().get("content-type").cloned();
    ensure!(sort.context("a type")?.to_str()?.starts_with("text/html"));
    let page = page.text().await?;
    for text in ["<!doctype html>", "streamingLocators", "Last 24 hours"] {
        ensure!(page.contains(text), "{text}: {page}");
    }
    for shown in [&page, &value.to_string()] {
        ensure!(!shown.contains("unnamed-here"), "a title's name shows");
        let world: &World = &scene;
        for secret in &world.secrets {
            ensure!(!shown.contains(secret), "a secret shows");
        }
    }
    // It reads what is kept; a page that is looked at often costs the services nothing.
    let requests = scene.control().requests(None);
    ensure!(requests.is_empty(), "{requests:#?}");
    let other = client.post(&url).send().await?.status();
    ensure!(other.is_client_error(), "{other}");
    Ok(())
}
