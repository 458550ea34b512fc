//! Names that are looked at when there is time: the calls leave half of the burst to live changes, and what follows comes back here.

mod work;

use std::time::{Duration, Instant};

use change::Batch;
use mirror::Reason;
use state::{Progress, Run, RunState};

use self::work::{Done, work};
use super::{
    Function, MESSAGE, copy_blobs,
    queue::{PAUSE, enqueued, poison},
    route::BACKFILL,
};
use crate::{
    app::App,
    log,
    protocol::{Invocation, Reply},
};

pub(super) const FUNCTION: Function =
    Function::Queue(BACKFILL, |app, invocation| Box::pin(run(app, invocation)));

/// How long calls wait for their turn at most: the names that are looked at then are put back. The host ends an invocation after ten
/// minutes.
const LAST_CALL: Duration = Duration::from_secs(480);

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
