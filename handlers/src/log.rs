//! One JSON line an invocation, on standard output: the host logs standard error as errors.

use std::time::Duration;

use mirror::{Outcome, Report};
use serde_json::Value;
use time::OffsetDateTime;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{lines::Lines, protocol::Invocation};
use change::{Batch, Change, ContainerChange, WalkOrder};
use media::Calls;
use state::{Figures, Progress};

/// The longest detail in a line, in characters; a line stays below 8 KiB with it.
const MAX_DETAIL: usize = 2000;

/// The most problems of a heartbeat in a line.
const MAX_PROBLEMS: usize = 12;

/// Writes a line about an invocation: which it is, then what is said of it.
macro_rules! entry {
    ($level:ident, $invocation:expr; $($said:tt)+) => {
        tracing::$level!(
            target: "handler",
            function = $invocation.function(),
            invocation_id = $invocation.id,
            traceparent = $invocation.traceparent,
            $($said)+
        )
    };
}

/// The same about a part of a run, an order or a batch: which it is, then what is said of it.
macro_rules! entry_of_run {
    ($invocation:expr, $part:expr, $run:expr; $($said:tt)+) => {
        entry!(info, $invocation;
            run = $run,
            kind = $part.kind.as_str(),
            depth = $part.depth.as_str(),
            cause = $part.cause.as_str(),
            attempt = $part.attempt,
            $($said)+
        )
    };
}

/// Starts logging. Only the handler's own lines are written: no library decides what gets into the log.
pub fn start() {
    tracing_subscriber::registry()
        .with(Targets::new().with_target("handler", tracing::Level::INFO))
        .with(Lines::new(std::io::stdout))
        .init();
    std::panic::set_hook(Box::new(|panic| {
        // The message of a panic can quote data; where it happened cannot.
        let at = panic
            .location()
            .map_or_else(String::new, |at| format!("{}:{}", at.file(), at.line()));
        tracing::error!(target: "handler", panic = at, "panic");
    }));
}

/// What became of a change.
pub(crate) fn change(
    invocation: &Invocation,
    change: &Change,
    report: &Report,
    calls: Calls,
    took: Duration,
) {
    let id = &change.id;
    let outcome = report.outcome;
    entry!(info, invocation;
        kind = id.kind().as_str(),
        parent = id.parent().map(change::Name::as_str),
        name = id.name().as_str(),
        cause = change.cause.as_str(),
        attempt = change.attempt,
        outcome = outcome.as_str(),
        reason = outcome.reason().map(mirror::Reason::as_str),
        detail = report.detail.as_deref().map(shortened),
        lag_ms = lag_ms(change, outcome),
        duration_ms = millis(took),
        calls_primary = calls.primary,
        calls_secondary = calls.secondary,
        follow_ups = report.follow_ups.len(),
        "change"
    );
}

/// What became of a batch of names. Those that were not in sync have lines of their own.
pub(crate) fn batch(
    invocation: &Invocation,
    batch: &Batch,
    tally: &Progress,
    calls: Calls,
    took: Duration,
) {
    entry_of_run!(invocation, batch, batch.run.as_deref().map(shortened);
        names = batch.names.len(),
        in_sync = tally.in_sync,
        applied = tally.applied,
        skipped = tally.skipped,
        failed = tally.failed,
        duration_ms = millis(took),
        calls_primary = calls.primary,
        calls_secondary = calls.secondary,
        "batch"
    );
}

/// What a walk over a kind found.
pub(crate) fn walk(
    invocation: &Invocation,
    order: &WalkOrder,
    progress: &Progress,
    calls: Calls,
    took: Duration,
) {
    let outcome = match (progress.walked, &progress.stopped) {
        (true, _) => "walked",
        (false, None) => "waiting",
        (false, Some(_)) => "failed",
    };
    entry_of_run!(invocation, order, shortened(&order.run);
        outcome,
        reason = progress.stopped.as_deref(),
        detail = progress.detail.as_deref().map(shortened),
        pages = progress.pages,
        primary = progress.primary,
        secondary = progress.secondary,
        missing = progress.missing,
        different = progress.different,
        extra = progress.extra,
        enqueued = progress.enqueued,
        delete_candidates = progress.candidates.len(),
        duration_ms = millis(took),
        calls_primary = calls.primary,
        calls_secondary = calls.secondary,
        "walk"
    );
}

/// A walk that was not made, and why.
pub(crate) fn no_walk(invocation: &Invocation, order: &WalkOrder, outcome: &str, why: &str) {
    entry_of_run!(invocation, order, shortened(&order.run);
        outcome,
        detail = why,
        "walk"
    );
}

/// A batch that nobody looked at, and why.
pub(crate) fn no_batch(invocation: &Invocation, batch: &Batch, outcome: &str, why: &str) {
    entry_of_run!(invocation, batch, batch.run.as_deref().map(shortened);
        names = batch.names.len(),
        outcome,
        detail = why,
        "batch"
    );
}

/// Which walks a sweep asked for.
pub(crate) fn sweep(invocation: &Invocation, depths: &[&str]) {
    entry!(info, invocation;
        depths = depths.join(","),
        enqueued = depths.len(),
        "sweep"
    );
}

/// What became of a hint about a container: the changes that follow from it, or why none.
pub(crate) fn container(
    invocation: &Invocation,
    hint: &ContainerChange,
    report: &Report,
    calls: Calls,
    took: Duration,
) {
    let outcome = report.outcome;
    entry!(info, invocation;
        account = hint.account(),
        container = hint.container(),
        attempt = hint.attempt,
        outcome = outcome.as_str(),
        reason = outcome.reason().map(mirror::Reason::as_str),
        detail = report.detail.as_deref().map(shortened),
        duration_ms = millis(took),
        calls_primary = calls.primary,
        calls_secondary = calls.secondary,
        follow_ups = report.follow_ups.len(),
        "container"
    );
}

/// What the heartbeat measured.
pub(crate) fn heartbeat(invocation: &Invocation, figures: &Figures, took: Duration) {
    let problems = figures.problems.iter().take(MAX_PROBLEMS);
    let problems: Value = problems
        .map(|one| one.chars().take(200).collect::<String>())
        .collect();
    let value = serde_json::to_value(figures).unwrap_or_default();
    entry!(info, invocation;
        primary = %value["primary"],
        lag = %value["lag"],
        lag_at_least = %value["lag_at_least"],
        blind = %value["blind"],
        backlog = %value["backlog"],
        queues = %value["queues"],
        poisoned = %value["poisoned"],
        dead_letters = figures.dead_letters,
        exceptions = %value["exceptions"],
        failures = %value["failures"],
        waiting = %value["waiting"],
        held = %value["held"],
        arrivals = %value["arrivals"],
        walks = %value["walks"],
        tokens = %value["tokens"],
        verified = value.get("verified").map(tracing::field::display),
        problems = %problems,
        duration_ms = millis(took),
        "heartbeat"
    );
}

/// What became of an event: what it enqueued, or why nothing.
pub(crate) fn event(
    invocation: &Invocation,
    outcome: Outcome,
    subject: &str,
    enqueued: usize,
    took: Duration,
) {
    entry!(info, invocation;
        subject = shortened(subject),
        outcome = outcome.as_str(),
        reason = outcome.reason().map(mirror::Reason::as_str),
        enqueued,
        duration_ms = millis(took),
        "event"
    );
}

/// What became of a webhook. Its body may hold keys, so nothing of it is here.
pub(crate) fn webhook(invocation_id: &str, outcome: Outcome, detail: &str, enqueued: usize) {
    tracing::info!(
        target: "handler",
        function = "webhook",
        invocation_id = shortened(invocation_id),
        outcome = outcome.as_str(),
        reason = outcome.reason().map(mirror::Reason::as_str),
        detail = shortened(detail),
        enqueued,
        "webhook"
    );
}

/// A message or invocation that went wrong in the handler itself.
pub(crate) fn fault(invocation: &Invocation, reason: mirror::Reason, detail: &str) {
    entry!(error, invocation;
        outcome = "failed",
        reason = reason.as_str(),
        detail = shortened(detail),
        "fault"
    );
}

/// How far behind the primary the replica was when it was seen equal.
fn lag_ms(change: &Change, outcome: Outcome) -> Option<u64> {
    let done = matches!(outcome, Outcome::Applied | Outcome::InSync);
    let since = change.since.filter(|_| done)?;
    u64::try_from((OffsetDateTime::now_utc() - since).whole_milliseconds()).ok()
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_DETAIL).collect()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;
    use serde_json::{Map, json};

    use super::*;
    use crate::lines::tests::written;

    /// The longest line that is promised.
    const LONGEST: usize = 8 * 1024;

    #[test]
    fn the_longest_heartbeat_fits_a_line() {
        let time = "2026-01-01T12:00:00.123456789Z";
        let each = |names: Vec<String>, value: Value| -> Value {
            let pairs = names.into_iter().map(|name| (name, value.clone()));
            pairs.collect::<Map<_, _>>().into()
        };
        let kinds = || change::Kind::ALL.map(|kind| kind.to_string()).to_vec();
        let queues = || {
            health::QUEUES
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        let reasons = || {
            mirror::Reason::ALL
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        let late = "no answer within 20 s, and a long word about it";
        let figures = json!({
            "at": time,
            "primary": {"unreadable": "source-unavailable", "detail": "x".repeat(250)},
            "lag": each(kinds(), json!(format!("unknown since {time}"))),
            "lag_at_least": kinds(),
            "blind": each(kinds(), json!(u32::MAX)),
            "backlog": each(kinds(), json!(u32::MAX)),
            "queues": each(queues(), json!({"unknown": late})),
            "poisoned": each(queues(), json!(u32::MAX)),
            "dead_letters": 1000,
            "exceptions": {"0-5": 5000, "5-10": 5000, "10-15": 5000, "over-15": 5000, "unread": 30000},
            "failures": each(reasons(), json!(600)),
            "waiting": each(reasons().into_iter().take(12).collect(), json!(600)),
            "held": each(kinds(), json!(600)),
            "arrivals": each((0..8).map(|n| format!("Microsoft.Resources.ResourceWriteSuccess{n}")).collect(), json!(time)),
            "walks": each((0..13).map(|n| format!("contentKeyPolicies/{n}")).collect(), json!(time)),
            "tokens": each(vec!["primary".to_owned(), "secondary".to_owned()], json!(time)),
            "verified": {"at": time, "depth": "bytes", "differences": u32::MAX, "unknown": u32::MAX},
            "problems": vec!["y".repeat(1000); 40],
        });
        let figures: Figures = serde_json::from_value(figures).unwrap();
        let invocation =
            Invocation::parse("heartbeat", &HeaderMap::new(), b"{\"Data\":{}}").unwrap();
        let line = written(|| heartbeat(&invocation, &figures, Duration::from_secs(40)));
        assert!(line.len() < LONGEST, "{} bytes", line.len());
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["lag"]["assets"], format!("unknown since {time}"));
        assert!(line["failures"]["bug"].is_u64());
    }
}
