//! `status`: how far behind the secondary is, and what somebody must do something about.

mod day;
mod page;
mod undone;

use clap::Args;
use health::{Concern, concerns};
use serde_json::json;
use state::{Exceptions, QueueFigures};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    arguments::Global,
    configuration::configured,
    failure::{Failure, Verdict},
    output::Output,
};
use undone::Undone;

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
    media-mirror status --exceptions\n  \
    media-mirror status --json")]
pub(crate) struct Arguments {
    /// Also name each resource that is not mirrored, with its reason and since when; the oldest first.
    #[arg(long)]
    exceptions: bool,
}

pub(crate) async fn run(
    arguments: &Arguments,
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
    let undone = match arguments.exceptions {
        true => Some(Undone::read(&Exceptions::new(configured.parts.documents.clone())).await?),
        false => None,
    };
    let last = heartbeat.latest.as_ref().map(|latest| latest.at);
    let mut value = json!({
        "healthy": concerns.is_empty(),
        "concerns": concerns.iter().map(told).collect::<Vec<_>>(),
        "now": figures,
        "last_heartbeat": last.and_then(|at| at.format(&Rfc3339).ok()),
        "steps": heartbeat.steps,
    });
    if let Some(undone) = &undone {
        value["not_mirrored"] = undone.to_json();
    }
    output.value(&value)?;
    for line in page::lines(&figures, &heartbeat, &concerns) {
        output.text(line)?;
    }
    for line in undone.iter().flat_map(|undone| undone.lines(now)) {
        output.text(line)?;
    }
    Ok(if concerns.is_empty() {
        Verdict::Good
    } else {
        Verdict::Attention
    })
}

fn told(concern: &Concern) -> serde_json::Value {
    json!({"what": concern.what, "next": concern.next_step})
}
