//! The README's table of settings is the code's.

use std::{fs, path::Path};

#[test]
fn the_readme_s_table_of_settings_is_the_code_s() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = fs::read_to_string(path).unwrap();
    let (_, rest) = readme
        .split_once("<!-- settings -->")
        .expect("README.md has <!-- settings -->");
    let (table, _) = rest
        .split_once("<!-- /settings -->")
        .expect("README.md has <!-- /settings -->");
    assert!(
        table.trim() == settings::reference_table().trim(),
        "README.md does not have today's settings between its markers; run `cargo xtask docs`"
    );
}
