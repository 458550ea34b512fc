//! What the mirror functions share: one message, one change, one report.

use std::time::{Duration, Instant};

use change::{Cause, Change, Kind, Message};
use cloud::QueueError;
use mirror::{Outcome, Reason, Report};
use state::Exception;

use super::{
    MESSAGE, container,
    queue::{enqueued, lasting, poison},
    route::Route,
};
use crate::{
    app::App,
    log,
    protocol::{Invocation, Reply},
};

/// How long something may wait before it is recorded as an exception.
const UNREMARKABLE: time::Duration = time::Duration::minutes(1);

/// The queue of deletions whose grace is not over.
pub(super) const DELETIONS: &str = "deletions";

/// Carries out the change in the message, and puts back or passes on what follows from it before it reports success.
pub(super) async fn run(app: &App, invocation: &Invocation, kinds: &[Kind]) -> Reply {
    let started = Instant::now();
    let mut change = match Message::parse(&invocation.message(MESSAGE)) {
        Ok(Message::Change(change)) => change,
        Ok(Message::Container(hint)) => return container::run(app, invocation, hint).await,
        Err(bad) => return poison(app, invocation, Reason::BadMessage, &bad.to_string()).await,
    };
    if !kinds.contains(&change.id.kind()) {
        // A hint in the wrong queue goes to the right one.
        return enqueued(invocation, send(app, &change).await);
    }
    change.since.get_or_insert_with(app.clock);
    let (report, calls) = media::counted(app.mirror.mirror(&change)).await;
    log::change(invocation, &change, &report, calls, started.elapsed());
    finish(app, invocation, &change, &report).await
}

/// Enqueues what a report asks for, and records what stays undone.
pub(super) async fn finish(
    app: &App,
    invocation: &Invocation,
    change: &Change,
    report: &Report,
) -> Reply {
    let route = Route::Live(invocation.function());
    enqueued(
        invocation,
        settle(app, invocation, route, change, report).await,
    )
}

/// The same on any route.
pub(super) async fn settle(
    app: &App,
    invocation: &Invocation,
    route: Route<'_>,
    change: &Change,
    report: &Report,
) -> Result<(), QueueError> {
    let followed = route.follow(app, change, report).await;
    if let Err(error) = remember(app, change, report).await {
        // The state is not the truth: a document that cannot be written stops nothing. But what failed for good must be kept somewhere.
        log::fault(invocation, Reason::Configuration, &error.to_string());
        if let (Ok(()), Outcome::Failed(reason)) = (&followed, report.outcome) {
            let detail = report.detail.as_deref().unwrap_or_default();
            return lasting(app, invocation, &change.to_text(), reason, detail).await;
        }
    }
    followed
}

pub(super) async fn send(app: &App, change: &Change) -> Result<(), QueueError> {
    let queue = change.id.kind().queue();
    app.queues
        .send(queue, &change.to_text(), Duration::ZERO)
        .await
}

/// Keeps the exceptions true: recorded when something failed or has waited for long, removed when it is mirrored.
async fn remember(app: &App, change: &Change, report: &Report) -> Result<(), state::StateError> {
    let now = (app.clock)();
    let since = change.since.unwrap_or(now);
    let reason = match report.outcome {
        Outcome::InSync | Outcome::Applied | Outcome::Skipped(_) => {
            return if is_first_hand(change) {
                app.exceptions.clear_if_recorded(&change.id).await
            } else {
                app.exceptions.clear(&change.id).await
            };
        }
        Outcome::Waiting(_) if now - since <= UNREMARKABLE => return Ok(()),
        Outcome::Waiting(reason) | Outcome::Failed(reason) => reason,
    };
    let exception = Exception {
        kind: change.id.kind().as_str().to_owned(),
        name: change.id.name().to_string(),
        parent: change.id.parent().map(ToString::to_string),
        outcome: report.outcome.as_str().to_owned(),
        reason: reason.as_str().to_owned(),
        detail: report.detail.clone(),
        since,
        at: now,
        attempt: change.attempt,
    };
    app.exceptions.record(&change.id, &exception).await
}

/// Whether nothing says that the resource waited before. What waits comes back as a hint that was put back, as a dependency that is
/// there now, as an asset whose bytes are there now, or as a deletion that is due: wherever it waited, it may have been recorded.
fn is_first_hand(change: &Change) -> bool {
    change.attempt == 0
        && change.id.kind() != Kind::Assets
        && !matches!(change.cause, Cause::Dependency | Cause::Deleted)
}
