//! A batch's names, a few at once. Whatever is not done is put back.

use std::time::{Duration, Instant};

use change::{Batch, Depth, Kind, Name};
use cloud::QueueError;
use futures::stream::{FuturesUnordered, StreamExt};
use media::Calls;
use mirror::{Again, Outcome, Reason, Report};
use state::Progress;
use tokio::sync::SemaphorePermit;

use super::super::{
    mirroring,
    route::{BACKFILL, Route},
};
use crate::{app::App, backoff, log, protocol::Invocation};

/// How many names of a batch are looked at at once. Each takes a handful of calls, one after the other, and most of the time of these is
/// spent on their way.
pub(crate) const AT_ONCE: usize = 4;

/// How long one invocation begins with names before it puts back those that are left.
const PATIENCE: Duration = Duration::from_secs(240);

/// What became of a batch.
#[derive(Default)]
pub(super) struct Done {
    pub(super) tally: Progress,
    pub(super) calls: Calls,
}

/// What became of a name.
enum Looked {
    /// It is done, or comes back by itself.
    Settled(Report),
    /// The service cannot be asked at the moment.
    Stalled(Name, Again),
}

/// Looks at the names of a batch until its time is over or the service cannot be asked.
pub(super) async fn work(
    app: &App,
    invocation: &Invocation,
    batch: &Batch,
    done: &mut Done,
) -> Result<(), QueueError> {
    let until = tokio::time::Instant::now() + PATIENCE;
    let mut left = batch.names.iter();
    let mut looking = FuturesUnordered::new();
    let mut stalled: Vec<(Name, Again)> = Vec::new();
    let mut result = Ok(());
    loop {
        while stalled.is_empty() && result.is_ok() && looking.len() < AT_ONCE && left.len() > 0 {
            let permit = permit(app, looking.is_empty(), until).await;
            let Some((permit, name)) = permit.zip(left.as_slice().first()) else {
                break;
            };
            left.next();
            looking.push(look(app, invocation, batch, name, permit));
        }
        // What has begun is brought to its end, whatever became of the others.
        let Some((looked, calls)) = looking.next().await else {
            break;
        };
        done.calls.primary += calls.primary;
        done.calls.secondary += calls.secondary;
        match looked {
            Ok(Looked::Settled(report)) => count(&mut done.tally, &report),
            Ok(Looked::Stalled(name, again)) => stalled.push((name, again)),
            Err(error) => result = Err(error),
        }
    }
    result?;
    put_back(app, batch, &stalled, left.as_slice()).await
}

/// Leave to look at one more name: at once or not at all, unless there is nothing else to wait for.
async fn permit(
    app: &App,
    is_idle: bool,
    until: tokio::time::Instant,
) -> Option<SemaphorePermit<'_>> {
    if tokio::time::Instant::now() >= until {
        return None;
    }
    let names = &app.walks.names;
    if !is_idle {
        return names.try_acquire().ok();
    }
    let waited = tokio::time::timeout_at(until, names.acquire()).await;
    waited.ok().and_then(Result::ok)
}

/// Looks at one name, and settles what follows unless the service cannot be asked.
async fn look(
    app: &App,
    invocation: &Invocation,
    batch: &Batch,
    name: &Name,
    _permit: SemaphorePermit<'_>,
) -> (Result<Looked, QueueError>, Calls) {
    let begun = Instant::now();
    let mut change = batch.change(name);
    change.since.get_or_insert_with(app.clock);
    let (report, calls) = media::counted(app.mirror.mirror_at(&change, batch.depth)).await;
    if let (Outcome::Waiting(reason), Some(again)) = (report.outcome, report.again)
        && concerns_all(reason)
        && batch.names.len() > 1
    {
        // The others would fare no better. One that comes back by itself is settled like any other, so that it is known to wait.
        return (Ok(Looked::Stalled(name.clone(), again)), calls);
    }
    if report.outcome != Outcome::InSync {
        log::change(invocation, &change, &report, calls, begun.elapsed());
    }
    let route = Route::Backfill(batch);
    let settled = if is_partial(batch, &report) {
        route.follow(app, &change, &report).await
    } else {
        mirroring::settle(app, invocation, route, &change, &report).await
    };
    (settled.map(|()| Looked::Settled(report)), calls)
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

async fn put_back(
    app: &App,
    batch: &Batch,
    stalled: &[(Name, Again)],
    left: &[Name],
) -> Result<(), QueueError> {
    let Some(((first, again), others)) = stalled.split_first() else {
        return send(app, &batch.of(left.to_vec()), Duration::ZERO).await;
    };
    let delay = backoff::delay(*again, batch.attempt, (app.jitter)());
    let others = others.iter().map(|(name, _)| name.clone()).collect();
    // One resource can have such a reason of its own, as a filter of an asset that is not there: it must not hold up the others for ever.
    for names in [vec![first.clone()], others, left.to_vec()] {
        let part = Batch {
            attempt: batch.attempt.saturating_add(1),
            ..batch.of(names)
        };
        send(app, &part, delay).await?;
    }
    Ok(())
}

async fn send(app: &App, batch: &Batch, delay: Duration) -> Result<(), QueueError> {
    if batch.names.is_empty() {
        return Ok(());
    }
    app.queues.send(BACKFILL, &batch.to_text(), delay).await
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
