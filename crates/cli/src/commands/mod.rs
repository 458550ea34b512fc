//! The commands, one file each.

pub(crate) mod backfill;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod deletions;
pub(crate) mod plan;
pub(crate) mod replay;
pub(crate) mod status;
pub(crate) mod verify;
pub(crate) mod webhook;

use std::future::Future;

use crate::{
    arguments::{Cli, Command},
    failure::{Failure, Verdict},
    output::Output,
};

/// Does what was asked for.
pub(crate) async fn run(cli: Cli, output: &mut Output) -> Result<Verdict, Failure> {
    let global = &cli.global;
    match &cli.command {
        Command::Completions(arguments) => completions::run(arguments, output),
        Command::Config(arguments) => reading(config::run(arguments, global, output)).await,
        Command::Backfill(arguments) => backfill::run(arguments, global, output).await,
        Command::Deletions(arguments) => deletions::run(arguments, global, output).await,
        Command::Verify(arguments) => reading(verify::run(arguments, global, output)).await,
        Command::Plan(arguments) => reading(plan::run(arguments, global, output)).await,
        Command::Replay(arguments) => replay::run(arguments, global, output).await,
        Command::Status(arguments) => reading(status::run(arguments, global, output)).await,
        Command::Webhook(arguments) => webhook::run(arguments, global, output).await,
    }
}

/// Runs what only reads: Ctrl-C ends it wherever it is.
async fn reading<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::select! {
        result = work => result,
        _ = tokio::signal::ctrl_c() => Err(Failure::Interrupted {
            next: "nothing was changed".to_owned(),
        }),
    }
}
