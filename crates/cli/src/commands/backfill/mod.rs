//! `backfill`: what existed before the mirror, brought over by the app's functions.

mod estimate;
mod follow;
mod report;
mod start;

use std::path::PathBuf;

use change::{Depth, Kind};
use clap::{Args, Subcommand};
use serde_json::json;
use state::{Run, RunState, Runs};
use time::OffsetDateTime;

use crate::{
    arguments::Global,
    configuration::{Configured, configured},
    failure::{Failure, Verdict},
    near::did_you_mean,
    output::Output,
    selection::{depth, in_order, moment, walked_kind},
};

/// How many runs are looked through for an ID that may have been meant.
const RUNS: usize = 1000;

/// Brings over what existed before the mirror, or was lost on the way.
///
/// Starts walks that name what is missing or differs; the app's functions mirror it, after live changes, at their own pace. Follows with a bar for each kind until it is through. Ctrl-C ends the following, not the run: `backfill status ID --follow` goes on.
/// It ends with a look at both accounts: the report has what is still not mirrored, with the reason, and nothing else. Running it twice
/// does nothing the second time.
///
/// Exit code: 0 everything selected is mirrored, 2 something is not and the report says why, 1 an error.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  \
    media-mirror backfill --dry-run\n  \
    media-mirror backfill\n  \
    media-mirror backfill --kinds assets --name 'film-*' --depth bytes --report report.jsonl\n  \
    media-mirror backfill --failed-only\n  \
    media-mirror backfill status backfill-20261122-134500-7f3a --follow"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    start: Start,
}

#[derive(Args, Debug)]
struct Start {
    /// Only these kinds, separated by commas.
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = walked_kind)]
    kinds: Vec<Kind>,
    /// Only resources whose names match this pattern (`*` and `?`).
    #[arg(long, value_name = "PATTERN")]
    name: Option<String>,
    /// Only what the primary made since: a date, or a time such as 2026-11-22T13:45:00Z.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    created_after: Option<OffsetDateTime>,
    /// Only what is recorded as failed, once more.
    #[arg(long, conflicts_with_all = ["created_after", "rate", "dry_run"])]
    failed_only: bool,
    /// How closely to look: list, children, keys or bytes.
    #[arg(long, value_name = "DEPTH", value_parser = depth, default_value = "list")]
    depth: Depth,
    /// Say what there is to do, how much, how long it takes at most and what it costs, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// At most so many resources a second.
    #[arg(long, value_name = "NUMBER", value_parser = positive)]
    rate: Option<f64>,
    /// What a gigabyte costs that leaves the primary's region, for --dry-run.
    #[arg(long, value_name = "PRICE", default_value = "0.02", value_parser = price)]
    price_per_gb: f64,
    /// Start it and do not follow.
    #[arg(long)]
    detach: bool,
    /// Write the report into this file, too: JSON, one line each.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows how far a run is.
    #[command(after_help = "Examples:\n  \
        media-mirror backfill status backfill-20261122-134500-7f3a\n  \
        media-mirror backfill status backfill-20261122-134500-7f3a --follow")]
    Status {
        /// The run's ID.
        id: String,
        /// Go on until it is through.
        #[arg(long)]
        follow: bool,
    },
    /// Lets a run's work wait until it is resumed.
    #[command(after_help = "Example:\n  media-mirror backfill pause backfill-20261122-134500-7f3a")]
    Pause {
        /// The run's ID.
        id: String,
    },
    /// Lets a paused run go on.
    #[command(
        after_help = "Example:\n  media-mirror backfill resume backfill-20261122-134500-7f3a"
    )]
    Resume {
        /// The run's ID.
        id: String,
    },
    /// Ends a run: what it has not begun is not done.
    #[command(
        after_help = "Example:\n  media-mirror backfill cancel backfill-20261122-134500-7f3a"
    )]
    Cancel {
        /// The run's ID.
        id: String,
    },
}

pub(crate) async fn run(
    arguments: &Arguments,
    global: &Global,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    let configured = configured(global)?;
    let parts = &configured.parts;
    let runs = Runs::new(parts.documents.clone());
    match &arguments.command {
        None => begin(&arguments.start, &configured, &runs, output).await,
        Some(Command::Status { id, follow }) => {
            let run = known(&runs, id).await?;
            if *follow {
                let ended = follow::follow(&runs, id, output).await?;
                return Ok(ended.map_or(Verdict::Bad, |_| Verdict::Good));
            }
            show(&run, output)
        }
        Some(Command::Pause { id }) => set(&runs, id, RunState::Paused, output).await,
        Some(Command::Resume { id }) => set(&runs, id, RunState::Running, output).await,
        Some(Command::Cancel { id }) => set(&runs, id, RunState::Cancelled, output).await,
    }
}

async fn begin(
    start: &Start,
    configured: &Configured,
    runs: &Runs,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    let parts = &configured.parts;
    let kinds = in_order(&start.kinds);
    if start.dry_run {
        return estimate::print(start, &kinds, configured, output).await;
    }
    // A report that cannot be written is better known before the work than after it.
    let mut report = report::Report::new(start.report.as_deref())?;
    let Some(id) = start::start(start, &kinds, parts, runs).await? else {
        output.value(&json!({"run": null, "enqueued": 0}))?;
        output.text("Nothing is recorded as failed.")?;
        return Ok(Verdict::Good);
    };
    output.value(&json!({"run": id}))?;
    output.text(format!(
        "Run {id} has begun. Follow it with: media-mirror backfill status {id} --follow"
    ))?;
    if start.detach {
        return Ok(Verdict::Good);
    }
    let Some(ended) = follow::follow(runs, &id, output).await? else {
        // Nobody can tell any more when it is through.
        output.text(
            "When the queues walk and backfill are empty, see what it came to: media-mirror verify",
        )?;
        return Ok(Verdict::Bad);
    };
    report::completed(start, &kinds, parts, &ended, &mut report, output).await
}

/// A run that there is.
async fn known(runs: &Runs, id: &str) -> Result<Run, Failure> {
    let next = "Check the app's own storage with `media-mirror config check`.";
    let bad = |error: state::StateError| Failure::new(error, next);
    if let Some(run) = runs.get(id).await.map_err(bad)? {
        return Ok(run);
    }
    let ids = runs.ids(RUNS).await.map_err(bad)?;
    let near = did_you_mean(id, ids.iter().map(String::as_str));
    let latest: Vec<&str> = ids.iter().rev().take(5).map(String::as_str).collect();
    let next = match latest[..] {
        [] => "No run is recorded. Start one: media-mirror backfill".to_owned(),
        _ => format!("The latest runs are {}.", latest.join(", ")),
    };
    let what = format!("there is no run {id:?}; {near}");
    Err(Failure::new(what.trim_end_matches("; "), next))
}

fn show(run: &Run, output: &mut Output) -> Result<Verdict, Failure> {
    output.value(&follow::value(run))?;
    for line in follow::lines(run) {
        output.text(line)?;
    }
    Ok(Verdict::Good)
}

async fn set(
    runs: &Runs,
    id: &str,
    state: RunState,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    let before = known(runs, id).await?;
    if before.state == RunState::Cancelled && state != RunState::Cancelled {
        return Err(Failure::new(
            format!("run {id} was cancelled"),
            "Start another: media-mirror backfill",
        ));
    }
    let changed = runs
        .update(id, OffsetDateTime::now_utc(), |run| run.state = state)
        .await;
    match changed {
        Ok(Some(run)) => show(&run, output),
        Ok(None) => Err(Failure::new(
            format!("run {id} is being written by others"),
            "Try it again.",
        )),
        Err(error) => Err(Failure::new(error, "Try it again.")),
    }
}

fn positive(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.parse().ok();
    let number = number.filter(|number| number.is_finite() && *number > 0.0);
    number.ok_or_else(|| "expected a number above 0".to_owned())
}

fn price(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.parse().ok();
    let number = number.filter(|number| number.is_finite() && *number >= 0.0);
    number.ok_or_else(|| "expected a price, such as 0.02".to_owned())
}
