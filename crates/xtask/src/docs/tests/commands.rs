//! Commands that the documents show: each can be given as it stands there.

use std::collections::BTreeSet;

use clap::{Parser, error::ErrorKind};

use super::{folders, none, read, root};
use crate::{
    Cli,
    docs::{
        markdown::{Document, documents},
        tool::{Commands, calls},
    },
};

/// Cargo's own commands, and `deny`, which `.ci/run` installs.
const CARGO: [&str; 9] = [
    "build", "clippy", "deny", "doc", "fetch", "fmt", "run", "test", "tree",
];

#[test]
fn every_cargo_command_in_the_documents_can_be_given() {
    let config = read(".cargo/config.toml");
    let aliases: Vec<(&str, &str)> = config
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, value)| (name, value.trim_matches('"')))
        .collect();
    let packages: BTreeSet<String> = folders("crates", "Cargo.toml")
        .into_iter()
        .chain(["handlers".to_owned()])
        .collect();
    let mut mistakes = Vec::new();
    let mut commands = 0;
    for document in documents(&root()) {
        for command in cargo_commands(&document) {
            commands += 1;
            let words: Vec<&str> = command.split_whitespace().collect();
            let mut mistake = |what: String| {
                mistakes.push(format!("{}: `{command}`: {what}", document.path));
            };
            for pair in words.windows(2) {
                if ["-p", "--package"].contains(&pair[0]) && !packages.contains(pair[1]) {
                    mistake(format!("there is no package {}", pair[1]));
                }
            }
            match words.get(1) {
                Some(name) if CARGO.contains(name) => {}
                Some(name) => match aliases.iter().find(|(alias, _)| alias == name) {
                    Some((_, value)) => {
                        let expanded = format!("{value} {}", words[2..].join(" "));
                        if let Err(what) = chore(&expanded) {
                            mistake(what);
                        }
                    }
                    None => mistake("there is no such command or alias".to_owned()),
                },
                None => {}
            }
        }
    }
    none(mistakes);
    assert!(commands > 0, "there is no command");
}

/// The commands of the code blocks and the code spans, without their comments.
fn cargo_commands(document: &Document) -> Vec<String> {
    let blocks = document.lines.iter().filter(|line| line.code.is_some());
    let blocks = blocks.map(|line| line.text.as_str());
    blocks
        .chain(document.spans())
        .map(|text| text.split(" #").next().unwrap_or(text).trim())
        .map(|text| text.strip_prefix("$ ").unwrap_or(text))
        .filter(|text| text.starts_with("cargo ") && !text.contains(['<', '*']))
        .map(ToOwned::to_owned)
        .collect()
}

/// Whether the helper understands what an alias hands it.
fn chore(expanded: &str) -> Result<(), String> {
    let (_, arguments) = expanded.split_once(" -- ").unwrap_or((expanded, ""));
    let arguments = arguments.split_whitespace().map(Into::into);
    match Cli::try_parse_from(crate::arguments(
        ["xtask".into()].into_iter().chain(arguments),
    )) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::DisplayHelp => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn every_command_of_the_tool_in_the_documents_can_be_given() {
    let commands = Commands::new(&cli::reference());
    let mut given = 0;
    let mut mistakes = Vec::new();
    for document in documents(&root()) {
        for call in calls(&document) {
            given += 1;
            let wrong = commands.mistakes(&call).into_iter();
            mistakes.extend(wrong.map(|what| format!("{}: {what}", document.path)));
        }
    }
    none(mistakes);
    assert!(given > 20, "only {given} commands were found");
}
