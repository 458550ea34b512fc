//! What the documents say of the repository, checked against it.

use std::{collections::BTreeSet, fs, path::PathBuf};

use change::Message;
use clap::{Parser, error::ErrorKind};

use super::{
    generated::parts,
    log_fields::log_fields,
    markdown::{Document, documents},
    picture, splice,
    tool::{Commands, calls},
};
use crate::Cli;

/// Cargo's own commands, and `deny`, which `.ci/run` installs.
const CARGO: [&str; 9] = [
    "build", "clippy", "deny", "doc", "fetch", "fmt", "run", "test", "tree",
];

fn root() -> PathBuf {
    world::workspace_root()
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn document(file: &str) -> Document {
    Document::new(file, &read(file))
}

/// Fails with every mistake at once.
fn none(mistakes: Vec<String>) {
    assert!(mistakes.is_empty(), "\n{}", mistakes.join("\n"));
}

/// The folders below a folder that hold a file of this name, or any if it is empty.
fn folders(below: &str, with: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(below)).unwrap();
    let folders = entries
        .map(Result::unwrap)
        .filter(|entry| entry.path().is_dir());
    let folders = folders.filter(|folder| folder.path().join(with).exists());
    folders
        .map(|folder| folder.file_name().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn a_part_is_put_between_its_markers_and_nowhere_else() {
    let text = "a\n<!-- x -->\nold\n<!-- /x -->\nb";
    let spliced = splice(text, "x", "new\n").unwrap();
    assert_eq!(spliced, "a\n<!-- x -->\nnew\n<!-- /x -->\nb");
    assert_eq!(splice(&spliced, "x", "new").unwrap(), spliced);
    for bad in [
        "",
        "<!-- x -->",
        "<!-- /x --><!-- x -->",
        "<!-- x --><!-- x --><!-- /x -->",
    ] {
        assert!(splice(bad, "x", "new").is_err(), "{bad}");
    }
}

#[test]
fn the_generated_parts_are_what_the_code_says() {
    let mistakes = parts().into_iter().filter_map(|part| {
        let text = read(part.file);
        let current = splice(&text, part.marker, &part.text).unwrap();
        (current != text).then(|| {
            format!(
                "{}: {} is out of date; run `cargo xtask docs`",
                part.file, part.marker
            )
        })
    });
    none(mistakes.collect());
}

#[test]
fn the_picture_is_drawn_from_its_text() {
    let source = read(picture::SOURCE);
    assert!(
        read(picture::DRAWING).starts_with(&picture::mark(source.as_bytes())),
        "{} is older than {}; run `cargo xtask docs` with Graphviz installed",
        picture::DRAWING,
        picture::SOURCE
    );
}

#[test]
fn the_picture_has_every_function() {
    let source = read(picture::SOURCE);
    let is_word = |c: char| c.is_alphanumeric() || c == '-';
    let drawn: BTreeSet<&str> = source.split(|c| !is_word(c)).collect();
    let missing = folders("functions", "function.json")
        .into_iter()
        .filter(|name| !drawn.contains(name.as_str()));
    none(
        missing
            .map(|name| format!("{} lacks {name}", picture::SOURCE))
            .collect(),
    );
}

/// That every alert has its heading is seen where the alerts are checked, in `infra-checks`.
#[test]
fn the_operator_s_page_explains_no_alert_that_is_not_there() {
    let alerts = read("infra/watch/alerts.bicep");
    let operate = document("docs/operate.md");
    let prose = operate.lines.iter().filter(|line| line.code.is_none());
    let said: Vec<&str> = prose
        .map(|line| line.text.as_str())
        .skip_while(|line| *line != "## Alerts")
        .skip(1)
        .take_while(|line| !line.starts_with("## "))
        .filter_map(|line| line.strip_prefix("### "))
        .collect();
    assert!(!said.is_empty(), "docs/operate.md explains no alert");
    let gone = said
        .into_iter()
        .filter(|name| !alerts.contains(&format!("name: '{name}'\n")));
    none(
        gone.map(|name| format!("docs/operate.md: there is no alert \"{name}\""))
            .collect(),
    );
}

#[test]
fn every_link_to_a_file_leads_to_one() {
    let mut mistakes = Vec::new();
    for document in documents(&root()) {
        let folder = root().join(&document.path);
        let folder = folder.parent().unwrap();
        for link in document.links() {
            let at = format!("{}: {}", document.path, link.text);
            let target = folder.join(&link.file);
            if !link.file.is_empty() && !target.exists() {
                mistakes.push(format!("{at} leads to {}, which does not exist", link.file));
                continue;
            }
            let Some(anchor) = link.anchor else { continue };
            let anchors = if link.file.is_empty() {
                document.anchors()
            } else {
                let text = fs::read_to_string(&target).unwrap();
                Document::new(link.file.clone(), &text).anchors()
            };
            if !anchors.contains(&anchor) {
                mistakes.push(format!(
                    "{at} leads to the heading #{anchor}, which is not there"
                ));
            }
        }
    }
    none(mistakes);
}

/// The walkthroughs link functions to their files: a function that is renamed or moved takes its walkthrough along.
#[test]
fn a_link_whose_text_is_code_leads_to_a_file_that_has_it() {
    let mut mistakes = Vec::new();
    let mut checked = 0;
    for document in documents(&root()) {
        let path = root().join(&document.path);
        for link in document.links() {
            let Some(code) = link
                .text
                .strip_prefix('`')
                .and_then(|text| text.strip_suffix('`'))
            else {
                continue;
            };
            let Ok(text) = fs::read_to_string(path.parent().unwrap().join(&link.file)) else {
                continue;
            };
            let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
            let word = code.rsplit("::").next().unwrap_or(code);
            if code.contains(['/', '.']) || !word.chars().all(is_word) {
                continue;
            }
            checked += 1;
            if !text.split(|c| !is_word(c)).any(|found| found == word) {
                mistakes.push(format!("{}: {} has no {word}", document.path, link.file));
            }
        }
    }
    none(mistakes);
    assert!(checked > 0, "there is no such link");
}

#[test]
fn every_path_in_the_documents_exists() {
    let tops = [
        ".cargo/",
        ".ci/",
        ".github/",
        "crates/",
        "docs/",
        "functions/",
        "handlers/",
        "infra/",
        "tests/",
    ];
    let mut mistakes = Vec::new();
    for document in documents(&root()) {
        let beside = root().join(&document.path);
        for span in document.spans() {
            let plain = span
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
            let is_path = plain && tops.iter().any(|top| span.starts_with(top));
            // In a crate's own README a path may start at the crate.
            let exists = root().join(span).exists() || beside.with_file_name(span).exists();
            if is_path && !exists {
                mistakes.push(format!("{}: {span} does not exist", document.path));
            }
        }
    }
    none(mistakes);
}

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

#[test]
fn the_architecture_names_every_crate_and_every_folder_of_the_handler() {
    let map = read("ARCHITECTURE.md");
    let crates = folders("crates", "Cargo.toml")
        .into_iter()
        .map(|name| format!("crates/{name}/"));
    let parts = folders("handlers/src", "")
        .into_iter()
        .map(|name| format!("handlers/src/{name}/"));
    let missing = crates
        .chain(parts)
        .filter(|path| !map.contains(&format!("`{path}`")));
    none(
        missing
            .map(|path| format!("ARCHITECTURE.md: the code map lacks `{path}`"))
            .collect(),
    );
}

#[test]
fn the_invariants_stand_in_lines_of_their_own() {
    let architecture = document("ARCHITECTURE.md");
    let invariants = architecture
        .lines
        .iter()
        .filter(|line| line.text.starts_with("Invariant:"));
    assert!(invariants.count() >= 10);
}

#[test]
fn the_readme_has_the_functions_that_the_app_has() {
    let said: BTreeSet<String> = document("README.md")
        .first_cells("### Functions")
        .into_iter()
        .filter_map(|cell| Some(cell.strip_prefix('`')?.strip_suffix('`')?.to_owned()))
        .collect();
    let there: BTreeSet<String> = folders("functions", "function.json").into_iter().collect();
    assert_eq!(
        said, there,
        "README.md, \"Functions\", and the folder functions/"
    );
}

#[test]
fn the_examples_of_messages_are_messages() {
    let examples = document("README.md").blocks("json");
    let changes: Vec<&str> = examples
        .iter()
        .flat_map(|block| block.lines())
        .filter(|line| line.starts_with("{\"v\""))
        .collect();
    assert!(!changes.is_empty(), "README.md shows no message");
    for change in changes {
        Message::parse(change.as_bytes()).unwrap_or_else(|error| panic!("{change}: {error}"));
    }
}

#[test]
fn the_readme_explains_every_field_of_the_log() {
    let readme = document("README.md");
    let said: BTreeSet<String> = readme
        .first_cells("### The log")
        .into_iter()
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .map(ToOwned::to_owned)
        .collect();
    let mut written = BTreeSet::new();
    let mut folders = vec![root().join("handlers/src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                written.append(&mut log_fields(&fs::read_to_string(path).unwrap()));
            }
        }
    }
    assert!(written.contains("lag_ms"), "{written:?}");
    assert_eq!(
        said, written,
        "README.md, \"The log\", and what the handler logs"
    );
}

/// The own crates that a crate of the workspace depends on when it is built.
fn uses(manifest: &str) -> BTreeSet<String> {
    let own = folders("crates", "Cargo.toml");
    read(manifest)
        .lines()
        .skip_while(|line| *line != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| own.iter().any(|own| own == name))
        .map(ToOwned::to_owned)
        .collect()
}

#[test]
fn the_architecture_knows_who_uses_whom() {
    let architecture = document("ARCHITECTURE.md");
    let mut said: Vec<(String, BTreeSet<String>)> = Vec::new();
    for row in architecture.rows("### Who uses whom") {
        let mut names = row.split('`').skip(1).step_by(2).map(ToOwned::to_owned);
        if let Some(name) = names.next() {
            said.push((name, names.collect()));
        }
    }
    let (handlers, _) = said.first().expect("there is a table");
    assert_eq!(handlers, "handlers");
    let mut above = BTreeSet::new();
    for (name, used) in &said {
        let manifest = match name.as_str() {
            "handlers" => "handlers/Cargo.toml".to_owned(),
            name => format!("crates/{name}/Cargo.toml"),
        };
        assert_eq!(*used, uses(&manifest), "ARCHITECTURE.md: what {name} uses");
        above.insert(name.clone());
        let up: Vec<_> = used.intersection(&above).collect();
        assert!(up.is_empty(), "{name} uses {up:?}, which stand above it");
    }
    let linked: BTreeSet<String> = said.iter().flat_map(|(_, used)| used.clone()).collect();
    above.remove("handlers");
    assert_eq!(linked, above, "ARCHITECTURE.md: the lines of the table");
}
