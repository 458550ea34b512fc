//! The settings: the app's own, from the environment or a file.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;
use settings::Settings;
use wiring::Parts;

use crate::{arguments::Global, failure::Failure};

type Variables = BTreeMap<String, String>;

/// The settings, and what they describe.
pub(crate) struct Configured {
    pub(crate) settings: Settings,
    pub(crate) parts: Parts,
}

/// Reads the settings and builds what they describe. Nothing is called.
///
/// # Errors
/// Every mistake of the configuration at once; or that a file cannot be read; or that a client cannot be built.
pub(crate) fn configured(global: &Global) -> Result<Configured, Failure> {
    let settings = settings(variables(global.settings.as_deref())?)?;
    let parts = Parts::from_settings(&settings)
        .map_err(|error| Failure::new(error, "Correct the setting that it is about."))?;
    Ok(Configured { settings, parts })
}

fn variables(file: Option<&Path>) -> Result<Variables, Failure> {
    // `vars_os`, because another program's variable that is not UTF-8 must not stop this one.
    let mut variables: Variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    if let Some(file) = file {
        let shown = file.display();
        let text = fs::read_to_string(file).map_err(|error| {
            Failure::new(format!("{shown}: {error}"), "Name a file that can be read.")
        })?;
        let parsed = parse(&text).map_err(|what| {
            Failure::new(
                format!("{shown}: {what}"),
                "It must hold KEY=VALUE lines as `azd env get-values` prints them, or be a local.settings.json.",
            )
        })?;
        variables.extend(parsed);
    }
    Ok(variables)
}

/// What differs from the handler: who signs in when nothing is said, and that nobody gives the tool a port, because it listens to none.
fn settings(mut variables: Variables) -> Result<Settings, Failure> {
    for (name, value) in [
        ("MIRROR_CREDENTIAL", "developer-tools"),
        ("FUNCTIONS_CUSTOMHANDLER_PORT", "0"),
    ] {
        let given = variables.entry(name.to_owned()).or_default();
        if given.trim().is_empty() {
            value.clone_into(given);
        }
    }
    Settings::from_variables(&variables).map_err(Failure::Configuration)
}

/// Reads a file of settings. No value is repeated in an error.
fn parse(text: &str) -> Result<Variables, String> {
    if text.trim_start().starts_with('{') {
        local_settings(text)
    } else {
        text.lines()
            .enumerate()
            .filter_map(|(at, line)| {
                let line = line.trim();
                let line = line.strip_prefix("export ").unwrap_or(line);
                let is_none = line.is_empty() || line.starts_with('#');
                (!is_none)
                    .then(|| assignment(line).ok_or(format!("line {} is not KEY=VALUE", at + 1)))
            })
            .collect()
    }
}

fn local_settings(text: &str) -> Result<Variables, String> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| format!("line {}: no JSON", error.line()))?;
    if value["IsEncrypted"].as_bool() == Some(true) {
        return Err("its values are encrypted; run `func settings decrypt` first".to_owned());
    }
    let values = value["Values"]
        .as_object()
        .ok_or("there is no object `Values`")?;
    values
        .iter()
        .map(|(name, value)| {
            let text = value.as_str().ok_or(format!("{name} is not a text"))?;
            Ok((name.clone(), text.to_owned()))
        })
        .collect()
}

fn assignment(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(is_name) {
        return None;
    }
    Some((name.to_owned(), unquoted(value.trim())))
}

/// Double quotes with backslashes, as the Azure Developer CLI writes them; single quotes and none are taken as they stand.
fn unquoted(value: &str) -> String {
    if let Some(inner) = enclosed(value, '\'') {
        return inner.to_owned();
    }
    let Some(inner) = enclosed(value, '"') else {
        return value.to_owned();
    };
    let mut plain = String::new();
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        match (c, c == '\\') {
            (_, true) => match characters.next() {
                Some('n') => plain.push('\n'),
                Some('r') => plain.push('\r'),
                Some(other) => plain.push(other),
                None => {}
            },
            _ => plain.push(c),
        }
    }
    plain
}

fn enclosed(value: &str, quote: char) -> Option<&str> {
    value.strip_prefix(quote)?.strip_suffix(quote)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
AZURE_ENV_NAME="prod"
# by hand
MIRROR_PRIMARY="/subscriptions/s/resourceGroups/g/providers/Microsoft.Media/mediaServices/east"
export MIRROR_SECONDARY=/subscriptions/s/resourceGroups/g/providers/Microsoft.Media/mediaServices/west
MIRROR_STORAGE_MAP='eaststore=weststore'
AzureWebJobsStorage__accountName = "appstore"
"#;

    #[test]
    fn lines_as_azd_prints_them_are_settings() {
        let settings = settings(parse(GOOD).unwrap()).unwrap();
        assert_eq!(settings.credential, settings::Credential::DeveloperTools);
        assert_eq!(
            settings.storage_map.replica_of("eaststore"),
            Some("weststore")
        );
    }

    #[test]
    fn a_local_settings_json_is_settings() {
        let text = r#"{"IsEncrypted": false, "Values": {"MIRROR_CREDENTIAL": "managed-identity", "A": "b=c"}}"#;
        let variables = parse(text).unwrap();
        assert_eq!(variables["A"], "b=c");
        assert_eq!(variables["MIRROR_CREDENTIAL"], "managed-identity");
    }

    #[test]
    fn quotes_and_backslashes_are_taken_away_once() {
        for (line, value) in [
            (r#"A="a \"b\" \\ \$c""#, r#"a "b" \ $c"#),
            (r"A='a \ b'", r"a \ b"),
            ("A=a=b", "a=b"),
            ("A=\"", "\""),
            ("A=", ""),
        ] {
            assert_eq!(assignment(line).unwrap().1, value, "{line}");
        }
    }

    #[test]
    fn a_file_that_is_something_else_is_refused_without_a_value() {
        for bad in [
            "SECRET",
            "A B=SECRET",
            "{\"Values\": SECRET}",
            "{\"IsEncrypted\": true, \"Values\": {\"A\": \"SECRET\"}}",
            "{\"Values\": {\"A\": [\"SECRET\"]}}",
        ] {
            let error = parse(bad).unwrap_err();
            assert!(!error.contains("SECRET"), "{bad}: {error}");
        }
    }

    #[test]
    fn who_signs_in_can_be_said() {
        let mut variables = parse(GOOD).unwrap();
        variables.insert(
            "MIRROR_CREDENTIAL".to_owned(),
            "managed-identity".to_owned(),
        );
        let settings = settings(variables).unwrap();
        assert_ne!(settings.credential, settings::Credential::DeveloperTools);
    }
}
