//! Runs: when walks begin, what is lost with their documents, and what a handler leaves behind that dies.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use futures::future::try_join_all;
use serde_json::{Value, json};
use simulator::{Fault, FaultRule};
use state::RunState;
use tokio::time::{Duration, Instant, sleep};
use world::{Backend, World, bodies::filters, differences};

use super::{KINDS, begun, enqueue, order, runs, said, swept, written};
use crate::support::{PATIENCE, Record, Scene, tests_on_both, walking};

tests_on_both![
    the_timer_starts_walks_when_they_are_due,
    a_run_that_lost_its_documents_goes_on,
    a_cancelled_run_ends_and_another_does_the_rest,
    a_handler_that_dies_in_a_walk_loses_nothing,
    a_handler_that_dies_in_a_batch_writes_nothing_twice,
];

const FILTERS: &str = "accountFilters";

/// Makes filters in the primary, and nobody tells of them.
async fn filters_made(scene: &Scene, prefix: &str, count: usize) -> anyhow::Result<Vec<String>> {
    scene.lose_events();
    let primary = &scene.primary()?;
    let names: Vec<String> = (0..count).map(|n| format!("{prefix}-{n:03}")).collect();
    let made = names.iter().map(|name| async move {
        let path = format!("{FILTERS}/{name}");
        primary.put(&path, filters::clip()).await
    });
    try_join_all(made).await?;
    scene.control().reset_requests();
    Ok(names)
}

/// How many replicas there are of such filters.
async fn replicas(scene: &Scene, prefix: &str) -> anyhow::Result<usize> {
    let names = scene.secondary()?.names(FILTERS).await?;
    let of = names.iter().filter(|name| name.starts_with(prefix));
    Ok(of.count())
}

/// Waits until it is so.
async fn until<F>(what: &str, mut so: impl FnMut() -> F) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<bool>>,
{
    let deadline = Instant::now() + PATIENCE;
    while !so().await? {
        ensure!(Instant::now() < deadline, "not so: {what}");
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

async fn the_timer_starts_walks_when_they_are_due(backend: Backend) -> anyhow::Result<()> {
    let scene = walking(backend).await?;
    let state = scene.state()?;
    state.remove("runs/walked").await?;
    let depths = differences::DEPTHS.on(backend);
    let mut walks = 1 + KINDS.len() + 2 + 1;
    if depths.contains("updated") {
        walks += KINDS.len();
    }
    // Where it is lost when the last ones were, they are due.
    for _ in 0..2 {
        let from = scene.log.end();
        scene.host.fire("sweep").await?;
        ensure!(asked(&scene, from).await? == depths);
        scene.calm().await?;
        until("every walk is through", || async {
            let all = scene.log.records(from);
            let walked = all.iter().filter(|record| {
                record.text("message") == "walk" && record.text("outcome") == "walked"
            });
            Ok(walked.count() == walks)
        })
        .await?;
        let run = runs(&scene)?.get("sweep-list").await?;
        ensure!(run.context("the sweep has a document")?.is_finished());

        let from = scene.log.end();
        scene.host.fire("sweep").await?;
        ensure!(asked(&scene, from).await?.is_empty());
        state.remove("runs/walked").await?;
    }
    Ok(())
}

/// What the last sweep asked for.
async fn asked(scene: &Scene, from: usize) -> anyhow::Result<String> {
    // What the handler says can be read a little after it has answered.
    let wanted = |record: &Record| record.text("message") == "sweep";
    let sweep = scene.log.wait(from, PATIENCE, wanted).await;
    let sweep = sweep.context("a sweep says what it asks for")?;
    Ok(sweep.text("depths").to_owned())
}

/// A backfill at such a rate that its two batches come two seconds apart.
async fn slow_backfill(scene: &Scene, id: &str, pattern: &str) -> anyhow::Result<()> {
    let mut order = order(FILTERS, "list", "backfill", id)?;
    order["name"] = json!(pattern);
    order["rate"] = json!(25.0);
    enqueue(scene, &order).await
}

async fn a_run_that_lost_its_documents_goes_on(backend: Backend) -> anyhow::Result<()> {
    let scene = walking(backend).await?;
    let names = filters_made(&scene, "lost", 60).await?;
    begun(&scene, "backfill-lost").await?;
    let from = scene.log.end();
    slow_backfill(&scene, "backfill-lost", "lost-*").await?;
    until("a batch is done", || async {
        Ok(replicas(&scene, "lost").await? > 0)
    })
    .await?;
    ensure!(replicas(&scene, "lost").await? < names.len());
    let state = scene.state()?;
    for path in state.list("", 1000).await? {
        state.remove(&path).await?;
    }
    scene.calm().await?;
    ensure!(replicas(&scene, "lost").await? == names.len());
    ensure!(runs(&scene)?.get("backfill-lost").await?.is_none());
    let walked = said(&scene, from, FILTERS, "walked").await?;
    ensure!(walked.number("enqueued") == Some(60), "{walked:?}");
    Ok(())
}

async fn a_cancelled_run_ends_and_another_does_the_rest(backend: Backend) -> anyhow::Result<()> {
    let scene = walking(backend).await?;
    let names = filters_made(&scene, "dropped", 60).await?;
    begun(&scene, "backfill-dropped").await?;
    slow_backfill(&scene, "backfill-dropped", "dropped-*").await?;
    until("a batch is done", || async {
        Ok(replicas(&scene, "dropped").await? > 0)
    })
    .await?;
    let runs = runs(&scene)?;
    let now = time::OffsetDateTime::now_utc();
    let cancel = |run: &mut state::Run| run.state = RunState::Cancelled;
    let run = runs.update("backfill-dropped", now, cancel).await?;
    ensure!(run.is_some_and(|run| run.is_finished()));
    scene.calm().await?;
    let done = replicas(&scene, "dropped").await?;
    ensure!(done < names.len(), "it went on");

    let walked = swept(&scene, FILTERS, "list").await?;
    let left = u64::try_from(names.len() - done)?;
    ensure!(walked.number("missing") == Some(left), "{walked:?}");
    ensure!(replicas(&scene, "dropped").await? == names.len());
    twice(&scene, 0)
}

/// How many writes there were to a resource that had been written before.
fn twice(scene: &Scene, expected: usize) -> anyhow::Result<()> {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for write in written(scene) {
        *times.entry(write).or_default() += 1;
    }
    let twice: Vec<_> = times.iter().filter(|(_, times)| **times > 1).collect();
    ensure!(twice.len() == expected, "{twice:#?}");
    Ok(())
}

/// Lets the handler wait for an answer of the primary to such a request, and returns the process that waits.
async fn hanging_at(scene: &Scene, path: &str, after: u32, order: &Value) -> anyhow::Result<u32> {
    let hang = FaultRule::for_account(World::PRIMARY, Fault::Hang { seconds: None })
        .methods(&["GET"])
        .path(path)
        .after(after)
        .times(1);
    scene.control().add_fault(hang);
    let pid = scene.host.handler_pid().context("the handler runs")?;
    enqueue(scene, order).await?;
    until("a request hangs", || async {
        let requests = scene.control().requests(Some(World::PRIMARY));
        // The service's own time is up when it answers.
        Ok(requests.iter().any(|request| {
            request.status.is_none() && request.method == "GET" && request.path.contains(path)
        }))
    })
    .await?;
    Ok(pid)
}

async fn killed(scene: &Scene, pid: u32) -> anyhow::Result<()> {
    ensure!(scene.host.kill_handler().await == Some(pid), "another died");
    Ok(())
}

async fn a_handler_that_dies_in_a_walk_loses_nothing(backend: Backend) -> anyhow::Result<()> {
    let scene = walking(backend).await?;
    // Less than what a batch holds: else its own reads could be those that hang.
    scene
        .control()
        .change_settings(|settings| settings.page_size = 40);
    let names = filters_made(&scene, "a-cut", 60).await?;
    let mut order = order(FILTERS, "list", "walk", "sweep-list")?;
    order["name"] = json!("a-cut-*");
    let from = scene.log.end();
    let pid = hanging_at(&scene, "/accountFilters", 1, &order).await?;
    killed(&scene, pid).await?;
    said(&scene, from, FILTERS, "walked").await?;
    scene.calm().await?;
    scene
        .control()
        .change_settings(|settings| settings.page_size = 1000);
    ensure!(replicas(&scene, "a-cut").await? == names.len());
    twice(&scene, 0)
}

async fn a_handler_that_dies_in_a_batch_writes_nothing_twice(
    backend: Backend,
) -> anyhow::Result<()> {
    let scene = walking(backend).await?;
    let names = filters_made(&scene, "died", 20).await?;
    let mut order = order(FILTERS, "list", "walk", "sweep-list")?;
    order["name"] = json!("died-*");
    let from = scene.log.end();
    let pid = hanging_at(&scene, "/accountFilters/died-010", 0, &order).await?;
    killed(&scene, pid).await?;
    let wanted = |record: &Record| record.text("message") == "batch";
    let done = scene.log.wait(from, PATIENCE, wanted).await;
    let done = done.context("the batch came again")?;
    // One that hangs keeps none of the others from being written: some before it died, the rest when the batch came again.
    let number = |field| done.number(field).unwrap_or_default();
    ensure!(number("in_sync") + number("applied") == 20, "{done:?}");
    ensure!(number("in_sync") >= 5 && number("applied") > 0, "{done:?}");
    scene.calm().await?;
    ensure!(replicas(&scene, "died").await? == names.len());
    twice(&scene, 0)
}
