//! The workspace's own helper: chores that need more than one cargo command.

mod demo;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Chores of the workspace.
#[derive(Parser)]
#[command(name = "xtask", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Brings up the local world, plays a video platform on the primary and proves that the secondary follows.
    ///
    /// Example: cargo demo -- --keep
    Demo(demo::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::parse().chore {
        Chore::Demo(options) => demo::run(options).await,
    }
}
