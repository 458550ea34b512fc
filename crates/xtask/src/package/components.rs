//! The crates that are linked into the handler, as cargo knows them.

use std::{collections::BTreeMap, process::Stdio};

use anyhow::{Context, ensure};
use cargo_lock::Lockfile;
use cargo_metadata::{Metadata, MetadataCommand, Package};

/// A crate in the handler.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Component {
    pub(super) name: String,
    pub(super) version: String,
    /// From a registry: not of this workspace.
    pub(super) foreign: bool,
    /// As the crate writes it: an SPDX expression, or nearly.
    pub(super) license: Option<String>,
    pub(super) description: Option<String>,
    pub(super) repository: Option<String>,
    /// SHA-256 of the crate's package, in hex, from the lock file.
    pub(super) checksum: Option<String>,
    /// What it depends on itself, by [`Component::id`], in order.
    pub(super) uses: Vec<String>,
}

impl Component {
    /// Name and version: unique in one lock file, since there is one registry.
    pub(super) fn id(&self) -> String {
        id(&self.name, &self.version)
    }
}

fn id(name: &str, version: &str) -> String {
    format!("{name}@{version}")
}

/// The handler and everything that is linked into it: without build scripts and procedural macros, which are run, never shipped.
/// The handler comes first, the rest in order.
///
/// # Errors
/// When cargo fails, or its answers do not fit together.
pub(super) async fn linked(target: &str) -> anyhow::Result<Vec<Component>> {
    let root = world::workspace_root();
    let tree = tree(target).await?;
    // cargo's metadata unite the features of the whole workspace, development crates and all: only the tree says what is linked.
    let metadata = tokio::task::spawn_blocking({
        let root = root.clone();
        move || {
            MetadataCommand::new()
                .current_dir(root)
                .other_options(["--locked".to_owned()])
                .exec()
        }
    })
    .await?
    .context("cargo metadata")?;
    let lock = Lockfile::load(root.join("Cargo.lock")).context("Cargo.lock")?;
    join(&tree, &metadata, &lock)
}

async fn tree(target: &str) -> anyhow::Result<String> {
    let output = world::cargo()
        .args(["tree", "--locked", "--package", "handlers"])
        .args(["--edges", "normal,no-proc-macro", "--target", target])
        .args(["--prefix", "depth", "--format", " {p}"])
        .current_dir(world::workspace_root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cargo cannot be started")?
        .wait_with_output()
        .await?;
    ensure!(output.status.success(), "cargo tree failed");
    String::from_utf8(output.stdout).context("cargo tree")
}

fn join(tree: &str, metadata: &Metadata, lock: &Lockfile) -> anyhow::Result<Vec<Component>> {
    let packages: BTreeMap<String, &Package> = metadata
        .packages
        .iter()
        .map(|package| (id(&package.name, &package.version.to_string()), package))
        .collect();
    let checksums: BTreeMap<String, String> = lock
        .packages
        .iter()
        .filter_map(|package| {
            let id = id(package.name.as_str(), &package.version.to_string());
            Some((id, package.checksum.as_ref()?.to_string()))
        })
        .collect();
    let (root, edges) = edges(tree)?;
    let mut components = Vec::new();
    for (id, uses) in edges {
        let package = packages
            .get(&id)
            .with_context(|| format!("cargo metadata does not know {id}"))?;
        components.push(Component {
            name: package.name.to_string(),
            version: package.version.to_string(),
            foreign: package.source.is_some(),
            license: package.license.clone(),
            description: package.description.clone(),
            repository: package.repository.clone(),
            checksum: checksums.get(&id).cloned(),
            uses,
        });
    }
    components.sort_by_key(|component| (component.id() != root, component.id()));
    Ok(components)
}

/// Reads `cargo tree --prefix depth --format " {p}"`: the root, and of each crate what it uses. A crate that comes again is cut short
/// there, ` (*)`.
fn edges(tree: &str) -> anyhow::Result<(String, BTreeMap<String, Vec<String>>)> {
    let mut above: Vec<String> = Vec::new();
    let mut edges: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace();
        let depth: usize = words
            .next()
            .and_then(|depth| depth.parse().ok())
            .with_context(|| format!("cargo tree: {line}"))?;
        let name = words
            .next()
            .with_context(|| format!("cargo tree: {line}"))?;
        let version = words.next().and_then(|version| version.strip_prefix('v'));
        let version = version.with_context(|| format!("cargo tree: {line}"))?;
        let this = id(name, version);
        ensure!(depth <= above.len(), "cargo tree skips a level: {line}");
        above.truncate(depth);
        edges.entry(this.clone()).or_default();
        if let Some(user) = above.last() {
            let uses = edges.entry(user.clone()).or_default();
            if !uses.contains(&this) {
                uses.push(this.clone());
                uses.sort();
            }
        }
        above.push(this);
    }
    let root = tree.lines().next().context("cargo tree said nothing")?;
    let mut words = root.split_whitespace().skip(1);
    let name = words.next().unwrap_or_default();
    let version = words.next().unwrap_or_default().trim_start_matches('v');
    Ok((id(name, version), edges))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_read_with_what_comes_twice() {
        let tree = "0 handlers v0.1.0 (/there)\n1 axum v0.8.1\n2 bytes v1.0.0\n1 serde v1.0.0\n2 bytes v1.0.0 (*)\n";
        let (root, edges) = edges(tree).unwrap();
        assert_eq!(root, "handlers@0.1.0");
        let uses = |id: &str| edges[id].clone();
        assert_eq!(uses("handlers@0.1.0"), ["axum@0.8.1", "serde@1.0.0"]);
        assert_eq!(uses("axum@0.8.1"), ["bytes@1.0.0"]);
        assert_eq!(uses("serde@1.0.0"), ["bytes@1.0.0"]);
        assert!(uses("bytes@1.0.0").is_empty());
        assert_eq!(edges.len(), 4);
    }

    #[test]
    fn a_tree_that_is_none_is_refused() {
        assert!(edges("").is_err());
        assert!(edges("handlers v0.1.0").is_err());
        assert!(edges("0 handlers v0.1.0\n2 bytes v1.0.0").is_err());
    }
}
