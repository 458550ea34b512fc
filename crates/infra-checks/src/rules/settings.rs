use std::collections::BTreeMap;

use settings::{SETTINGS, Settings};

use super::{Findings, Infra};
use crate::{
    bicep::Bicep,
    node::{of_kind, properties, string},
};

const FILE: &str = "infra/app/settings.bicep";

/// Settings that are not the handler's: the Functions host reads them.
const PLATFORM: [&str; 4] = [
    "AzureWebJobsStorage__credential",
    "AzureWebJobsStorage__clientId",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
];

/// The app settings are known, enough, and accepted by the handler's own parser, for both back ends.
pub(super) fn rule(infra: &Infra<'_>, findings: &mut Findings) {
    let Some(file) = infra.file(FILE) else {
        findings.say(FILE, "is not there");
        return;
    };
    let common = file.keys("common");
    let tokens = file.keys("tokens");
    for name in common.iter().chain(&tokens) {
        let known = SETTINGS.iter().any(|setting| setting.name == *name);
        if !known && !PLATFORM.contains(name) {
            findings.say(
                FILE,
                format!("neither the handler nor the host knows {name}"),
            );
        }
    }
    for backend in ["ams", "mkio"] {
        let mut names = common.clone();
        if backend == "mkio" {
            names.extend(&tokens);
        }
        for variables in environments(file, backend, &names) {
            if let Err(mistakes) = Settings::from_variables(&variables) {
                findings.say(
                    FILE,
                    format!("{backend}: the handler refuses them: {mistakes}"),
                );
            }
        }
    }
}

/// The settings with values as a deployment gives them; once for each text that the file has for a setting.
fn environments(file: &Bicep, backend: &str, names: &[&str]) -> Vec<BTreeMap<String, String>> {
    let mut all = vec![BTreeMap::new()];
    if let Some(first) = all.first_mut() {
        // The host sets it.
        first.insert("FUNCTIONS_CUSTOMHANDLER_PORT".to_owned(), "7071".to_owned());
        for name in names {
            first.insert((*name).to_owned(), sample(name, backend).to_owned());
        }
    }
    for (name, text) in texts(file) {
        let mut another = all.first().cloned().unwrap_or_default();
        another.insert(name.to_owned(), text.to_owned());
        all.push(another);
    }
    all
}

/// The whole texts (no interpolation) that settings may get.
fn texts(file: &Bicep) -> Vec<(&str, &str)> {
    let Some(common) = file.var("common") else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (name, value) in properties(common, &file.source) {
        if !name.starts_with("MIRROR_") {
            continue;
        }
        let strings = value.map(|value| of_kind(value, "string"));
        let strings = strings.into_iter().flatten();
        let texts = strings.filter_map(|node| string(node, &file.source));
        let whole = texts.filter(|text| text.contains('=') && !text.contains("${"));
        found.extend(whole.map(|text| (name, text)));
    }
    found
}

fn sample(name: &str, backend: &str) -> &'static str {
    match (name, backend) {
        ("MIRROR_BACKEND", "ams") => "ams",
        ("MIRROR_BACKEND", _) => "mkio",
        ("MIRROR_PRIMARY", "ams") => {
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Media/mediaServices/one"
        }
        ("MIRROR_SECONDARY", "ams") => {
            "/subscriptions/s/resourceGroups/h/providers/Microsoft.Media/mediaServices/two"
        }
        ("MIRROR_PRIMARY", _) => "one",
        ("MIRROR_SECONDARY", _) => "two",
        ("MIRROR_STORAGE_MAP", _) => "primary1=secondary1,primary2=secondary2",
        ("MIRROR_SOURCE_AUTH", _) => "delegation-sas",
        ("MIRROR_EVENT_TOPICS", _) => "system",
        ("MIRROR_INSTANCES", _) => "40",
        ("MIRROR_DELETES", "ams") => "streamingLocators=events,assets=events",
        ("MIRROR_DELETES", _) => "streamingLocators=converge,assets=converge",
        ("MIRROR_CONFLICTS", _) => "streamingLocators=report",
        ("MIRROR_PRIMARY_TOKEN" | "MIRROR_SECONDARY_TOKEN", _) => "e30.e30.e30",
        ("AzureWebJobsStorage__accountName", _) => "stmirror0123456789abc",
        ("AZURE_CLIENT_ID", _) => "00000000-0000-0000-0000-000000000000",
        _ => "some-text-of-length",
    }
}
