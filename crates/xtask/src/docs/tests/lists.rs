//! What pages list, against what there is: functions, messages, fields of the log, alerts.

use std::{collections::BTreeSet, fs};

use change::Message;

use super::{document, folders, none, read, root};
use crate::docs::log_fields::log_fields;

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
