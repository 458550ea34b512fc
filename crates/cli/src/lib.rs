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

use std::process::ExitCode;

use clap::Parser;

pub use reference::reference;

use arguments::Cli;
use failure::{ERROR, Failure};
use output::Output;

/// Runs the tool with the arguments of the process, and gives its exit code.
#[must_use]
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // What cannot be printed here cannot be printed anywhere.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { ERROR } else { 0 });
        }
    };
    let json = cli.global.json;
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            let failure = Failure::new(error, "free some memory or processes and run it again");
            return failure.report(json);
        }
    };
    let mut output = Output::new(json);
    let result = runtime.block_on(commands::run(cli, &mut output));
    let result = result.and_then(|verdict| output.flush().map(|()| verdict));
    // A question that nobody answered must not keep the process alive.
    runtime.shutdown_background();
    match result {
        Ok(verdict) => ExitCode::from(verdict.exit_code()),
        Err(failure) => failure.report(json),
    }
}
