//! Walks find what no event announced. Each test fires them itself, in a world of their own: a walk over a whole kind sees what other tests left.

mod deleting;
mod finding;
mod running;
mod updated;

use anyhow::Context;
use serde_json::{Value, json};
use state::{Progress, Run, Runs};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::support::{PATIENCE, Record, Scene};

pub(crate) fn tests() -> Vec<libtest_mimic::Trial> {
    [
        deleting::tests(),
        finding::tests(),
        running::tests(),
        updated::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The kinds that have lists.
const KINDS: [&str; 5] = [
    "contentKeyPolicies",
    "streamingPolicies",
    "accountFilters",
    "assets",
    "streamingLocators",
];

/// What a sweep enqueues for one kind.
fn sweep(kind: &str, depth: &str) -> anyhow::Result<Value> {
    let run = format!("sweep-{depth}");
    order(kind, depth, "walk", &run)
}

fn order(kind: &str, depth: &str, cause: &str, run: &str) -> anyhow::Result<Value> {
    let since = OffsetDateTime::now_utc().format(&Rfc3339)?;
    Ok(json!({"v": 1, "kind": kind, "depth": depth, "cause": cause, "run": run, "since": since}))
}

async fn enqueue(scene: &Scene, order: &Value) -> anyhow::Result<()> {
    scene.enqueue("walk", order.to_string().as_bytes()).await
}

/// Waits for what a walk over a kind says, in the records from a place on.
async fn said(scene: &Scene, from: usize, kind: &str, outcome: &str) -> anyhow::Result<Record> {
    let wanted = |record: &Record| {
        record.text("message") == "walk"
            && record.text("kind") == kind
            && record.text("outcome") == outcome
    };
    let found = scene.log.wait(from, PATIENCE, wanted).await;
    found.with_context(|| {
        let all = scene.log.records(from);
        let walks = all.iter().filter(|record| record.text("message") == "walk");
        let walks: Vec<_> = walks.collect();
        format!("no walk over {kind} is {outcome}: {walks:#?}")
    })
}

/// One kind as a sweep walks it, and everything that follows from it.
async fn swept(scene: &Scene, kind: &str, depth: &str) -> anyhow::Result<Record> {
    let from = scene.log.end();
    enqueue(scene, &sweep(kind, depth)?).await?;
    let walked = said(scene, from, kind, "walked").await?;
    scene.calm().await?;
    Ok(walked)
}

/// Every kind, one after the other, and how many names were enqueued.
async fn all_swept(scene: &Scene, depth: &str) -> anyhow::Result<u64> {
    let mut enqueued = 0;
    let from = scene.log.end();
    for kind in KINDS {
        enqueue(scene, &sweep(kind, depth)?).await?;
    }
    for kind in KINDS {
        let walked = said(scene, from, kind, "walked").await?;
        enqueued += walked.number("enqueued").unwrap_or_default();
    }
    scene.calm().await?;
    Ok(enqueued)
}

fn runs(scene: &Scene) -> anyhow::Result<Runs> {
    Ok(Runs::new(scene.state()?))
}

/// Begins a run, as a sweep or the operator's tool does.
async fn begun(scene: &Scene, id: &str) -> anyhow::Result<()> {
    let now = OffsetDateTime::now_utc();
    let run = Run::new(id, "backfill", change::Depth::List, &::walk::KINDS, now);
    Ok(runs(scene)?.begin(&run).await?)
}

/// How far a run is with a kind.
async fn progress(scene: &Scene, id: &str, kind: change::Kind) -> anyhow::Result<Progress> {
    let run = runs(scene)?.get(id).await?;
    let mut run = run.with_context(|| format!("there is no run {id}"))?;
    Ok(run.progress(kind).clone())
}

/// The successful writes to the secondary since the journal was emptied.
fn written(scene: &Scene) -> Vec<String> {
    let requests = scene.control().requests(Some(world::World::SECONDARY));
    let done = requests
        .into_iter()
        .filter(|request| request.write && request.status.is_none_or(|status| status < 400));
    done.map(|request| format!("{} {}", request.method, request.path))
        .collect()
}
