//! The code map, and who uses whom.

use std::collections::BTreeSet;

use super::{document, folders, none, read};

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
