use std::collections::BTreeSet;

use super::{Findings, Infra};
use crate::{
    bicep::{Bicep, Deployed},
    node::{of_kind, properties, text},
};

/// Every module is a file here, gets the parameters that it asks for and no others, and gives the outputs that are read. Every
/// file is a module of another, or the first.
pub(super) fn rule(infra: &Infra<'_>, findings: &mut Findings) {
    let mut used = BTreeSet::from(["infra/main.bicep".to_owned()]);
    for file in &infra.files {
        for module in file.modules() {
            let path = resolved(&file.path, module.what);
            match infra.file(&path) {
                Some(of) => fits(file, &module, of, findings),
                None => findings.say(
                    &file.path,
                    format!("line {}: {} is no file of infra/", module.line, module.what),
                ),
            }
            used.insert(path);
        }
    }
    for file in infra.files.iter().filter(|file| !used.contains(&file.path)) {
        findings.say(&file.path, "is nobody's module");
    }
}

fn fits(file: &Bicep, module: &Deployed<'_>, of: &Bicep, findings: &mut Findings) {
    let mut say = |what: String| {
        findings.say(
            &file.path,
            format!("line {}: module {}: {what}", module.line, module.symbol),
        );
    };
    let given: BTreeSet<&str> = file
        .property(module, "params")
        .map(|params| properties(params, &file.source))
        .into_iter()
        .flatten()
        .map(|(name, _)| name)
        .collect();
    let params = of.params();
    for param in params.iter().filter(|param| param.value.is_none()) {
        if !given.contains(param.name) {
            say(format!("lacks the parameter {}", param.name));
        }
    }
    for name in &given {
        if !params.iter().any(|param| param.name == *name) {
            say(format!("has no parameter {name}"));
        }
    }
    let outputs = of.outputs();
    for output in outputs_read(file, module.symbol) {
        if !outputs.iter().any(|declared| declared.name == output) {
            say(format!("has no output {output}"));
        }
    }
}

/// The names behind `module.outputs.` and `module[...].outputs.`.
fn outputs_read<'a>(file: &'a Bicep, symbol: &str) -> BTreeSet<&'a str> {
    let members = of_kind(file.root(), "member_expression").into_iter();
    let read = members.filter_map(|node| {
        let (of, output) = text(node, &file.source).rsplit_once('.')?;
        let of = of.strip_suffix(".outputs")?;
        let name = of.split('[').next().unwrap_or(of);
        (name == symbol).then_some(output)
    });
    read.collect()
}

/// A module's path from the root.
fn resolved(from: &str, path: &str) -> String {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}
