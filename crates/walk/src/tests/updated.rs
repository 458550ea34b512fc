//! What was updated since a time, by the primary's list alone.

use change::Kind;
use mirror::Scope;
use time::macros::datetime;
use wildmatch::WildMatch;

use super::{Told, asset, filter, scene, scoped, soon};
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
