use std::collections::{BTreeMap, BTreeSet};

use super::{Findings, Infra};
use crate::{
    Tree,
    bicep::Bicep,
    node::{of_kind, property, string, text},
};

/// The built-in roles that may be assigned, as Microsoft's list of built-in roles has them. A GUID is easily mistaken for another: so
/// each is bound to a variable with the role's name.
const BUILT_IN: [(&str, &str); 9] = [
    (
        "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
        "Storage Blob Data Reader",
    ),
    (
        "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
        "Storage Blob Data Contributor",
    ),
    (
        "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
        "Storage Blob Data Owner",
    ),
    (
        "db58b8e5-c6ad-4a2a-8342-4190687cbf4a",
        "Storage Blob Delegator",
    ),
    (
        "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
        "Storage Queue Data Contributor",
    ),
    (
        "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
        "Storage Table Data Contributor",
    ),
    (
        "3913510d-42f4-4e42-8a64-420c390055eb",
        "Monitoring Metrics Publisher",
    ),
    (
        "4633458b-17de-408a-b874-0445c86b69e6",
        "Key Vault Secrets User",
    ),
    (
        "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
        "Key Vault Secrets Officer",
    ),
];

/// Built-in roles stand under their names; custom roles name actions and no wildcards.
pub(super) fn rule(infra: &Infra<'_>, findings: &mut Findings) {
    for file in &infra.files {
        let named: BTreeMap<&str, &str> = file
            .vars()
            .into_iter()
            .filter_map(|(name, value)| Some((string(value, &file.source)?, name)))
            .collect();
        for (line, guid) in file.strings().into_iter().filter(|(_, text)| is_guid(text)) {
            let role = BUILT_IN.iter().find(|(known, _)| *known == guid);
            let Some((_, role)) = role else {
                findings.say(
                    &file.path,
                    format!("line {line}: {guid} is no role that may be assigned"),
                );
                continue;
            };
            if named.get(guid).copied() != Some(variable(role).as_str()) {
                let what = format!("line {line}: {guid} is {role}, and not called so");
                findings.say(&file.path, what);
            }
        }
        for assignment in file.resources() {
            if assignment.what.contains("/roleAssignments@") {
                let body = assignment.body.map_or("", |body| text(body, &file.source));
                if !body.contains("principalType:") {
                    let what = format!("line {}: says no principalType", assignment.line);
                    findings.say(&file.path, what);
                }
            }
        }
        for (role, actions) in custom(file) {
            for action in actions.iter().filter(|action| action.contains('*')) {
                findings.say(
                    &file.path,
                    format!("{role}: {action} is more than one action"),
                );
            }
            if actions.is_empty() {
                findings.say(&file.path, format!("{role} has no actions"));
            }
        }
    }
}

/// The actions of each custom role in `infra/`, by its name without the environment.
#[must_use]
pub fn role_actions(tree: &Tree) -> BTreeMap<String, BTreeSet<String>> {
    let files = tree.files("infra/", ".bicep");
    let files = files.filter_map(|(path, text)| Bicep::parse(path, text));
    files.flat_map(|file| custom(&file)).collect()
}

fn custom(file: &Bicep) -> Vec<(String, BTreeSet<String>)> {
    let mut roles = Vec::new();
    for definition in file.resources() {
        if !definition.what.contains("/roleDefinitions@") {
            continue;
        }
        let properties = file.property(&definition, "properties");
        let name = properties.and_then(|object| property(object, "roleName", &file.source));
        let name = name
            .and_then(|node| string(node, &file.source))
            .unwrap_or_default();
        // The actions stand in the definition, or in a table of the file from which it takes them.
        let strings = of_kind(file.root(), "string").into_iter();
        let strings = strings.filter_map(|node| string(node, &file.source));
        let is_action = |text: &&str| {
            text.starts_with("Microsoft.")
                && !text.contains('@')
                && ["/read", "/write", "/delete", "/action", "*"]
                    .iter()
                    .any(|verb| text.ends_with(verb))
        };
        let actions = strings.filter(is_action).map(ToOwned::to_owned).collect();
        roles.push((name.replace(" (${environmentName})", ""), actions));
    }
    roles
}

/// `Storage Blob Data Reader` as `storageBlobDataReader`.
fn variable(role: &str) -> String {
    let joined = role.replace(' ', "");
    joined[..1].to_ascii_lowercase() + &joined[1..]
}

fn is_guid(text: &str) -> bool {
    let shape = |c: char| if c.is_ascii_hexdigit() { '0' } else { c };
    text.chars()
        .map(shape)
        .eq("00000000-0000-0000-0000-000000000000".chars())
}
