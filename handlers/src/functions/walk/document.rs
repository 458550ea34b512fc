//! What the run's document says of names in the queue, and the figures that are written into it. They save work and are for people; nothing
//! else depends on them.

use change::{Cause, Kind, WalkOrder};
use state::{Progress, Run};
use time::OffsetDateTime;

use crate::app::App;

/// A kind of whose names none was worked on for so long is not waited for: some wait for something themselves.
const STUCK: time::Duration = time::Duration::MINUTE;

/// The locators of a backfill that has run for so long are not held back any longer: bytes can take days, and what is complete can be
/// published.
const LATEST: time::Duration = time::Duration::HOUR;

/// A sweep whose names were not worked on for so long is not waited for: its figures may be wrong.
const FORGOTTEN: time::Duration = time::Duration::HOUR;

/// Whether a backfill's locators should wait for what they depend on: else each would ask for its asset on its own. It saves work, nothing
/// else. While the last quarter of that is worked on, their own lists can be read, and their names come behind it in the queue.
pub(super) fn is_too_early(order: &WalkOrder, run: &Run, now: OffsetDateTime) -> bool {
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
pub(super) struct Before {
    /// Names that were settled.
    pub(super) done: u64,
    /// Names that were in the queue still.
    pub(super) outstanding: u64,
}

impl Before {
    pub(super) fn of(order: &WalkOrder, document: Option<Run>, now: OffsetDateTime) -> Self {
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

/// The figures in the run's document, which are for people: that they cannot be written stops nothing.
pub(super) async fn note(app: &App, order: &WalkOrder, before: &Before, progress: &Progress) {
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
