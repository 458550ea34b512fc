//! What can be asked for.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands::{
    backfill, completions, config, deletions, plan, replay, status, verify, webhook,
};

/// Operates a media-mirror: says what it would do, starts and follows its work, and puts back what went wrong.
///
/// It reads the settings that the app has: the same environment variables, or a file with them (--settings). One default differs:
/// MIRROR_CREDENTIAL is developer-tools, so it signs in as whoever is signed in with `az login` or `azd auth login`.
///
/// Exit codes: 0 as it should be; 1 an error, or something is wrong; 2 the accounts differ, or somebody should look; 130 interrupted.
#[derive(Debug, Parser)]
#[command(
    name = "media-mirror",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = "Example:\n  media-mirror config check --settings production.env"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Args, Clone, Debug)]
pub(crate) struct Global {
    /// Write JSON in place of text: one object per line on standard output, errors on standard error.
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(crate) json: bool,
    /// Read settings from a file: KEY=VALUE lines as `azd env get-values` prints them, or a local.settings.json. What the file has goes
    /// before the environment.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    pub(crate) settings: Option<PathBuf>,
    /// Answer every question with yes. Without a terminal nothing is asked, and what would have to be asked is not done.
    #[arg(long, short, global = true, help_heading = "Everywhere")]
    pub(crate) yes: bool,
}

/// The commands; what each does stands with its arguments.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Plan(plan::Arguments),
    Backfill(backfill::Arguments),
    Status(status::Arguments),
    Verify(verify::Arguments),
    Config(config::Arguments),
    Replay(replay::Arguments),
    Deletions(deletions::Arguments),
    Webhook(webhook::Arguments),
    Completions(completions::Arguments),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    /// Every command with its path, the tool itself first.
    fn all(command: &clap::Command, path: &str) -> Vec<(String, clap::Command)> {
        let path = format!("{path} {}", command.get_name());
        let below = command
            .get_subcommands()
            .flat_map(|below| all(below, &path));
        [(path.trim().to_owned(), command.clone())]
            .into_iter()
            .chain(below)
            .collect()
    }

    #[test]
    fn the_arguments_make_sense() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example_that_can_be_given() {
        let mut examples = 0;
        for (path, command) in all(&Cli::command(), "") {
            let after = command.get_after_help().unwrap_or_default().to_string();
            let lines = after.lines().map(str::trim);
            let own: Vec<&str> = lines
                .filter(|line| line.starts_with("media-mirror "))
                .collect();
            assert!(!own.is_empty(), "{path} has no example");
            for example in own {
                let given = example.split(" >").next().unwrap_or(example);
                let given = given.split(" |").next().unwrap_or(given);
                if let Err(error) = Cli::try_parse_from(given.split_whitespace()) {
                    panic!("{path}: {example}: {error}");
                }
                assert!(
                    path == "media-mirror" || example.starts_with(&path),
                    "{path}: {example}"
                );
                examples += 1;
            }
        }
        assert!(examples > 3);
    }

    #[test]
    fn every_argument_is_explained() {
        for (path, command) in all(&Cli::command(), "") {
            assert!(command.get_about().is_some(), "{path}");
            for argument in command.get_arguments() {
                assert!(
                    argument.get_help().is_some(),
                    "{path} {}",
                    argument.get_id()
                );
            }
        }
    }
}
