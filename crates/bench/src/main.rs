//! Measures the handler as it is deployed: the release binary in a process of its own, called as the Functions host calls it, against
//! the media-services simulator and the fake of the storage service, all on loopback; and, when asked for it, the operator's plan.
//!
//! `cargo run --profile bench -p bench`. What is measured how, and the bars, stand in the crate's README.

mod backfill;
mod build;
mod calls;
mod changes;
mod child;
mod clock;
mod differences;
mod end_to_end;
mod envelope;
mod events;
mod handler;
mod http;
mod library;
mod lines;
mod live;
mod machine;
mod plan;
mod report;
mod services;
mod starts;
mod titles;
mod walks;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;
use clap::Parser;

use report::Report;

/// How long everything together may take: what is measured by default, and what is measured when it is asked for.
const LONGEST: Duration = Duration::from_secs(900);
const LONGEST_AT_SCALE: Duration = Duration::from_secs(3600);

/// Measures the handler and compares it with its bars. Exit code 1: a bar was missed, or something could not be measured.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// A handler's executable, in place of one that is built for the purpose.
    #[arg(long, value_name = "FILE")]
    handler: Option<PathBuf>,
    /// JSON in place of the table.
    #[arg(long)]
    json: bool,
    /// How many new clear locators are mirrored.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(100..=20_000))]
    changes: u32,
    /// How often the handler is started for the time to its first answer.
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u32).range(15..=200))]
    starts: u32,
    /// How many locators go the whole way, with real queues on Azurite; 0 leaves this out, and with it the need for Node.js.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(0..=1_000))]
    end_to_end: u32,
    /// Walks of two large accounts, in place of everything else.
    #[arg(long)]
    walks: bool,
    /// A backfill of a large account, and interruptions of a smaller one, in place of everything else.
    #[arg(long)]
    backfill: bool,
    /// `media-mirror plan` of two large accounts, in place of everything else.
    #[arg(long)]
    plan: bool,
    /// Live changes while a backfill runs, at the published rates, in place of everything else. Needs Node.js.
    #[arg(long)]
    live: bool,
    /// How many locators a large account has; a fifth as many assets, and a 500th as many content key policies.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(2_500..=200_000))]
    locators: u32,
    /// How many times the published rates a backfill and a plan of depth keys may take. Fewer where the machine is not quick enough to take as many.
    #[arg(long, value_name = "TIMES", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rates: u32,
}

impl Options {
    /// Whether only that is measured which takes long.
    const fn is_at_scale(&self) -> bool {
        self.walks || self.backfill || self.plan || self.live
    }
}

fn main() -> ExitCode {
    if let Ok(times) = std::env::var(child::RATES) {
        return child::run(&times);
    }
    run(&Options::parse())
}

#[tokio::main(worker_threads = 2)]
async fn run(options: &Options) -> ExitCode {
    let measured = tokio::select! {
        measured = build_and_measure(options) => measured,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
    };
    match measured {
        Ok(report) => {
            print!(
                "{}",
                if options.json {
                    report.json()
                } else {
                    report.table()
                }
            );
            if report.met() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn build_and_measure(options: &Options) -> anyhow::Result<Report> {
    let handler = match &options.handler {
        Some(handler) => handler.clone(),
        // The others measure a process of this program.
        None if options.is_at_scale() && !options.walks && !options.live => PathBuf::new(),
        None => build::handler().await?,
    };
    let longest = if options.is_at_scale() {
        LONGEST_AT_SCALE
    } else {
        LONGEST
    };
    let measured = tokio::time::timeout(longest, measure(&handler, options)).await;
    measured.unwrap_or_else(|_| Err(anyhow::anyhow!("not done within {longest:?}")))
}

async fn measure(handler: &Path, options: &Options) -> anyhow::Result<Report> {
    let mut report = Report::new(machine::describe()?);
    if options.is_at_scale() {
        if options.walks {
            let walks = walks::measure(handler, options.locators).await;
            report.extend(walks.context("walking")?);
        }
        if options.backfill {
            let backfill = backfill::measure(options.locators, f64::from(options.rates)).await;
            report.extend(backfill.context("backfilling")?);
        }
        if options.plan {
            let plan = plan::measure(options.locators, f64::from(options.rates)).await;
            report.extend(plan.context("planning")?);
        }
        if options.live {
            let live = live::measure(handler).await;
            report.extend(live.context("live changes beside a backfill")?);
        }
        return Ok(report);
    }
    report.add(starts::size(handler)?);
    let starts = starts::measure(handler, options.starts).await;
    report.extend(starts.context("starting the handler")?);
    let changes = changes::measure(handler, usize::try_from(options.changes)?).await;
    report.extend(changes.context("mirroring locators")?);
    if options.end_to_end > 0 {
        let whole = end_to_end::measure(handler, usize::try_from(options.end_to_end)?).await;
        report.extend(whole.context("end to end on Azurite")?);
    }
    Ok(report)
}
