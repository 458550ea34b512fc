//! `completions`: a script for a shell.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::{
    arguments::Cli,
    failure::{Failure, Verdict},
    output::Output,
};

/// Prints a script that completes commands and options when Tab is pressed.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    media-mirror completions bash > ~/.local/share/bash-completion/completions/media-mirror\n  \
    media-mirror completions zsh > ~/.zfunc/_media-mirror\n  \
    media-mirror completions fish > ~/.config/fish/completions/media-mirror.fish")]
pub(crate) struct Arguments {
    /// The shell.
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments, output: &mut Output) -> Result<Verdict, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut Cli::command(),
        "media-mirror",
        &mut script,
    );
    output.raw(&script)?;
    Ok(Verdict::Good)
}
