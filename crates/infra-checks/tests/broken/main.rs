//! Every rule notices what it is there for: the repository with one thing broken, and the rule that has to say so.

#![expect(
    clippy::unwrap_used,
    reason = "in tests; clippy sees that only inside functions marked as such"
)]

mod access;
mod app;
mod language;
mod settings;
mod watch;

use std::collections::BTreeSet;

use infra_checks::{RULES, Tree, check};

/// One thing that is broken.
struct Broken {
    rule: &'static str,
    file: &'static str,
    /// What stands there, and what in its place.
    from: &'static str,
    to: &'static str,
    /// What the finding says of it.
    says: &'static str,
}

const fn broken(
    rule: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    says: &'static str,
) -> Broken {
    Broken {
        rule,
        file,
        from,
        to,
        says,
    }
}

const ALL: [&[Broken]; 5] = [
    language::ALL,
    settings::ALL,
    app::ALL,
    access::ALL,
    watch::ALL,
];

const STORAGE: &str = "infra/app/storage.bicep";

/// Lines that give a secret away, put at the end of a file.
const SECRETS: &[(&str, &str)] = &[
    (
        "@description('A token of the service.')\nparam accessKey string\n",
        "takes no secrets",
    ),
    (
        "@description('A token of the service.')\n@secure()\nparam token2 string\n",
        "takes no secrets",
    ),
    (
        "var key = account.listKeys().keys[0].value\n",
        "listKeys reads a secret",
    ),
    (
        "var text = 'DefaultEndpointsProtocol=https;AccountKey=x'\n",
        "looks like a secret",
    ),
    (
        "var text = 'Zm9vYmFyMTIzNDU2Nzg5MEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaYWJjZGVmZ2g='\n",
        "looks like a secret",
    ),
    (
        "@description('Where the log goes to.')\noutput x string = insights.properties.ConnectionString\n",
        "gives out a secret",
    ),
];

fn repository() -> Tree {
    Tree::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../..").as_ref()).unwrap()
}

fn says(tree: &Tree, rule: &str, file: Option<&str>, what: &str) -> Result<(), Vec<String>> {
    let findings = check(tree, Some(rule));
    let found = findings.iter().any(|finding| {
        finding.rule == rule
            && file.is_none_or(|file| finding.file == file)
            && finding.what.contains(what)
    });
    let all = findings.iter().map(ToString::to_string);
    found.then_some(()).ok_or_else(|| all.collect())
}

#[test]
fn every_rule_notices_what_is_broken() {
    let repository = repository();
    for broken in ALL.into_iter().flatten() {
        let text = repository.text(broken.file).unwrap_or_default();
        assert!(
            text.contains(broken.from),
            "{}: {}",
            broken.file,
            broken.from
        );
        let text = if broken.from.is_empty() {
            broken.to.to_owned()
        } else {
            text.replace(broken.from, broken.to)
        };
        let tree = repository.with(broken.file, &text);
        let said = says(&tree, broken.rule, None, broken.says);
        assert!(
            said.is_ok(),
            "{} instead of {}: {said:#?}",
            broken.to,
            broken.from
        );
    }
}

#[test]
fn a_secret_is_noticed_wherever_it_stands() {
    let repository = repository();
    for (line, what) in SECRETS {
        let text = format!("{}\n{line}", repository.text(STORAGE).unwrap());
        let tree = repository.with(STORAGE, &text);
        let said = says(&tree, "secrets", Some(STORAGE), what);
        assert!(said.is_ok(), "{line}: {said:#?}");
    }
    let json = r#"{"parameters": {"x": {"value": "https://a/?sig=abc"}}}"#;
    let tree = repository.with("infra/other.json", json);
    assert!(says(&tree, "secrets", Some("infra/other.json"), "secret").is_ok());
}

/// A rule without something broken above could be a rule that never speaks.
#[test]
fn every_rule_is_tried() {
    let mut tried: BTreeSet<&str> = ALL
        .into_iter()
        .flatten()
        .map(|broken| broken.rule)
        .collect();
    tried.insert("secrets");
    assert_eq!(tried, RULES.iter().copied().collect());
}
