//! What the documents say of the settings is so.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;
use settings::Settings;

/// The first part of a document between two marks.
fn between(file: &str, begin: &str, end: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(file);
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{file}: {error}"));
    let (_, rest) = text
        .split_once(begin)
        .unwrap_or_else(|| panic!("{file} has {begin}"));
    let (part, _) = rest
        .split_once(end)
        .unwrap_or_else(|| panic!("{file} has {end}"));
    part.trim().to_owned()
}

#[test]
fn the_table_of_settings_is_the_code_s() {
    let table = between(
        "docs/configure.md",
        "<!-- settings -->",
        "<!-- /settings -->",
    );
    assert!(
        table == settings::reference_table().trim(),
        "docs/configure.md does not have today's settings between its markers; run `cargo xtask docs`"
    );
}

#[test]
fn the_local_settings_are_enough_once_they_are_filled_in() {
    let example = between(
        "README.md",
        "put `local.settings.json`:\n\n```json\n",
        "```",
    );
    let example: Value = serde_json::from_str(&example).unwrap();
    let mut variables: BTreeMap<String, String> =
        serde_json::from_value(example["Values"].clone()).unwrap();
    for (name, value) in &mut variables {
        let filled = match name.as_str() {
            "MIRROR_SECONDARY" => value.replace("<account>", "two"),
            _ => value.replace("<account>", "one"),
        };
        *value = filled
            .replace("<the app's storage account>", "appstore")
            .replace("<primary's storage account>", "storeone")
            .replace("<secondary's storage account>", "storetwo")
            .replace("<id>", "s")
            .replace("<group>", "g");
        assert!(!value.contains('<'), "{name}: {value}");
    }
    // What the Functions host adds.
    variables.insert("FUNCTIONS_CUSTOMHANDLER_PORT".to_owned(), "7001".to_owned());
    let settings = Settings::from_variables(&variables).unwrap();
    assert_eq!(settings.port, 7001);
}
