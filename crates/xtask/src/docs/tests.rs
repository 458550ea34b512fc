//! What the documents say of the repository, checked against it.

mod architecture;
mod commands;
mod generated;
mod links;
mod lists;

use std::{fs, path::PathBuf};

use super::markdown::Document;

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
