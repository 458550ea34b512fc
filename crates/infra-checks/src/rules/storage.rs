use std::collections::BTreeSet;

use serde_json::Value;
use settings::SETTINGS;

use super::{Findings, Infra};
use crate::{bicep::Bicep, node::string};

const FILE: &str = "infra/app/storage.bicep";

/// Queues, containers and functions have the same names in Bicep, in `function.json` and in the code.
pub(super) fn rule(infra: &Infra<'_>, findings: &mut Findings) {
    let Some(file) = infra.file(FILE) else {
        findings.say(FILE, "is not there");
        return;
    };
    let made: BTreeSet<&str> = file.list("queueNames").into_iter().collect();
    let functions = functions(infra);
    let mut triggers = BTreeSet::new();
    for function in &functions {
        let path = format!("functions/{}/function.json", function.name);
        for binding in &function.bindings {
            let Some(queue) = binding["queueName"].as_str() else {
                continue;
            };
            if binding["connection"] != "AzureWebJobsStorage" {
                findings.say(&path, format!("{queue} is in another storage account"));
            }
            if !made.contains(queue) {
                findings.say(
                    FILE,
                    format!("{path} uses the queue {queue}, which is not made"),
                );
            }
            if binding["type"] == "queueTrigger" {
                triggers.insert(queue);
            }
        }
        let literal = format!("\"{}\"", function.name);
        let mut sources = infra.tree.files("handlers/src/", ".rs");
        if !sources.any(|(_, text)| text.contains(&literal)) {
            findings.say(&path, "no function of the handler has this name");
        }
    }
    for queue in made.difference(&triggers) {
        findings.say(FILE, format!("no function reads the queue {queue}"));
    }
    if !file
        .source
        .contains("map(queueNames, name => '${name}-poison')")
    {
        findings.say(FILE, "the poison queues are not made");
    }
    containers(infra, file, findings);
}

fn containers(infra: &Infra<'_>, file: &Bicep, findings: &mut Findings) {
    let name = |var: &str| string(file.var(var)?, &file.source);
    let state = SETTINGS
        .iter()
        .find(|setting| setting.name == "MIRROR_STATE_CONTAINER");
    let state = state.and_then(|setting| setting.default);
    if state.is_none() || state != name("stateContainerName") {
        findings.say(
            FILE,
            "the container of the state documents is not the handler's",
        );
    }
    // The heartbeat counts them, in a container whose name is no setting.
    let mut sources = infra.tree.files("crates/wiring/src/", ".rs");
    let letters =
        name("deadLetterContainerName").map(|name| format!("DEAD_LETTERS: &str = \"{name}\";"));
    if !letters.is_some_and(|letters| sources.any(|(_, text)| text.contains(&letters))) {
        findings.say(FILE, "the container of dead letters is not the handler's");
    }
}

/// A folder in `functions/`.
pub(super) struct Function {
    pub(super) name: String,
    pub(super) bindings: Vec<Value>,
}

impl Function {
    pub(super) fn has(&self, binding: &str) -> bool {
        self.bindings.iter().any(|found| found["type"] == binding)
    }
}

pub(super) fn functions(infra: &Infra<'_>) -> Vec<Function> {
    let files = infra.tree.files("functions/", "/function.json");
    files
        .map(|(path, text)| {
            let name = path.trim_start_matches("functions/");
            let name = name.trim_end_matches("/function.json").to_owned();
            let json: Value = serde_json::from_str(text).unwrap_or_default();
            let bindings = json["bindings"].as_array().cloned().unwrap_or_default();
            Function { name, bindings }
        })
        .collect()
}
