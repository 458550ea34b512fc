use std::collections::BTreeSet;

use serde_json::Value;
use settings::SETTINGS;

use super::{Findings, Infra};
use crate::bicep::Declared;

const FILE: &str = "infra/main.parameters.json";

/// `main.parameters.json` has each parameter of `main.bicep` and no other, and takes it from a variable of the azd environment. Those
/// that begin with `MIRROR_` are settings of the handler, since it takes no others.
pub(super) fn rule(infra: &Infra<'_>, findings: &mut Findings) {
    let Some(main) = infra.file("infra/main.bicep") else {
        return;
    };
    let text = infra.tree.text(FILE).unwrap_or_default();
    let Ok(json) = serde_json::from_str::<Value>(text) else {
        findings.say(FILE, "is not valid JSON");
        return;
    };
    let empty = serde_json::Map::new();
    let given = json["parameters"].as_object().unwrap_or(&empty);
    let params: BTreeSet<&str> = main.params().iter().map(|param| param.name).collect();
    for name in given.keys().filter(|name| !params.contains(name.as_str())) {
        findings.say(FILE, format!("{name} is no parameter of main.bicep"));
    }
    for name in params.iter().filter(|name| !given.contains_key(**name)) {
        findings.say(FILE, format!("{name} is missing"));
    }
    let mut variables = BTreeSet::new();
    for (name, parameter) in given {
        let Some(text) = parameter["value"].as_str() else {
            continue;
        };
        let variable = text
            .strip_prefix("${")
            .and_then(|text| text.strip_suffix('}'))
            .map(|text| text.split('=').next().unwrap_or(text));
        match variable {
            None => findings.say(FILE, format!("{name} comes from no variable")),
            Some(variable) if !is_known(variable) => {
                findings.say(
                    FILE,
                    format!("{name}: {variable} is no setting of the handler"),
                );
            }
            Some(variable) if !variables.insert(variable) => {
                findings.say(FILE, format!("{variable} is used twice"));
            }
            Some(_) => {}
        }
        let default = text.trim_end_matches('}').split_once('=');
        let param = main.params().into_iter().find(|param| param.name == name);
        if let (Some((_, default)), Some(param)) = (default, param)
            && !fits(&param, default)
        {
            findings.say(FILE, format!("{name} cannot be {default}"));
        }
    }
    // azd gives its own values for both whatever stands in the environment, so that one must not come from elsewhere.
    if variables.contains("AZURE_PRINCIPAL_ID") != variables.contains("AZURE_PRINCIPAL_TYPE") {
        let what = "AZURE_PRINCIPAL_ID and AZURE_PRINCIPAL_TYPE are one, from azd: one is missing";
        findings.say(FILE, what);
    }
    for name in given["settings"]["value"]
        .as_object()
        .into_iter()
        .flat_map(serde_json::Map::keys)
    {
        if !SETTINGS.iter().any(|setting| setting.name == name) {
            findings.say(FILE, format!("settings: the handler does not know {name}"));
        }
    }
}

/// Whether a parameter takes this text; azd and Azure make numbers and truth values of texts.
fn fits(param: &Declared<'_>, text: &str) -> bool {
    let shape = match param.kind {
        "int" => text.parse::<i64>().is_ok(),
        "bool" => matches!(text, "true" | "false"),
        kind => kind == "string",
    };
    shape && (param.allowed.is_empty() || param.allowed.contains(&text))
}

fn is_known(variable: &str) -> bool {
    if variable.starts_with("MIRROR_") {
        return SETTINGS.iter().any(|setting| setting.name == variable);
    }
    variable.starts_with("AZURE_") || variable.starts_with("INFRA_")
}
