use tree_sitter::Node;

use super::{Findings, Infra};
use crate::{
    bicep::{Bicep, Deployed},
    node::{of_kind, property, string, text},
};

/// How long a name may be, by what Microsoft's "Naming rules and restrictions for Azure resources" says.
const LIMITS: [(&str, usize); 9] = [
    ("Microsoft.Cdn/profiles/afdEndpoints@", 46),
    ("Microsoft.EventGrid/systemTopics@", 50),
    ("Microsoft.Insights/scheduledQueryRules@", 260),
    ("Microsoft.KeyVault/vaults@", 24),
    ("Microsoft.ManagedIdentity/userAssignedIdentities@", 128),
    ("Microsoft.Network/privateEndpoints@", 64),
    ("Microsoft.OperationalInsights/workspaces@", 63),
    ("Microsoft.Storage/storageAccounts@", 24),
    ("Microsoft.Web/sites@", 60),
];

/// The name of a deployment, which is what a module is.
const MODULE: usize = 64;

/// What `uniqueString` gives.
const TOKEN: usize = 13;

/// What else stands in a name: the name of a storage account is the longest.
const OTHER: usize = 24;

/// No name is longer than Azure takes, where it is put together here.
pub(super) fn rule(infra: &Infra<'_>, findings: &mut Findings) {
    for file in &infra.files {
        for resource in file.resources().iter().filter(|found| !found.existing) {
            let mut limits = LIMITS.iter();
            if let Some((_, limit)) = limits.find(|(what, _)| resource.what.starts_with(what)) {
                measure(infra, file, resource, *limit, findings);
            }
        }
        for module in file.modules() {
            measure(infra, file, &module, MODULE, findings);
        }
    }
}

fn measure(
    infra: &Infra<'_>,
    file: &Bicep,
    of: &Deployed<'_>,
    limit: usize,
    findings: &mut Findings,
) {
    let Some(name) = file.property(of, "name") else {
        return;
    };
    for name in written(infra, file, name) {
        let length = length(name);
        if length > limit {
            let what = format!(
                "line {}: the name of {} has up to {length} characters, and {limit} are allowed: {name}",
                of.line, of.symbol
            );
            findings.say(&file.path, what);
        }
    }
}

/// The texts that a name is made of, in this file, or where it is a parameter in those that give it.
fn written<'a>(infra: &'a Infra<'_>, file: &'a Bicep, name: Node<'a>) -> Vec<&'a str> {
    let strings = |file: &'a Bicep, node: Node<'a>| -> Vec<&'a str> {
        let node = file.var(text(node, &file.source)).unwrap_or(node);
        let strings = of_kind(node, "string").into_iter();
        strings
            .filter_map(|node| string(node, &file.source))
            .collect()
    };
    let symbol = text(name, &file.source);
    if !file.params().iter().any(|param| param.name == symbol) {
        return strings(file, name);
    }
    let mut found = Vec::new();
    for giver in &infra.files {
        for module in giver.modules() {
            let path = module.what.rsplit('/').next().unwrap_or(module.what);
            let params = giver.property(&module, "params");
            let given = params.and_then(|params| property(params, symbol, &giver.source));
            if let Some(given) = given.filter(|_| file.path.ends_with(path)) {
                found.extend(strings(giver, given));
            }
        }
    }
    found
}

fn length(name: &str) -> usize {
    let mut parts = name.split("${");
    let first = parts.next().map_or(0, str::len);
    let rest = parts.map(|part| {
        let (expression, text) = part.rsplit_once('}').unwrap_or((part, ""));
        let value = match expression {
            "token" => TOKEN,
            "index" => 3,
            _ => OTHER,
        };
        value + text.len()
    });
    first + rest.sum::<usize>()
}
