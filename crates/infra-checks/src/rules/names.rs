use std::collections::BTreeSet;

use super::{Findings, Infra};
use crate::{
    bicep::Bicep,
    node::{is_read, line, of_kind, text},
};

/// The functions of Bicep that are used here. One that is missing is added when it stands in Bicep's documentation.
const FUNCTIONS: [&str; 37] = [
    "allowed",
    "any",
    "array",
    "base64",
    "cidrSubnet",
    "concat",
    "contains",
    "description",
    "empty",
    "environment",
    "filter",
    "format",
    "guid",
    "indexOf",
    "int",
    "items",
    "join",
    "json",
    "last",
    "length",
    "loadJsonContent",
    "loadTextContent",
    "map",
    "maxLength",
    "maxValue",
    "metadata",
    "minLength",
    "minValue",
    "replace",
    "resourceGroup",
    "secure",
    "split",
    "string",
    "subscription",
    "subscriptionResourceId",
    "tenant",
    "toLower",
];
const MORE_FUNCTIONS: [&str; 5] = ["range", "take", "trim", "union", "uniqueString"];

/// Every name that is read is declared, every declared one is read, and every function exists.
pub(super) fn rule(infra: &Infra<'_>, findings: &mut Findings) {
    for file in &infra.files {
        let read = read_names(file);
        let declared = declared_names(file);
        for (name, line) in &read {
            if !declared.contains(name) {
                findings.say(&file.path, format!("line {line}: {name} is not declared"));
            }
        }
        let used: BTreeSet<&str> = read.iter().map(|(name, _)| *name).collect();
        let params = file.params().into_iter().map(|param| param.name);
        let vars = file.vars().into_iter().map(|(name, _)| name);
        for name in params.chain(vars).filter(|name| !used.contains(name)) {
            findings.say(&file.path, format!("{name} is declared and not used"));
        }
        let mut once = BTreeSet::new();
        for name in symbols(file).filter(|name| !once.insert(*name)) {
            findings.say(&file.path, format!("{name} is declared twice"));
        }
        for (line, name) in file.calls() {
            if !FUNCTIONS.contains(&name) && !MORE_FUNCTIONS.contains(&name) {
                findings.say(&file.path, format!("line {line}: unknown function {name}"));
            }
        }
    }
}

fn read_names(file: &Bicep) -> Vec<(&str, usize)> {
    let nodes = of_kind(file.root(), "identifier").into_iter();
    nodes
        .filter(|node| is_read(*node))
        .map(|node| (text(node, &file.source), line(node)))
        .collect()
}

/// What a file declares in the one space of names that it has, outputs aside.
fn symbols(file: &Bicep) -> impl Iterator<Item = &str> {
    let params = file.params().into_iter().map(|param| param.name);
    let vars = file.vars().into_iter().map(|(name, _)| name);
    let resources = file.resources().into_iter();
    let deployed = resources.chain(file.modules());
    params
        .chain(vars)
        .chain(deployed.map(|deployed| deployed.symbol))
}

fn declared_names(file: &Bicep) -> BTreeSet<&str> {
    let mut names: BTreeSet<&str> = symbols(file).collect();
    for kind in ["loop_variable", "loop_enumerator"] {
        let nodes = of_kind(file.root(), kind).into_iter();
        names.extend(nodes.map(|node| text(node, &file.source)));
    }
    for kind in ["lambda_expression", "for_statement"] {
        for node in of_kind(file.root(), kind) {
            names.extend(
                node.named_child(0)
                    .filter(|node| node.kind() == "identifier")
                    .map(|node| text(node, &file.source)),
            );
        }
    }
    names
}
