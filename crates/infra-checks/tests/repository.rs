//! The repository itself: no rule finds anything.

use infra_checks::{Tree, check};

#[test]
fn the_rules_hold() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let tree = Tree::read(root.as_ref()).unwrap();
    let findings: Vec<String> = check(&tree, None).iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
}
