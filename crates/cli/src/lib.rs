//! The operator's tool: says what the mirror would do, starts and follows its work, and puts back what went wrong.
//!
//! It builds its parts exactly as the handler does (`wiring`), from the same settings, so what it says is what the handler would do.

mod arguments;
mod commands;
mod comparison;
mod configuration;
mod confirm;
mod failure;
mod finding;
mod interrupt;
mod near;
mod output;
mod reference;
mod repair;
mod resource;
mod selection;

use std::{ffi::OsString, process::ExitCode};

use clap::Parser;
use wiring::Parts;

pub use reference::reference;

use arguments::{Cli, Global};
use commands::plan;
use failure::{ERROR, Failure, Verdict};
use output::Output;

/// Runs the tool with the arguments of the process, and gives its exit code.
#[must_use]
pub fn run() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => ended(cli.global.json, async |output| {
            commands::run(cli, output).await
        }),
        Err(error) => refused(&error),
    }
}

/// Runs `media-mirror plan` with the arguments that stand behind that, on parts that are built already, and gives its exit code. For
/// who measures it with what no settings can say: rates above those that are published.
#[must_use]
pub fn plan(parts: &Parts, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    #[derive(Parser)]
    struct Plan {
        #[command(flatten)]
        global: Global,
        #[command(flatten)]
        arguments: plan::Arguments,
    }
    let arguments = std::iter::once("plan".into()).chain(arguments);
    match Plan::try_parse_from(arguments) {
        Ok(given) => ended(given.global.json, async |output| {
            plan::planned(&given.arguments, parts, output).await
        }),
        Err(error) => refused(&error),
    }
}

/// Runs a command to its end, and tells how it failed if it did.
fn ended(
    json: bool,
    command: impl AsyncFnOnce(&mut Output) -> Result<Verdict, Failure>,
) -> ExitCode {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            let failure = Failure::new(error, "free some memory or processes and run it again");
            return failure.report(json);
        }
    };
    let mut output = Output::new(json);
    let result = runtime.block_on(command(&mut output));
    let result = result.and_then(|verdict| output.flush().map(|()| verdict));
    // A question that nobody answered must not keep the process alive.
    runtime.shutdown_background();
    match result {
        Ok(verdict) => ExitCode::from(verdict.exit_code()),
        Err(failure) => failure.report(json),
    }
}

/// Says what is wrong with the arguments, or what was asked about them.
fn refused(error: &clap::Error) -> ExitCode {
    // What cannot be printed here cannot be printed anywhere.
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { ERROR } else { 0 })
}
