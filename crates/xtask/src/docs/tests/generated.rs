//! What is written into the documents by `cargo xtask docs`, and whether that was done.

use std::collections::BTreeSet;

use super::{folders, none, read};
use crate::docs::{generated::parts, picture, splice};

#[test]
fn a_part_is_put_between_its_markers_and_nowhere_else() {
    let text = "a\n<!-- x -->\nold\n<!-- /x -->\nb";
    let spliced = splice(text, "x", "new\n").unwrap();
    assert_eq!(spliced, "a\n<!-- x -->\nnew\n<!-- /x -->\nb");
    assert_eq!(splice(&spliced, "x", "new").unwrap(), spliced);
    for bad in [
        "",
        "<!-- x -->",
        "<!-- /x --><!-- x -->",
        "<!-- x --><!-- x --><!-- /x -->",
    ] {
        assert!(splice(bad, "x", "new").is_err(), "{bad}");
    }
}

#[test]
fn the_generated_parts_are_what_the_code_says() {
    let mistakes = parts().into_iter().filter_map(|part| {
        let text = read(part.file);
        let current = splice(&text, part.marker, &part.text).unwrap();
        (current != text).then(|| {
            format!(
                "{}: {} is out of date; run `cargo xtask docs`",
                part.file, part.marker
            )
        })
    });
    none(mistakes.collect());
}

#[test]
fn the_picture_is_drawn_from_its_text() {
    let source = read(picture::SOURCE);
    assert!(
        read(picture::DRAWING).starts_with(&picture::mark(source.as_bytes())),
        "{} is older than {}; run `cargo xtask docs` with Graphviz installed",
        picture::DRAWING,
        picture::SOURCE
    );
}

#[test]
fn the_picture_has_every_function() {
    let source = read(picture::SOURCE);
    let is_word = |c: char| c.is_alphanumeric() || c == '-';
    let drawn: BTreeSet<&str> = source.split(|c| !is_word(c)).collect();
    let missing = folders("functions", "function.json")
        .into_iter()
        .filter(|name| !drawn.contains(name.as_str()));
    none(
        missing
            .map(|name| format!("{} lacks {name}", picture::SOURCE))
            .collect(),
    );
}
