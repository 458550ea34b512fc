use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// The files that the rules look at: by path from the root of the repository, with `/`.
#[derive(Clone, Debug)]
pub struct Tree(BTreeMap<String, String>);

/// A file that could not be read. Remedy: the error names it.
#[derive(Debug)]
pub struct TreeError {
    path: PathBuf,
    source: io::Error,
}

impl std::fmt::Display for TreeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.source)
    }
}

impl std::error::Error for TreeError {}

/// Where the files are, and how those end that count.
const SOURCES: [(&str, &[&str]); 11] = [
    ("infra", &["bicep", "json", "kql", "sh"]),
    ("functions", &["json"]),
    ("handlers/src", &["rs"]),
    ("crates/change/src", &["rs"]),
    ("crates/mirror/src", &["rs"]),
    ("crates/state/src", &["rs"]),
    ("crates/wiring/src", &["rs"]),
    ("host.json", &["json"]),
    ("azure.yaml", &["yaml"]),
    ("docs/operate.md", &["md"]),
    ("infra/README.md", &["md"]),
];

impl Tree {
    /// The repository whose root is given.
    ///
    /// # Errors
    /// [`TreeError`] when a file cannot be read.
    pub fn read(root: &Path) -> Result<Self, TreeError> {
        let mut tree = Self(BTreeMap::new());
        for (source, endings) in SOURCES {
            tree.add(root, &root.join(source), endings)?;
        }
        Ok(tree)
    }

    fn add(&mut self, root: &Path, path: &Path, endings: &[&str]) -> Result<(), TreeError> {
        let failed = |source| TreeError {
            path: path.to_owned(),
            source,
        };
        if path.is_dir() {
            for entry in fs::read_dir(path).map_err(failed)? {
                self.add(root, &entry.map_err(failed)?.path(), endings)?;
            }
            return Ok(());
        }
        let ending = path.extension().and_then(|ending| ending.to_str());
        if ending.is_some_and(|ending| endings.contains(&ending)) {
            let text = fs::read_to_string(path).map_err(failed)?;
            let name = path.strip_prefix(root).unwrap_or(path);
            self.0
                .insert(name.to_string_lossy().replace('\\', "/"), text);
        }
        Ok(())
    }

    /// The text of a file.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// The same repository with another text in a file, which need not exist yet.
    #[must_use]
    pub fn with(&self, path: &str, text: &str) -> Self {
        let mut files = self.0.clone();
        files.insert(path.to_owned(), text.to_owned());
        Self(files)
    }

    /// The files below a folder that end so.
    pub(crate) fn files<'a>(
        &'a self,
        below: &'a str,
        ending: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let here = move |path: &str| path.starts_with(below) && path.ends_with(ending);
        let files = self.0.iter().filter(move |(path, _)| here(path));
        files.map(|(path, text)| (path.as_str(), text.as_str()))
    }
}
