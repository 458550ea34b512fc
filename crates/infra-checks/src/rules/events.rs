use std::collections::{BTreeMap, BTreeSet};

use super::{Findings, Infra, storage::functions};
use crate::{
    bicep::Bicep,
    node::{of_kind, property, string, text},
};

/// Event Grid sends each event function exactly the types of events that it understands, says how often it tries, and keeps what
/// it could not deliver.
pub(super) fn rule(infra: &Infra<'_>, findings: &mut Findings) {
    let mut sent: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in &infra.files {
        for subscription in file.resources() {
            if !subscription.what.contains("/eventSubscriptions@") {
                continue;
            }
            let mut must = |holds: bool, what: &str| {
                if !holds {
                    findings.say(&file.path, format!("line {}: {what}", subscription.line));
                }
            };
            let body = subscription
                .body
                .map_or("", |body| text(body, &file.source));
            let says = |what: &str| body.contains(what);
            must(
                says("maxDeliveryAttempts: 30") && says("eventTimeToLiveInMinutes: 1440"),
                "the retry policy is not stated",
            );
            let kept = says("deadLetterWithResourceIdentity:") && says("deadLetterContainer");
            must(kept, "what cannot be delivered is not kept");
            must(
                says("endpointType: 'AzureFunction'"),
                "the destination is no function",
            );
        }
        collect(file, &mut sent);
    }
    for function in functions(infra)
        .iter()
        .filter(|function| function.has("eventGridTrigger"))
    {
        let name = function.name.as_str();
        let understood = understood(infra, name);
        match sent.remove(name) {
            None => findings.say("infra/main.bicep", format!("nothing is sent to {name}")),
            Some(types) => {
                let types: BTreeSet<String> = types.into_iter().map(ToOwned::to_owned).collect();
                for wrong in types.symmetric_difference(&understood) {
                    let what = format!("{name}: {wrong} is sent or understood, but not both");
                    findings.say("infra/main.bicep", what);
                }
            }
        }
    }
    for name in sent.keys() {
        let what = format!("{name} is no function with an Event Grid trigger");
        findings.say("infra/main.bicep", what);
    }
}

/// Functions and types of events that stand in one object, or in one file with one function.
fn collect<'a>(file: &'a Bicep, sent: &mut BTreeMap<&'a str, BTreeSet<&'a str>>) {
    let strings: Vec<&str> = file.strings().into_iter().map(|(_, text)| text).collect();
    let types = |texts: Vec<&'a str>| -> BTreeSet<&'a str> {
        let is_type = |text: &&str| {
            [
                "Microsoft.Media.",
                "Microsoft.Resources.",
                "Microsoft.Storage.",
            ]
            .iter()
            .any(|provider| text.starts_with(provider))
                && !text.contains(['/', '@'])
                && !["MediaServices", "ResourceGroups", "StorageAccounts"]
                    .iter()
                    .any(|topic| text.ends_with(topic))
        };
        texts.into_iter().filter(is_type).collect()
    };
    let named = strings.iter().filter_map(|text| {
        let (_, name) = text.split_once("/functions/")?;
        (!name.contains("${")).then_some(name)
    });
    for name in named {
        sent.entry(name).or_default().extend(types(strings.clone()));
    }
    for object in of_kind(file.root(), "object") {
        let function = property(object, "function", &file.source);
        if let Some(name) = function.and_then(|node| string(node, &file.source)) {
            let inside = of_kind(object, "string").into_iter();
            let inside = inside
                .filter_map(|node| string(node, &file.source))
                .collect();
            sent.entry(name).or_default().extend(types(inside));
        }
    }
}

/// The types of events in the source of a function.
fn understood(infra: &Infra<'_>, function: &str) -> BTreeSet<String> {
    let path = format!("handlers/src/functions/{}.rs", function.replace('-', "_"));
    let source = infra.tree.text(&path).unwrap_or_default();
    let quoted = source.split('"').skip(1).step_by(2);
    let types =
        quoted.filter(|text| text.starts_with("Microsoft.") && text.matches('.').count() == 2);
    types.map(ToOwned::to_owned).collect()
}
