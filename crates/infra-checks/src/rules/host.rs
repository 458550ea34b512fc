use serde_json::{Value, json};

use super::{Findings, Infra};
use crate::node::{of_kind, properties, string};

/// `host.json`, the app resource and `azure.yaml` describe one app.
pub(super) fn rule(infra: &Infra<'_>, findings: &mut Findings) {
    host_json(infra, findings);
    let app = "infra/app/function-app.bicep";
    let Some(file) = infra.file(app) else {
        findings.say(app, "is not there");
        return;
    };
    let objects = of_kind(file.root(), "object").into_iter();
    let texts = |object| -> Vec<(&str, &str)> {
        let properties = properties(object, &file.source).into_iter();
        properties
            .filter_map(|(name, value)| Some((name, string(value?, &file.source)?)))
            .collect()
    };
    let objects: Vec<Vec<(&str, &str)>> = objects.map(texts).collect();
    let has = |pairs: &[(&str, &str)]| {
        let fits = |object: &Vec<(&str, &str)>| pairs.iter().all(|pair| object.contains(pair));
        objects.iter().any(fits)
    };
    if !has(&[("name", "custom"), ("version", "1.0")]) {
        findings.say(app, "the runtime is not custom 1.0");
    }
    if !has(&[("name", "FC1"), ("tier", "FlexConsumption")]) {
        findings.say(app, "the plan is not Flex Consumption");
    }
    let azure = infra.tree.text("azure.yaml").unwrap_or_default();
    let services: Vec<&str> = services(azure).collect();
    for service in &services {
        if !has(&[("azd-service-name", service)]) {
            findings.say(app, format!("azd would not find the service {service}"));
        }
    }
    if services.is_empty() {
        findings.say("azure.yaml", "has no service");
    }
}

fn host_json(infra: &Infra<'_>, findings: &mut Findings) {
    let text = infra.tree.text("host.json").unwrap_or_default();
    let json: Value = serde_json::from_str(text).unwrap_or_default();
    let queues = &json["extensions"]["queues"];
    let sampling = &json["logging"]["applicationInsights"]["samplingSettings"];
    let mut must = |holds: bool, what: &str| {
        if !holds {
            findings.say("host.json", what);
        }
    };
    must(
        queues["maxDequeueCount"] == json!(30),
        "maxDequeueCount is not 30",
    );
    must(
        sampling["isEnabled"] == json!(false),
        "sampling is on: numbers would be guesses",
    );
    let small = queues["batchSize"]
        .as_u64()
        .is_some_and(|size| (1..=16).contains(&size));
    must(small, "batches are not small");
    must(
        json["extensionBundle"]["id"] == "Microsoft.Azure.Functions.ExtensionBundle",
        "there is no extension bundle",
    );
}

/// The names below `services:`. Enough for a file whose form is ours.
fn services(yaml: &str) -> impl Iterator<Item = &str> {
    let below = yaml.lines().skip_while(|line| *line != "services:").skip(1);
    let below = below.take_while(|line| line.is_empty() || line.starts_with([' ', '#']));
    below.filter_map(|line| {
        let name = line.strip_prefix("  ")?.strip_suffix(':')?;
        (!name.starts_with([' ', '#'])).then_some(name)
    })
}
