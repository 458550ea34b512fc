//! The workspace's own helper: chores that need more than one cargo command.

mod build;
mod demo;
mod docs;
mod package;

use std::{ffi::OsString, process::ExitCode};

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
    /// Rewrites those parts of the documents that are made from the code: the settings, the reasons.
    Docs,
    /// Lays out the function app as it is deployed to Azure, and zips it: target/package/media-mirror.zip.
    ///
    /// Builds the handler for x86_64 Linux and an old glibc with cargo-zigbuild and Zig, which it installs from the Python package
    /// index below target/.
    Package,
}

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::parse_from(arguments(std::env::args_os())).chore {
        Chore::Demo(options) => demo::run(options).await,
        Chore::Docs => docs::run(),
        Chore::Package => package::run().await,
    }
}

/// `cargo demo -- --keep` arrives as `demo -- --keep`, because the alias has a `--` of its own. No chore takes anything behind one.
fn arguments(given: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    given.filter(|argument| argument != "--")
}
