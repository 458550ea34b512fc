//! The help of every command, for the documentation.

use clap::CommandFactory;

use crate::arguments::Cli;

/// So wide is the help in the documentation, in characters.
const WIDTH: usize = 100;

/// The help of the tool and of every command, in Markdown.
#[must_use]
pub fn reference() -> String {
    let mut text = String::new();
    // `build` hands what every command takes down to them, and their full names.
    let mut tool = Cli::command().term_width(WIDTH);
    tool.build();
    write(&mut text, &tool);
    text
}

fn write(text: &mut String, command: &clap::Command) {
    let name = command.get_bin_name().unwrap_or("media-mirror");
    let help = command.clone().term_width(WIDTH).render_long_help();
    let lines: Vec<String> = help
        .to_string()
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    text.push_str(&format!(
        "### {name}\n\n```text\n{}\n```\n\n",
        lines.join("\n").trim_end()
    ));
    for below in command.get_subcommands() {
        write(text, below);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_every_command_with_its_example() {
        let text = reference();
        for part in [
            "### media-mirror\n",
            "### media-mirror config check\n",
            "Usage: media-mirror backfill pause",
            "media-mirror replay --queue mirror-asset --yes",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains(env!("CARGO_PKG_VERSION")));
    }
}
