use super::{Findings, Infra};
use crate::{
    bicep::{Bicep, Deployed},
    node::{of_kind, property, string},
};

const COMMON: &str = "infra/hooks/common.sh";
const DISCONNECT: &str = "infra/hooks/disconnect.sh";

/// What stands outside of the app's resource group is found again by its name, by the hook that takes it away before `azd down`.
pub(super) fn rule(infra: &Infra<'_>, findings: &mut Findings) {
    let hook = infra.tree.text(DISCONNECT).unwrap_or_default();
    for file in &infra.files {
        for resource in file.resources() {
            if resource.what.contains("/eventSubscriptions@") {
                for name in subscription_names(file, &resource) {
                    if !hook.contains(&format!("/{name}\"")) {
                        findings.say(DISCONNECT, format!("leaves the subscription {name}"));
                    }
                }
            }
            if resource.what.contains("/roleDefinitions@") {
                let found = of_kind(file.root(), "object").into_iter();
                let mut names = found
                    .filter_map(|object| property(object, "roleName", &file.source))
                    .filter_map(|node| string(node, &file.source));
                let ours = |name: &str| {
                    name.starts_with("Mirror ") && name.ends_with(" (${environmentName})")
                };
                if !names.any(ours) {
                    let what = format!("line {}: a role that {DISCONNECT} leaves", resource.line);
                    findings.say(&file.path, what);
                }
            }
        }
    }
    let main = infra.tree.text("infra/main.bicep").unwrap_or_default();
    let common = infra.tree.text(COMMON).unwrap_or_default();
    if !(main.contains("name: 'rg-${environmentName}'") && common.contains("rg-$AZURE_ENV_NAME}")) {
        findings.say(COMMON, "knows the app's resource group under another name");
    }
}

/// The names of a subscription, one for each route where it is a loop over them.
fn subscription_names(file: &Bicep, subscription: &Deployed<'_>) -> Vec<String> {
    let name = file.property(subscription, "name");
    let Some(name) = name.and_then(|node| string(node, &file.source)) else {
        return Vec::new();
    };
    let name = name.rsplit('/').next().unwrap_or(name);
    if !name.contains("${route.function}") {
        return vec![name.to_owned()];
    }
    let objects = of_kind(file.root(), "object").into_iter();
    objects
        .filter_map(|object| property(object, "function", &file.source))
        .filter_map(|node| string(node, &file.source))
        .map(|function| name.replace("${route.function}", function))
        .collect()
}
