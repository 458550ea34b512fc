//! The rules. Each looks at one thing in all of `infra/` and says what is not so.

mod ams_only;
mod described;
mod events;
mod front;
mod host;
mod leaves;
mod lengths;
mod modules;
mod names;
mod parameters;
mod parses;
mod pinned;
mod roles;
mod secrets;
mod settings;
mod start;
mod storage;
mod watch;

use crate::{Finding, Tree, bicep::Bicep};

pub use roles::role_actions;

/// What a rule sees: the files, and those of `infra/` parsed.
pub(crate) struct Infra<'a> {
    tree: &'a Tree,
    files: Vec<Bicep>,
}

impl Infra<'_> {
    /// The Bicep file at this path.
    fn file(&self, path: &str) -> Option<&Bicep> {
        self.files.iter().find(|file| file.path == path)
    }
}

/// Collects what one rule finds.
pub(crate) struct Findings {
    rule: &'static str,
    found: Vec<Finding>,
}

impl Findings {
    fn say(&mut self, file: &str, what: impl Into<String>) {
        self.found.push(Finding {
            rule: self.rule,
            file: file.to_owned(),
            what: what.into(),
        });
    }
}

type Rule = fn(&Infra<'_>, &mut Findings);

const ALL: [(&str, Rule); 18] = [
    ("parses", parses::rule),
    ("described", described::rule),
    ("names", names::rule),
    ("modules", modules::rule),
    ("pinned", pinned::rule),
    ("start", start::rule),
    ("lengths", lengths::rule),
    ("secrets", secrets::rule),
    ("parameters", parameters::rule),
    ("settings", settings::rule),
    ("storage", storage::rule),
    ("host", host::rule),
    ("events", events::rule),
    ("roles", roles::rule),
    ("ams-only", ams_only::rule),
    ("front", front::rule),
    ("leaves", leaves::rule),
    ("watch", watch::rule),
];

/// The names of the rules.
pub const RULES: [&str; ALL.len()] = {
    let mut names = [""; ALL.len()];
    let mut at = 0;
    while at < ALL.len() {
        names[at] = ALL[at].0;
        at += 1;
    }
    names
};

/// What the rules find; `only` names one of [`RULES`], and nothing stands for all of them.
#[must_use]
pub fn check(tree: &Tree, only: Option<&str>) -> Vec<Finding> {
    let files = tree.files("infra/", ".bicep");
    let infra = Infra {
        tree,
        files: files
            .filter_map(|(path, text)| Bicep::parse(path, text))
            .collect(),
    };
    let mut all = Vec::new();
    for (name, rule) in ALL {
        if only.is_some_and(|only| only != name) {
            continue;
        }
        let mut findings = Findings {
            rule: name,
            found: Vec::new(),
        };
        rule(&infra, &mut findings);
        all.extend(findings.found);
    }
    all.sort();
    all
}
