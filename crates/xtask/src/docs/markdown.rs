//! As much of Markdown as the tests need: code blocks, code spans, links and headings.

use std::{fs, path::Path};

/// A document of the repository.
pub(super) struct Document {
    /// Its path from the workspace's root.
    pub(super) path: String,
    /// Its lines, each with whether it stands in a code block, and in one of which language.
    pub(super) lines: Vec<Line>,
}

/// A line of a document.
pub(super) struct Line {
    pub(super) text: String,
    /// The language of the code block that it stands in, empty where the block names none.
    pub(super) code: Option<String>,
}

/// A link to something that is not on another machine.
pub(super) struct Link {
    pub(super) text: String,
    /// The file, as written; empty for the document itself.
    pub(super) file: String,
    pub(super) anchor: Option<String>,
}

/// Every Markdown file below a folder, build output and packages of others left out.
pub(super) fn documents(root: &Path) -> Vec<Document> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !["target", "node_modules", ".git"].contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if name.ends_with(".md") {
                let relative = path.strip_prefix(root).unwrap().to_string_lossy();
                let text = fs::read_to_string(&path).unwrap();
                found.push(Document::new(relative, &text));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

impl Document {
    pub(super) fn new(path: impl Into<String>, text: &str) -> Self {
        let mut code: Option<String> = None;
        let mut lines: Vec<Line> = Vec::new();
        for text in text.lines() {
            let fence = text.trim_start().strip_prefix("```");
            let opens = code.is_none();
            if let Some(language) = fence {
                code = opens.then(|| language.trim().to_owned());
                continue;
            }
            // An indented block follows an empty line; in a list, four spaces are a paragraph.
            let indented = opens
                && text.starts_with("    ")
                && lines
                    .last()
                    .is_none_or(|last| last.text.is_empty() || last.code.is_some());
            lines.push(Line {
                text: text.to_owned(),
                code: code.clone().or_else(|| indented.then(String::new)),
            });
        }
        Self {
            path: path.into(),
            lines,
        }
    }

    /// The texts of the code blocks in a language.
    pub(super) fn blocks(&self, language: &str) -> Vec<String> {
        let mut blocks: Vec<String> = Vec::new();
        let mut within = false;
        for line in &self.lines {
            let of_language = line.code.as_deref() == Some(language);
            if of_language && !within {
                blocks.push(String::new());
            }
            within = of_language;
            if let (true, Some(block)) = (of_language, blocks.last_mut()) {
                block.push_str(&line.text);
                block.push('\n');
            }
        }
        blocks
    }

    /// The code spans of its prose.
    pub(super) fn spans(&self) -> Vec<&str> {
        let prose = self.lines.iter().filter(|line| line.code.is_none());
        prose
            .flat_map(|line| line.text.split('`').skip(1).step_by(2))
            .collect()
    }

    /// The links of its prose that lead to files.
    pub(super) fn links(&self) -> Vec<Link> {
        let mut links = Vec::new();
        for line in self.lines.iter().filter(|line| line.code.is_none()) {
            for (before, rest) in pairs(&line.text, "](") {
                let Some((target, _)) = rest.split_once(')') else {
                    continue;
                };
                if target.contains("://") || target.starts_with("mailto:") {
                    continue;
                }
                let (file, anchor) = match target.split_once('#') {
                    Some((file, anchor)) => (file, Some(anchor.to_owned())),
                    None => (target, None),
                };
                links.push(Link {
                    text: before
                        .rsplit_once('[')
                        .map_or(before, |(_, text)| text)
                        .to_owned(),
                    file: file.to_owned(),
                    anchor,
                });
            }
        }
        links
    }

    /// The anchors that its headings make.
    pub(super) fn anchors(&self) -> Vec<String> {
        let prose = self.lines.iter().filter(|line| line.code.is_none());
        prose
            .filter_map(|line| line.text.strip_prefix('#'))
            .map(|heading| {
                let heading = heading.trim_start_matches('#').trim().to_lowercase();
                let kept = heading
                    .chars()
                    .filter(|c| c.is_alphanumeric() || "-_ ".contains(*c));
                kept.map(|c| if c == ' ' { '-' } else { c }).collect()
            })
            .collect()
    }

    /// The table rows below a heading, up to the next heading.
    pub(super) fn rows(&self, heading: &str) -> impl Iterator<Item = &str> {
        let below = self
            .lines
            .iter()
            .skip_while(move |line| line.text != heading);
        below
            .skip(1)
            .take_while(|line| !line.text.starts_with('#'))
            .filter_map(|line| line.text.strip_prefix("| "))
    }

    /// The first cells of those rows.
    pub(super) fn first_cells(&self, heading: &str) -> Vec<&str> {
        let cells = self.rows(heading).filter_map(|row| row.split_once(" |"));
        cells.map(|(cell, _)| cell).collect()
    }
}

/// A text cut at every occurrence of a mark: what stands before it and what stands behind.
fn pairs<'t>(text: &'t str, mark: &'t str) -> impl Iterator<Item = (&'t str, &'t str)> {
    text.match_indices(mark)
        .map(move |(at, _)| (&text[..at], &text[at + mark.len()..]))
}
