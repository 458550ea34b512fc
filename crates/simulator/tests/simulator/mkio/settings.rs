//! Every setting is told of, and every value of those of MK.IO is tested.

use serde_json::{Value, json};
use simulator::Settings;

/// Every setting, by its path, and its default.
fn settings() -> Vec<(String, Value)> {
    fn leaves(at: &str, value: &Value, found: &mut Vec<(String, Value)>) {
        let Some(members) = value.as_object() else {
            return found.push((at.to_owned(), value.clone()));
        };
        for (name, value) in members {
            leaves(&format!("{at}/{name}"), value, found);
        }
    }
    let mut found = Vec::new();
    leaves(
        "",
        &serde_json::to_value(Settings::default()).unwrap(),
        &mut found,
    );
    found
}

/// The values that a setting may have, if they are a few words: an error in reading it names them.
fn choices(path: &str) -> Vec<String> {
    let mut settings = serde_json::to_value(Settings::default()).unwrap();
    *settings.pointer_mut(path).unwrap() = json!("?");
    let error = serde_json::from_value::<Settings>(settings).unwrap_err();
    let text = error.to_string();
    match text.split_once("expected ") {
        Some((_, choices)) if text.starts_with("unknown variant") => {
            let words = choices.split('`').skip(1).step_by(2);
            words.map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn the_readme_tells_every_setting_its_default_and_its_values() {
    let readme = include_str!("../../../README.md");
    for (path, default) in settings() {
        let name = path.rsplit('/').next().unwrap();
        let Some(_) = path.strip_prefix("/mkio/") else {
            assert!(readme.contains(name), "{path} is not there");
            for choice in choices(&path) {
                assert!(readme.contains(&choice), "{path}: {choice} is not there");
            }
            continue;
        };
        let row = readme
            .lines()
            .find(|line| line.starts_with('|') && line.contains(&format!("`{name}`")))
            .unwrap_or_else(|| panic!("{name} is not there"));
        let shown = match &default {
            Value::String(text) => format!("`{text}`"),
            Value::Array(_) => "none".to_owned(),
            Value::Number(number) => format!("`{}`", number.as_f64().unwrap()),
            other => format!("`{other}`"),
        };
        assert!(row.contains(&shown), "{row} does not say {shown}");
        let mut values = choices(&path);
        if let Value::Bool(default) = default {
            values.push((!default).to_string());
        }
        for value in values {
            assert!(row.contains(&format!("`{value}`")), "{row}: {value}");
        }
    }
}

/// Each value that a setting of MK.IO may have is one that a test here sets.
#[test]
fn every_value_of_a_setting_is_tested() {
    const TESTS: &[&str] = &[
        include_str!("assets.rs"),
        include_str!("content_key_policies.rs"),
        include_str!("faults.rs"),
        include_str!("keys.rs"),
        include_str!("listing.rs"),
        include_str!("locators.rs"),
        include_str!("streaming_policies.rs"),
        include_str!("tokens.rs"),
        include_str!("webhooks.rs"),
    ];
    let tests = TESTS.concat();
    let snake = |name: &str| -> String {
        let parts = name.chars().map(|c| match c {
            upper if upper.is_ascii_uppercase() => format!("_{}", upper.to_ascii_lowercase()),
            other => other.to_string(),
        });
        parts.collect()
    };
    let untested: Vec<String> = settings()
        .into_iter()
        .filter_map(|(path, default)| {
            Some((path.strip_prefix("/mkio/")?.to_owned(), path, default))
        })
        .flat_map(|(name, path, default)| {
            let field = snake(&name);
            let set = tests.contains(&format!("settings.{field} = "));
            let unset = (!set).then(|| name.clone());
            let values = choices(&path)
                .into_iter()
                .filter(|value| default != json!(value))
                .filter(|value| {
                    let (first, rest) = value.split_at(1);
                    !tests.contains(&format!("::{}{rest}", first.to_uppercase()))
                })
                .map(|value| format!("{name}: {value}"));
            unset.into_iter().chain(values).collect::<Vec<_>>()
        })
        .collect();
    assert!(untested.is_empty(), "{untested:?}");
}
