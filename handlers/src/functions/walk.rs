//! One kind in one run: both lists compared, and the names that differ enqueued.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use change::{Batch, Cause, Change, Depth, Kind, Name, ResourceId, WalkOrder};
use cloud::QueueError;
use mirror::{Again, Outcome, Reason};
use state::{Exception, Progress, Run, RunState, Walked};
use time::OffsetDateTime;
use walk::{Found, Seen, Selection, Stopped, Visit};
use wildmatch::WildMatch;

use super::{
    Function, MESSAGE,
    mirroring::DELETIONS,
    queue::{enqueued, poison},
    route::BACKFILL,
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

/// How long the orders of a paused run wait.
const PAUSE: Duration = Duration::from_secs(60);

/// How long the order of a backfill's locators waits before it is seen whether it is their turn.
const TURN: Duration = Duration::from_secs(5);

/// A kind of whose names none was worked on for so long is not waited for: some wait for something themselves.
const STUCK: time::Duration = time::Duration::MINUTE;

/// The locators of a backfill that has run for so long are not held back any longer: bytes can take days, and what is complete can be
/// published.
const LATEST: time::Duration = time::Duration::HOUR;

/// So often a sweep's walk is tried again; then the next sweep makes another.
const ATTEMPTS: u32 = 3;

/// What failed for good is looked at again by a sweep after this time.
const FAILED_AGAIN: time::Duration = time::Duration::HOUR;

/// How long before the last walk began a walk over what was updated reaches back: clocks differ.
const OVERLAP: time::Duration = time::Duration::MINUTE;

/// The most names of a kind that sweeps of lists have in the queue at once. A library that was never mirrored is mirrored in steps of so
/// many: else each sweep would enqueue all of it once more.
const OUTSTANDING: u64 = 2000;

/// A sweep whose names were not worked on for so long is not waited for: its figures may be wrong.
const FORGOTTEN: time::Duration = time::Duration::HOUR;

/// The most deletions that one walk asks for after an operator confirmed them.
const MAX_CONFIRMED: usize = 1000;

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

/// Why nothing is deleted: the list of the primary is not what it was.
const SHRUNK: &str = "the primary's list is empty, or under half of the last one";

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

/// A whole walk did not find these sources. Each is confirmed gone before its replica is deleted, and nothing is deleted where it looks as
/// if the primary was lost. `full`: how many resources the primary had when its list was last full.
async fn delete(
    app: &App,
    order: &WalkOrder,
    full: Option<u64>,
    extra: Vec<ResourceId>,
    progress: &mut Progress,
) -> Result<(), QueueError> {
    if extra.is_empty() {
        return Ok(());
    }
    let cap = app.mirror.delete_cap();
    let confirmed = app.mirror.deletions_confirmed().await;
    let (candidates, refused) = candidates(app, order, extra).await;
    progress.candidates = candidates
        .iter()
        .take(cap.saturating_add(1).min(state::MAX_CANDIDATES))
        .map(ToString::to_string)
        .collect();
    let shrunk =
        progress.primary == 0 || full.is_some_and(|full| progress.primary.saturating_mul(2) < full);
    if shrunk && !confirmed {
        progress.detail = Some(SHRUNK.to_owned());
        return Ok(());
    }
    if candidates.len() > cap && !confirmed {
        progress.detail = Some(format!(
            "more than {cap}; none is deleted until they are confirmed"
        ));
        return Ok(());
    }
    let most = if confirmed { MAX_CONFIRMED } else { cap };
    for id in candidates.into_iter().chain(refused).take(most) {
        // What is not counted must not be deleted. The next walk finds it again.
        if app.mirror.announce(&id).await.unwrap_or(false) {
            let change = Change::new(id, Cause::Walk, Some(order.since));
            let text = change.to_text();
            app.queues.send(DELETIONS, &text, Duration::ZERO).await?;
        }
    }
    Ok(())
}

/// Reasons for which a deletion was refused for good.
const REFUSED: [Reason; 4] = [
    Reason::KeysShared,
    Reason::ReplicaDenied,
    Reason::ReplicaIgnored,
    Reason::ReplicaRefused,
];

/// Replicas without a source, apart from those whose deletion was refused before: counted on, these would hold back all others. Those that
/// were looked at lately are left out.
async fn candidates(
    app: &App,
    order: &WalkOrder,
    extra: Vec<ResourceId>,
) -> (Vec<ResourceId>, Vec<ResourceId>) {
    let (mut candidates, mut refused) = (Vec::new(), Vec::new());
    for id in extra {
        // So many are looked into by an operator.
        let known = match candidates.len() {
            0..=MAX_CONFIRMED => app.exceptions.get(&id).await.ok().flatten(),
            _ => None,
        };
        let Some(known) = known else {
            candidates.push(id);
            continue;
        };
        let was_refused = REFUSED.iter().any(|reason| known.reason == reason.as_str());
        let waits = known.outcome == Outcome::Waiting(Reason::DeleteCap).as_str();
        if (was_refused || waits) && was_lately(app, order, &known) {
            continue;
        }
        if was_refused {
            refused.push(id);
        } else {
            candidates.push(id);
        }
    }
    (candidates, refused)
}

/// Whether a sweep leaves alone what is recorded: what waits has a message of its own, and what failed for good is not tried every time.
fn was_lately(app: &App, order: &WalkOrder, known: &Exception) -> bool {
    order.cause == Cause::Walk && (app.clock)() - known.at < FAILED_AGAIN
}

/// Whether a backfill's locators should wait for what they depend on: else each would ask for its asset on its own. It saves work, nothing
/// else. While the last quarter of that is worked on, their own lists can be read, and their names come behind it in the queue.
fn is_too_early(order: &WalkOrder, run: &Run, now: OffsetDateTime) -> bool {
    let waits = |(kind, progress): (&String, &Progress)| {
        let since = progress.worked.unwrap_or(run.started);
        let left = progress.enqueued.saturating_sub(progress.done());
        let is_nearly_through = progress.walked && left * 4 <= progress.enqueued;
        kind != Kind::StreamingLocators.as_str()
            && !progress.is_finished()
            && !is_nearly_through
            && now - since < STUCK
    };
    order.cause == Cause::Backfill
        && order.kind == Kind::StreamingLocators
        && now - run.started < LATEST
        && run.kinds.iter().any(waits)
}

/// What sweeps like this one had done when it began. A backfill is a run of its own.
#[derive(Default)]
struct Before {
    /// Names that were settled.
    done: u64,
    /// Names that were in the queue still.
    outstanding: u64,
}

impl Before {
    fn of(order: &WalkOrder, document: Option<Run>, now: OffsetDateTime) -> Self {
        let Some(mut run) = document.filter(|_| order.cause == Cause::Walk) else {
            return Self::default();
        };
        let progress = run.progress(order.kind);
        let is_known = progress.worked.is_some_and(|at| now - at < FORGOTTEN);
        let left = progress.enqueued.saturating_sub(progress.done());
        Self {
            done: progress.done(),
            outstanding: if is_known { left } else { 0 },
        }
    }
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

/// The figures in the run's document, which are for people: that they cannot be written stops nothing.
async fn note(app: &App, order: &WalkOrder, before: &Before, progress: &Progress) {
    let now = (app.clock)();
    let set = |run: &mut Run| {
        let known = run.progress(order.kind);
        // A sweep's run goes on from walk to walk, and batches of a walk are worked on before it ends: those are done by now, and are not to
        // be counted as done before it began.
        *known = Progress {
            in_sync: known.in_sync,
            applied: known.applied,
            skipped: known.skipped,
            failed: known.failed,
            enqueued: before.done + before.outstanding + progress.enqueued,
            worked: match before.outstanding {
                0 => Some(now),
                _ => known.worked,
            },
            ..progress.clone()
        };
    };
    let _ = app.walks.runs.update(&order.run, now, set).await;
}

/// Collects names and enqueues them in batches.
struct Enqueuer<'a> {
    app: &'a App,
    order: &'a WalkOrder,
    names: Vec<Name>,
    extra: Vec<ResourceId>,
    /// How many names of the last sweep like this one are in the queue still.
    outstanding: u64,
    progress: Progress,
    /// When all was last seen, so that what differs now changed after it.
    since: OffsetDateTime,
}

impl Enqueuer<'_> {
    /// Enqueues what was found: after the walk, since a handler that is killed walks again and would enqueue all of it twice.
    async fn flush(&mut self) -> Result<(), QueueError> {
        let batch = Batch {
            kind: self.order.kind,
            names: std::mem::take(&mut self.names),
            depth: self.order.depth.max(Depth::List),
            // Whoever names what was updated has not seen whether it is in scope.
            cause: match self.order.depth {
                Depth::Updated => Cause::Written,
                _ => self.order.cause,
            },
            run: Some(self.order.run.clone()),
            since: Some(self.since),
            attempt: 0,
        };
        for part in batch.split() {
            // A rate is kept to by when a batch becomes visible.
            let before = self.progress.enqueued;
            #[expect(
                clippy::cast_precision_loss,
                reason = "there are far fewer names than 2^52"
            )]
            let delay = self.order.rate.map_or(0.0, |rate| before as f64 / rate);
            let delay = Duration::try_from_secs_f64(delay).unwrap_or(Duration::MAX);
            self.progress.enqueued += part.names.len() as u64;
            self.app
                .queues
                .send(BACKFILL, &part.to_text(), delay)
                .await?;
        }
        Ok(())
    }

    /// Whether the queue may take another name of this sweep.
    fn has_room(&self) -> bool {
        self.order.cause != Cause::Walk
            || self.outstanding + self.progress.enqueued + (self.names.len() as u64) < OUTSTANDING
    }

    /// Whether it is left alone for now. What was updated since the last walk is another matter than what failed before.
    async fn is_recorded_lately(&self, id: &ResourceId) -> bool {
        if self.order.cause != Cause::Walk || self.order.depth == Depth::Updated {
            return false;
        }
        let known = self.app.exceptions.get(id).await.ok().flatten();
        known.is_some_and(|known| was_lately(self.app, self.order, &known))
    }
}

#[async_trait]
impl Visit for Enqueuer<'_> {
    type Error = QueueError;

    async fn found(&mut self, found: Found) -> Result<(), QueueError> {
        let id = ResourceId::new(self.order.kind, found.name);
        let wanted = match found.seen {
            Seen::OutOfScope => false,
            Seen::Extra => {
                if self.app.mirror.walk_may_delete(&id) {
                    self.extra.push(id);
                }
                return Ok(());
            }
            // What failed for good by what lists show may differ in more than that.
            Seen::Same | Seen::Different
                if walk::looks_inside(self.order.kind, self.order.depth) =>
            {
                true
            }
            Seen::Same => false,
            Seen::Missing | Seen::Different => {
                self.has_room() && !self.is_recorded_lately(&id).await
            }
        };
        if wanted {
            self.names.push(id.name().clone());
        }
        Ok(())
    }
}
