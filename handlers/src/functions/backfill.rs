//! Names that are looked at when there is time: the calls leave half of the burst to live changes, and what follows comes back here.

use std::time::{Duration, Instant};

use change::{Batch, Depth, Kind, Name};
use cloud::QueueError;
use media::Calls;
use mirror::{Again, Outcome, Reason, Report};
use state::{Progress, Run, RunState};

use super::{
    Function, MESSAGE, copy_blobs, mirroring,
    queue::{enqueued, poison},
    route::{BACKFILL, Route},
};
use crate::{
    app::App,
    backoff, log,
    protocol::{Invocation, Reply},
};

pub(super) const FUNCTION: Function =
    Function::Queue(BACKFILL, |app, invocation| Box::pin(run(app, invocation)));

/// How long one invocation works before it puts back the names that are left. The host ends it after ten minutes.
const PATIENCE: Duration = Duration::from_secs(240);

/// How long its calls wait for their turn at most: the name that is looked at then is put back too.
const LAST_CALL: Duration = Duration::from_secs(480);

/// How long the messages of a paused run wait.
const PAUSE: Duration = Duration::from_secs(60);

async fn run(app: &App, invocation: &Invocation) -> Reply {
    let last_call = tokio::time::Instant::now() + LAST_CALL;
    let message = invocation.message(MESSAGE);
    let batch = match Batch::parse(&message) {
        Ok(batch) => batch,
        Err(_) if copy_blobs::is_share(&message) => {
            return media::in_background(last_call, copy_blobs::run(app, invocation)).await;
        }
        Err(bad) => return poison(app, invocation, Reason::BadMessage, &bad.to_string()).await,
    };
    match run_state(app, &batch).await {
        RunState::Running => {}
        RunState::Paused => {
            log::no_batch(invocation, &batch, "waiting", "the run is paused");
            let sent = app.queues.send(BACKFILL, &batch.to_text(), PAUSE).await;
            return enqueued(invocation, sent);
        }
        RunState::Cancelled => {
            log::no_batch(invocation, &batch, "skipped", "the run is cancelled");
            return Reply::done();
        }
    }
    let started = Instant::now();
    let mut done = Done::default();
    let result = media::in_background(last_call, work(app, invocation, &batch, &mut done)).await;
    log::batch(
        invocation,
        &batch,
        &done.tally,
        done.calls,
        started.elapsed(),
    );
    note(app, &batch, &done.tally).await;
    enqueued(invocation, result)
}

/// What became of a batch.
#[derive(Default)]
struct Done {
    tally: Progress,
    calls: Calls,
}

/// Looks at one name after the other. Whatever is left is put back whole.
async fn work(
    app: &App,
    invocation: &Invocation,
    batch: &Batch,
    done: &mut Done,
) -> Result<(), QueueError> {
    let started = Instant::now();
    for (index, name) in batch.names.iter().enumerate() {
        let rest = &batch.names[index..];
        if started.elapsed() > PATIENCE {
            let left = batch.of(rest.to_vec());
            return app
                .queues
                .send(BACKFILL, &left.to_text(), Duration::ZERO)
                .await;
        }
        let begun = Instant::now();
        let mut change = batch.change(name);
        change.since.get_or_insert_with(app.clock);
        let mirrored = app.mirror.mirror_at(&change, batch.depth);
        let (report, calls) = media::counted(mirrored).await;
        done.calls.primary += calls.primary;
        done.calls.secondary += calls.secondary;
        if let (Outcome::Waiting(reason), Some(again)) = (report.outcome, report.again)
            && concerns_all(reason)
            && batch.names.len() > 1
        {
            // The others would fare no better. One that comes back by itself is settled like any other, so that it is known to wait.
            return put_back(app, batch, rest, again).await;
        }
        if report.outcome != Outcome::InSync {
            log::change(invocation, &change, &report, calls, begun.elapsed());
        }
        let route = Route::Backfill(batch);
        if is_partial(batch, &report) {
            route.follow(app, &change, &report).await?;
        } else {
            mirroring::settle(app, invocation, route, &change, &report).await?;
        }
        count(&mut done.tally, &report);
    }
    Ok(())
}

/// Whether an asset was found in order without a look at its bytes. What is recorded of it may be about these, and stays.
fn is_partial(batch: &Batch, report: &Report) -> bool {
    let looked_at_bytes = !matches!(batch.depth, Depth::Children | Depth::Keys);
    let in_order = matches!(
        report.outcome,
        Outcome::InSync | Outcome::Skipped(Reason::DeletesOff)
    );
    batch.kind == Kind::Assets && !looked_at_bytes && in_order
}

/// Whether a reason says something about the service, and nothing about the resource.
const fn concerns_all(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::SourceThrottled
            | Reason::SourceUnavailable
            | Reason::ReplicaThrottled
            | Reason::ReplicaUnavailable
            | Reason::SourceStorageThrottled
            | Reason::SourceStorageUnavailable
            | Reason::ReplicaStorageThrottled
            | Reason::ReplicaStorageUnavailable
    )
}

async fn put_back(app: &App, batch: &Batch, rest: &[Name], again: Again) -> Result<(), QueueError> {
    // One resource can have such a reason of its own, as a filter of an asset that is not there: it must not hold up the others for ever.
    let (first, others) = rest.split_at(1);
    let delay = backoff::delay(again, batch.attempt, (app.jitter)());
    for names in [first, others] {
        if names.is_empty() {
            continue;
        }
        let part = Batch {
            attempt: batch.attempt.saturating_add(1),
            ..batch.of(names.to_vec())
        };
        app.queues.send(BACKFILL, &part.to_text(), delay).await?;
    }
    Ok(())
}

const fn count(tally: &mut Progress, report: &Report) {
    match report.outcome {
        Outcome::InSync => tally.in_sync += 1,
        Outcome::Applied => tally.applied += 1,
        Outcome::Skipped(_) => tally.skipped += 1,
        Outcome::Failed(_) => tally.failed += 1,
        // It comes again, by itself or by what it waits for.
        Outcome::Waiting(_) if report.again.is_some() => {}
        Outcome::Waiting(_) => tally.skipped += 1,
    }
}

/// Whether the run goes on. A run whose document was lost goes on.
async fn run_state(app: &App, batch: &Batch) -> RunState {
    let Some(id) = &batch.run else {
        return RunState::Running;
    };
    match app.walks.runs.get(id).await {
        Ok(Some(run)) => run.state,
        Ok(None) | Err(_) => RunState::Running,
    }
}

/// Adds to the run's figures, which are for people: that they cannot be written stops nothing.
async fn note(app: &App, batch: &Batch, tally: &Progress) {
    let Some(id) = batch.run.as_deref().filter(|_| tally.done() > 0) else {
        return;
    };
    let now = (app.clock)();
    let add = |run: &mut Run| {
        let progress = run.progress(batch.kind);
        progress.worked = Some(now);
        progress.in_sync += tally.in_sync;
        progress.applied += tally.applied;
        progress.skipped += tally.skipped;
        progress.failed += tally.failed;
    };
    let _ = app.walks.runs.update(id, now, add).await;
}
