//! `status`: how far behind the secondary is, and what somebody must do something about.

mod day;
mod page;

use clap::Args;
use health::{Concern, concerns};
use serde_json::json;
use state::QueueFigures;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    arguments::Global,
    configuration::configured,
    failure::{Failure, Verdict},
    output::Output,
};

/// Measures now what the heartbeat measures every minute, and shows it with the last day.
///
/// Lag is how long ago the primary changed, for the oldest change that the secondary does not have; it is unknown while something that it
/// is measured from cannot be read. Blind is how long a lost event could have gone unnoticed. Then what waits in the queues, what failed
/// and what to do about it, when events last arrived, and when everything was last walked. Nothing is written.
///
/// Exit code: 0 all is well, 2 somebody should look, 1 it cannot be told.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    media-mirror status\n  \
    media-mirror status --json")]
pub(crate) struct Arguments {}

pub(crate) async fn run(
    _: &Arguments,
    global: &Global,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    let configured = configured(global)?;
    let now = OffsetDateTime::now_utc();
    let (figures, heartbeat) = configured.parts.watch.look(now).await;
    let unread = |queue: &QueueFigures| matches!(queue, QueueFigures::Unread { .. });
    if !figures.queues.is_empty() && figures.queues.values().all(unread) {
        let problem = figures.problems.first().cloned().unwrap_or_default();
        return Err(Failure::new(
            format!("the app's own storage cannot be read: {problem}"),
            "Check it with `media-mirror config check`.",
        ));
    }
    let concerns = concerns(Some(&figures), &heartbeat, &configured.settings.sweep, now);
    let last = heartbeat.latest.as_ref().map(|latest| latest.at);
    output.value(&json!({
        "healthy": concerns.is_empty(),
        "concerns": concerns.iter().map(value).collect::<Vec<_>>(),
        "now": figures,
        "last_heartbeat": last.and_then(|at| at.format(&Rfc3339).ok()),
        "steps": heartbeat.steps,
    }))?;
    for line in page::lines(&figures, &heartbeat, &concerns) {
        output.text(line)?;
    }
    Ok(if concerns.is_empty() {
        Verdict::Good
    } else {
        Verdict::Attention
    })
}

fn value(concern: &Concern) -> serde_json::Value {
    json!({"what": concern.what, "next": concern.next_step})
}
