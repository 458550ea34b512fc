use std::collections::BTreeSet;

use tree_sitter::Node;

use super::{Findings, Infra};
use crate::{
    bicep::{Bicep, Deployed},
    node::{is_read, of_kind, property, text},
};

/// What Azure must know of a resource before a deployment begins; the compiler refuses everything else there (BCP120, the list is
/// `WriteOnlyDeployTimeConstantPropertyNames` in Azure/bicep).
const KNOWN_BEFORE: [&str; 11] = [
    "name",
    "scope",
    "location",
    "kind",
    "sku",
    "identity",
    "tags",
    "zones",
    "plan",
    "managedBy",
    "extendedLocation",
];

/// What is known of a resource before the deployment begins, and can be read there. The location of one that exists is not.
const READABLE: [&str; 4] = ["id", "name", "type", "apiVersion"];

/// Resources that have no location: what is part of another, and roles.
const WITHOUT_LOCATION: [&str; 12] = [
    "Microsoft.Authorization/",
    "Microsoft.Cdn/profiles/customDomains@",
    "Microsoft.Cdn/profiles/originGroups@",
    "Microsoft.Cdn/profiles/originGroups/origins@",
    "Microsoft.Cdn/profiles/afdEndpoints/routes@",
    "Microsoft.EventGrid/systemTopics/eventSubscriptions@",
    "Microsoft.EventGrid/topics/eventSubscriptions@",
    "Microsoft.Network/privateEndpoints/privateDnsZoneGroups@",
    "Microsoft.Storage/storageAccounts/blobServices",
    "Microsoft.Storage/storageAccounts/queueServices",
    "Microsoft.Web/sites/config@",
    "Microsoft.Resources/tags@",
];

/// Names, locations, scopes, conditions and loops follow from what is known before the deployment begins, and whatever needs a
/// location has one.
pub(super) fn rule(infra: &Infra<'_>, findings: &mut Findings) {
    for file in &infra.files {
        let deployed: BTreeSet<&str> = symbols(file).collect();
        let modules = file.modules();
        for of in file.resources().iter().chain(&modules) {
            let known_before = KNOWN_BEFORE.iter();
            let places = known_before
                .filter_map(|key| Some((*key, file.property(of, key)?)))
                .chain(of.before.iter().map(|node| ("condition or loop", *node)));
            for (place, node) in places {
                for read in read_too_early(file, node, &deployed, &mut BTreeSet::new()) {
                    let what = format!(
                        "line {}: {place} of {} is not known before the deployment begins: {read}",
                        of.line, of.symbol
                    );
                    findings.say(&file.path, what);
                }
            }
        }
        for resource in file
            .resources()
            .iter()
            .filter(|resource| !resource.existing)
        {
            if needs_location(resource) && !has_location(file, resource) {
                let what = format!(
                    "line {}: {} has no location",
                    resource.line, resource.symbol
                );
                findings.say(&file.path, what);
            }
        }
    }
}

fn symbols(file: &Bicep) -> impl Iterator<Item = &str> {
    let deployed = file.resources().into_iter().chain(file.modules());
    deployed.map(|deployed| deployed.symbol)
}

/// Reads of what only a deployed resource or module knows, in an expression and in the variables that it is made of.
fn read_too_early<'a>(
    file: &'a Bicep,
    node: Node<'a>,
    deployed: &BTreeSet<&str>,
    seen: &mut BTreeSet<&'a str>,
) -> Vec<&'a str> {
    let mut found = Vec::new();
    for member in of_kind(node, "member_expression") {
        let whole = text(member, &file.source);
        let (base, rest) = whole.split_at(whole.find(['.', '[']).unwrap_or(whole.len()));
        let rest = match rest.strip_prefix('[') {
            Some(index) => index.split_once(']').map_or("", |(_, rest)| rest),
            None => rest,
        };
        let first = rest.trim_start_matches(['.', '?', '!']);
        let first = first.split(['.', '[']).next().unwrap_or(first);
        if deployed.contains(base) && !READABLE.contains(&first) {
            found.push(whole);
        }
    }
    let names = of_kind(node, "identifier").into_iter();
    for name in names.filter(|name| is_read(*name)) {
        let name = text(name, &file.source);
        if let Some(value) = file.var(name).filter(|_| seen.insert(name)) {
            found.extend(read_too_early(file, value, deployed, seen));
        }
    }
    found
}

fn needs_location(resource: &Deployed<'_>) -> bool {
    let mut without = WITHOUT_LOCATION.iter();
    !without.any(|known| resource.what.starts_with(known))
}

fn has_location(file: &Bicep, resource: &Deployed<'_>) -> bool {
    let location = resource.body;
    location.is_some_and(|body| property(body, "location", &file.source).is_some())
}
