//! One kind in one run: both lists compared, and the names that differ enqueued.

mod deletions;
mod document;
mod enqueuer;

use std::time::{Duration, Instant};

use change::{Cause, Depth, WalkOrder};
use cloud::QueueError;
use mirror::{Again, Reason};
use state::{Progress, RunState, Walked};
use walk::{Selection, Stopped};
use wildmatch::WildMatch;

use self::{
    deletions::{SHRUNK, delete},
    document::{Before, is_too_early, note},
    enqueuer::Enqueuer,
};
use super::{
    Function, MESSAGE,
    queue::{PAUSE, enqueued, poison},
};
use crate::{
    app::App,
    backoff, log,
    protocol::{Invocation, Reply},
};

/// The queue of orders.
pub(super) const WALK: &str = "walk";

pub(super) const FUNCTION: Function =
    Function::Queue(WALK, |app, invocation| Box::pin(run(app, invocation)));

/// How long one walk may take. The host ends it after ten minutes.
const PATIENCE: Duration = Duration::from_secs(480);

/// How long the order of a backfill's locators waits before it is seen whether it is their turn.
const TURN: Duration = Duration::from_secs(5);

/// So often a sweep's walk is tried again; then the next sweep makes another.
const ATTEMPTS: u32 = 3;

/// How long before the last walk began a walk over what was updated reaches back: clocks differ.
const OVERLAP: time::Duration = time::Duration::MINUTE;

async fn run(app: &App, invocation: &Invocation) -> Reply {
    let order = match WalkOrder::parse(&invocation.message(MESSAGE)) {
        Ok(order) if order.kind.parent().is_none() => order,
        Ok(_) => {
            let detail = "asset filters are walked with their assets, at the depth children";
            return poison(app, invocation, Reason::BadMessage, detail).await;
        }
        Err(bad) => return poison(app, invocation, Reason::BadMessage, &bad.to_string()).await,
    };
    let document = app.walks.runs.get(&order.run).await.ok().flatten();
    match document.as_ref().map(|run| run.state) {
        Some(RunState::Paused) => {
            log::no_walk(invocation, &order, "waiting", "the run is paused");
            let sent = app.queues.send(WALK, &order.to_text(), PAUSE).await;
            return enqueued(invocation, sent);
        }
        Some(RunState::Cancelled) => {
            log::no_walk(invocation, &order, "skipped", "the run is cancelled");
            return Reply::done();
        }
        Some(RunState::Running) | None => {}
    }
    if document
        .as_ref()
        .is_some_and(|run| is_too_early(&order, run, (app.clock)()))
    {
        log::no_walk(
            invocation,
            &order,
            "waiting",
            "what it depends on goes first",
        );
        let sent = app.queues.send(WALK, &order.to_text(), TURN).await;
        return enqueued(invocation, sent);
    }
    let marks = app.walks.watermarks.read().await.unwrap_or_default();
    let last = marks.walked(order.kind, order.depth);
    if order.cause == Cause::Walk && last.is_some_and(|last| last.started >= order.since) {
        // Orders that piled up are done with one walk.
        log::no_walk(invocation, &order, "skipped", "it was walked since");
        return Reply::done();
    }
    let started = Instant::now();
    let began = (app.clock)();
    let before = Before::of(&order, document, began);
    if before.outstanding > 0 && order.depth > Depth::List {
        // Each name of the last one is to be looked at still; to look at all of them twice would never end.
        log::no_walk(
            invocation,
            &order,
            "skipped",
            "names of the last one are in the queue still",
        );
        return Reply::done();
    }
    let mut enqueuer = Enqueuer {
        app,
        order: &order,
        names: Vec::new(),
        extra: Vec::new(),
        outstanding: before.outstanding,
        progress: Progress::default(),
        since: last.map_or(began, |last| last.started),
    };
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let walking = go_through(
        app,
        &order,
        deadline,
        last,
        marks.latest_full(order.kind).map(|walked| walked.primary),
        &mut enqueuer,
    );
    // The walk itself says that it took too long.
    let waits = deadline + Duration::from_secs(60);
    let (result, calls) = media::counted(media::in_background(waits, walking)).await;
    let result = match result {
        // The rest is not to be had, or not at once: what was found goes its way.
        Err(stopped) if !comes_again(&stopped) => match enqueuer.flush().await {
            Ok(()) => Err(stopped),
            Err(error) => Err(Stopped::Visit(error)),
        },
        result => result,
    };
    let mut progress = enqueuer.progress;
    let sent = match result {
        Ok(()) => {
            progress.walked = true;
            let walked = Walked {
                started: began,
                finished: (app.clock)(),
                primary: progress.primary,
            };
            if order.is_whole() && progress.detail.as_deref() != Some(SHRUNK) {
                let marks = &app.walks.watermarks;
                if let Err(error) = marks.walked(order.kind, order.depth, &walked).await {
                    log::fault(invocation, Reason::Configuration, &error.to_string());
                }
            }
            Ok(())
        }
        Err(Stopped::Visit(error)) => Err(error),
        Err(Stopped::List(reason, detail)) => {
            stop(app, &order, &mut progress, reason, detail).await
        }
        Err(Stopped::TooLong) => {
            let detail = format!("not through after {} s", PATIENCE.as_secs());
            stop(app, &order, &mut progress, Reason::SourceThrottled, detail).await
        }
    };
    log::walk(invocation, &order, &progress, calls, started.elapsed());
    note(app, &order, &before, &progress).await;
    enqueued(invocation, sent)
}

/// Whether the same walk can be expected to find the same again soon.
const fn comes_again(stopped: &Stopped<QueueError>) -> bool {
    match stopped {
        Stopped::List(reason, _) => reason.is_transient(),
        Stopped::Visit(_) => true,
        Stopped::TooLong => false,
    }
}

async fn go_through(
    app: &App,
    order: &WalkOrder,
    deadline: tokio::time::Instant,
    last: Option<&Walked>,
    full: Option<u64>,
    enqueuer: &mut Enqueuer<'_>,
) -> Result<(), Stopped<QueueError>> {
    let selection = Selection {
        kind: order.kind,
        name: order.name.as_deref().map(WildMatch::new),
        created_after: order.created_after,
    };
    let walked = if order.depth == Depth::Updated {
        let from = last.map_or(order.since - PATIENCE, |last| last.started) - OVERLAP;
        walk::updated(&app.mirror, &selection, from, deadline, enqueuer).await?
    } else {
        walk::walk(&app.mirror, &selection, deadline, enqueuer).await?
    };
    enqueuer.flush().await.map_err(Stopped::Visit)?;
    let progress = &mut enqueuer.progress;
    progress.detail = walked.no_short_cut.map(|said| {
        format!("walks over lists find what was updated, since the primary does not list by time: {said}")
    });
    progress.pages = walked.pages;
    progress.primary = walked.primary;
    progress.secondary = walked.secondary;
    progress.missing = walked.missing;
    progress.different = walked.different;
    progress.extra = walked.extra;
    let extra = std::mem::take(&mut enqueuer.extra);
    if order.is_whole() && order.depth > Depth::Updated {
        delete(app, order, full, extra, progress)
            .await
            .map_err(Stopped::Visit)?;
    }
    Ok(())
}

/// A walk that could not go through: the order comes again, or the next sweep makes another.
async fn stop(
    app: &App,
    order: &WalkOrder,
    progress: &mut Progress,
    reason: Reason,
    detail: String,
) -> Result<(), QueueError> {
    progress.detail = Some(detail);
    let sweep = order.cause == Cause::Walk;
    if !reason.is_transient() || (sweep && order.attempt >= ATTEMPTS) {
        progress.stopped = Some(reason.as_str().to_owned());
        return Ok(());
    }
    let delay = backoff::delay(Again::BackOff, order.attempt + 3, (app.jitter)());
    let text = order.again().to_text();
    app.queues.send(WALK, &text, delay).await
}
