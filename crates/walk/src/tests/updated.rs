//! What was updated since a time, by the primary's list alone.

use change::Kind;
use media::ErrorKind;
use mirror::Scope;
use serde_json::json;
use time::macros::datetime;
use wildmatch::WildMatch;

use super::{Told, asset, body, filter, scene, scoped, soon};
use crate::{Seen, Selection, updated};

#[tokio::test]
async fn what_was_updated_is_named_without_a_look_at_the_secondary() {
    let scene = scene();
    let since = datetime!(2026-01-02 00:00 UTC);
    scene
        .primary
        .lists([filter("a", 1), filter("b", 1), filter("a", 1)]);
    scene.secondary.lists([filter("a", 1), filter("extra", 1)]);
    let mut told = Told::default();
    let all = Selection::all(Kind::AccountFilters);
    let result = updated(&scene.mirror, &all, since, soon(), &mut told).await;
    let walked = result.unwrap();
    let expected = [("a", Seen::Different), ("b", Seen::Different)];
    assert_eq!(told.sorted(), expected);
    assert_eq!((walked.primary, walked.different, walked.pages), (2, 2, 2));
    let asked = vec![(Kind::AccountFilters, Some(since)); 2];
    assert_eq!(scene.primary.asked(), asked);
    assert_eq!(scene.secondary.asked(), []);
}

#[tokio::test]
async fn what_is_left_out_is_not_updated_either() {
    let scope = Scope {
        exclude: vec![WildMatch::new("*-raw")],
        ..Scope::default()
    };
    let scene = scoped(scope);
    scene
        .primary
        .lists([asset("film", "west"), asset("film-raw", "west")]);
    let mut told = Told::default();
    let all = Selection::all(Kind::Assets);
    let since = datetime!(2026-01-02 00:00 UTC);
    let result = updated(&scene.mirror, &all, since, soon(), &mut told).await;
    assert_eq!(result.unwrap().different, 1);
    assert_eq!(told.sorted(), [("film", Seen::Different)]);
}

#[tokio::test]
async fn a_filter_that_is_ignored_does_not_name_everything() {
    let scene = scene();
    let since = datetime!(2026-01-02 00:00 UTC);
    let at = |name: &str, modified: Option<&str>, system: Option<&str>| {
        body(
            Kind::AccountFilters,
            name,
            json!({"properties": {"lastModified": modified}, "systemData": {"lastModifiedAt": system}}),
        )
    };
    let (old, new) = ("2026-01-01T23:59:59.990000Z", "2026-01-02T00:00:00.000000Z");
    scene.primary.lists([
        at("old", Some(old), Some(old)),
        at("new", Some(new), None),
        at("of-the-system", Some(old), Some(new)),
        at("silent", None, None),
        at("odd", Some("yesterday"), None),
    ]);
    let mut told = Told::default();
    let all = Selection::all(Kind::AccountFilters);
    let result = updated(&scene.mirror, &all, since, soon(), &mut told).await;
    assert_eq!(result.unwrap().different, 4);
    assert!(told.sorted().iter().all(|(name, _)| *name != "old"));
}

#[tokio::test]
async fn a_filter_that_is_refused_is_no_failure() {
    let scene = scene();
    scene.primary.lists([filter("a", 1)]);
    scene.primary.fails(0, ErrorKind::Refused);
    let mut told = Told::default();
    let all = Selection::all(Kind::AccountFilters);
    let since = datetime!(2026-01-02 00:00 UTC);
    let result = updated(&scene.mirror, &all, since, soon(), &mut told).await;
    assert!(result.unwrap().no_short_cut.is_some());
    assert_eq!(told.sorted(), []);
    assert_eq!(scene.primary.asked().len(), 1);
}
