//! Whether the commands of the operator's tool that the documents give are ones that it has.

use std::collections::BTreeMap;

use super::markdown::Document;

/// The tool's commands, each with its help.
pub(super) struct Commands(BTreeMap<String, String>);

impl Commands {
    /// Reads them from the help of all commands.
    pub(super) fn new(reference: &str) -> Self {
        let sections = reference.split("### ").skip(1);
        let named = sections.filter_map(|section| section.split_once('\n'));
        Self(
            named
                .map(|(name, help)| (name.to_owned(), help.to_owned()))
                .collect(),
        )
    }

    /// What is wrong with a line that calls the tool.
    pub(super) fn mistakes(&self, line: &str) -> Vec<String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let known = (1..=words.len())
            .rev()
            .find_map(|count| Some((count, self.0.get(&words[..count].join(" "))?)));
        let Some((count, help)) = known else {
            return vec![format!("`{line}`: there is no such command")];
        };
        let mut mistakes = Vec::new();
        let wants_more = help.contains("[OPTIONS] <COMMAND>");
        match words.get(count) {
            Some(next) if wants_more && !next.starts_with('-') => {
                mistakes.push(format!(
                    "`{line}`: {} has no {next}",
                    words[..count].join(" ")
                ));
            }
            _ => {}
        }
        for word in &words[count..] {
            let option = word.split('=').next().unwrap_or(word);
            let option = option.trim_matches(|c| "`,;.)".contains(c));
            let is_option = option.starts_with("--") && option.len() > 2;
            let is_there = |end: &str| help.contains(&format!("{option}{end}"));
            if is_option && ![" ", "\n", "..."].into_iter().any(is_there) {
                let command = words[..count].join(" ");
                mistakes.push(format!("`{line}`: {command} has no {option}"));
            }
        }
        mistakes
    }
}

/// The calls of the tool in code blocks and code spans, each up to a comment, a pipe or a redirection.
pub(super) fn calls(document: &Document) -> Vec<String> {
    let blocks = document.lines.iter().filter(|line| line.code.is_some());
    let blocks = blocks.map(|line| line.text.as_str());
    let until = |text: &str| {
        let end = [" #", " |", " >", " 2>", " \\"]
            .iter()
            .filter_map(|mark| text.find(mark))
            .min();
        text[..end.unwrap_or(text.len())].trim().to_owned()
    };
    blocks
        .chain(document.spans())
        .map(str::trim)
        .filter(|text| text.starts_with("media-mirror "))
        .map(until)
        .filter(|text| text != "media-mirror")
        .collect()
}

#[test]
fn a_wrong_command_and_a_wrong_option_are_seen() {
    let commands = Commands::new(&cli::reference());
    for good in [
        "media-mirror verify --deep",
        "media-mirror deletions confirm --for 2h --yes",
        "media-mirror backfill --kinds assets --name 'film-*'",
        "media-mirror webhook token primary --organization <ID> --project <ID>",
    ] {
        assert!(commands.mistakes(good).is_empty(), "{good}");
    }
    for bad in [
        "media-mirror verfy",
        "media-mirror config verify",
        "media-mirror verify --deeper",
        "media-mirror plan --dry-run",
    ] {
        assert_eq!(commands.mistakes(bad).len(), 1, "{bad}");
    }
}
