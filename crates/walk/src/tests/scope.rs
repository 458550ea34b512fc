//! What a walk leaves out: by the operator's scope, by what was asked for, and because it is nobody's.

use change::Kind;
use mirror::Scope;
use serde_json::{Value, json};
use time::macros::datetime;
use wildmatch::WildMatch;

use super::{asset, body, filter, locator, pages, scene, scoped, walked};
use crate::{Seen, Selection};

#[tokio::test]
async fn missing_assets_are_in_scope_where_a_locator_publishes_them() {
    let scene = scene();
    let names = ["published", "raw", "raw-2", "there", "there-unmapped"];
    let sources = names.map(|name| {
        asset(
            name,
            if name.contains("unmapped") {
                "x"
            } else {
                "west"
            },
        )
    });
    scene.primary.lists(sources);
    let locators = ["a", "b", "c"].map(|name| locator(name, "published"));
    scene.primary.lists(locators);
    let replicas = ["there", "there-unmapped"].map(|name| asset(name, "north"));
    scene.secondary.lists(replicas);
    let (result, told) = walked(&scene, &Selection::all(Kind::Assets)).await;
    let found = result.unwrap();
    let calls = pages(5) + pages(2) + pages(3);
    assert_eq!(found.pages, calls as u64, "{found:?}");
    assert_eq!((found.missing, found.different), (1, 1));
    let expected = [
        ("published", Seen::Missing),
        ("raw", Seen::OutOfScope),
        ("raw-2", Seen::OutOfScope),
        ("there", Seen::Same),
        // The configuration does not say how the replica should be; whoever looks at it says so.
        ("there-unmapped", Seen::Different),
    ];
    assert_eq!(told.sorted(), expected);
}

#[tokio::test]
async fn locators_are_listed_for_missing_assets_only_where_it_matters() {
    let all = scoped(Scope {
        all: true,
        ..Scope::default()
    });
    all.primary.lists([asset("raw", "west")]);
    let (result, told) = walked(&all, &Selection::all(Kind::Assets)).await;
    assert_eq!(
        (result.unwrap().pages, told.sorted()),
        (2, vec![("raw", Seen::Missing)])
    );

    let none = scene();
    none.primary.lists([asset("a", "west")]);
    none.secondary.lists([asset("a", "north")]);
    let (result, _) = walked(&none, &Selection::all(Kind::Assets)).await;
    assert_eq!(result.unwrap().pages, 2);
}

#[tokio::test]
async fn patterns_leave_out_assets_and_the_locators_that_publish_them() {
    let scope = Scope {
        all: true,
        include: Vec::new(),
        exclude: vec![WildMatch::new("*-raw")],
    };
    let scene = scoped(scope);
    scene
        .primary
        .lists([asset("film", "west"), asset("film-raw", "west")]);
    scene
        .primary
        .lists([locator("a", "film"), locator("b", "film-raw")]);
    let (_, assets) = walked(&scene, &Selection::all(Kind::Assets)).await;
    let expected = [("film", Seen::Missing), ("film-raw", Seen::OutOfScope)];
    assert_eq!(assets.sorted(), expected);
    let (_, locators) = walked(&scene, &Selection::all(Kind::StreamingLocators)).await;
    let expected = [("a", Seen::Missing), ("b", Seen::OutOfScope)];
    assert_eq!(locators.sorted(), expected);
}

#[tokio::test]
async fn predefined_streaming_policies_are_nobodys() {
    let scene = scene();
    let policy = |name: &str| body(Kind::StreamingPolicies, name, json!({"properties": {}}));
    scene
        .primary
        .lists([policy("Predefined_ClearKey"), policy("own")]);
    scene
        .secondary
        .lists([policy("Predefined_DownloadOnly"), policy("extra")]);
    let (result, told) = walked(&scene, &Selection::all(Kind::StreamingPolicies)).await;
    let walked = result.unwrap();
    assert_eq!((walked.primary, walked.secondary), (1, 1));
    let expected = [("extra", Seen::Extra), ("own", Seen::Missing)];
    assert_eq!(told.sorted(), expected);
}

#[tokio::test]
async fn a_name_pattern_leaves_out_the_rest_on_both_sides() {
    let scene = scene();
    scene
        .primary
        .lists([filter("a-1", 1), filter("b-1", 1), filter("a-2", 1)]);
    scene
        .secondary
        .lists([filter("a-3", 1), filter("b-3", 1), filter("a-2", 2)]);
    let selection = Selection {
        name: Some(WildMatch::new("a-*")),
        ..Selection::all(Kind::AccountFilters)
    };
    assert!(!selection.is_whole());
    let (result, told) = walked(&scene, &selection).await;
    let walked = result.unwrap();
    assert_eq!((walked.primary, walked.secondary), (2, 2));
    let expected = [
        ("a-1", Seen::Missing),
        ("a-2", Seen::Different),
        ("a-3", Seen::Extra),
    ];
    assert_eq!(told.sorted(), expected);
}

#[tokio::test]
async fn what_was_made_before_is_left_out_and_nothing_is_extra_then() {
    let scene = scene();
    let policy = |name: &str, value: Value| body(Kind::ContentKeyPolicies, name, value);
    let created = |time: &str| json!({"properties": {"created": time}});
    // MK.IO says it in the system data of some kinds only.
    let system = |time: &str| json!({"properties": {}, "systemData": {"createdAt": time}});
    scene.primary.lists([
        policy("old", created("2026-01-01T00:00:00Z")),
        policy("new", created("2026-01-03T00:00:00.123456Z")),
        policy("old-too", system("2026-01-01T00:00:00Z")),
        policy("new-too", system("2026-01-03T00:00:00Z")),
        policy("says-nothing", json!({"properties": {}})),
    ]);
    scene
        .secondary
        .lists([policy("extra", json!({})), policy("old", json!({}))]);
    let selection = Selection {
        created_after: Some(datetime!(2026-01-02 00:00 UTC)),
        ..Selection::all(Kind::ContentKeyPolicies)
    };
    assert!(!selection.is_whole());
    let (result, told) = walked(&scene, &selection).await;
    let expected = [
        ("new", Seen::Missing),
        ("new-too", Seen::Missing),
        ("says-nothing", Seen::Missing),
    ];
    assert_eq!(told.sorted(), expected);
    assert_eq!(result.unwrap().primary, 3);
}
