//! Links and paths, and what they lead to.

use std::fs;

use super::{none, root};
use crate::docs::markdown::{Document, documents};

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
