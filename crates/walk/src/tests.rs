//! Walks over lists that behave, and over lists that do not.

mod double;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use change::{Kind, Name, ResourceId};
use media::{Body, ErrorKind, Primary, Secondary};
use mirror::{Maps, Mirror, MirrorOptions, Reason, Scope};
use serde_json::{Value, json};
use state::MemoryDocuments;
use time::macros::datetime;
use tokio::time::Instant;
use wildmatch::WildMatch;

use crate::{Found, KINDS, Seen, Selection, Stopped, Visit, Walked, updated, walk};
use double::{Account, Ends, NoBytes, ON_A_PAGE};

struct Scene {
    primary: Account,
    secondary: Account,
    mirror: Mirror,
}

fn scene() -> Scene {
    scoped(Scope::default())
}

fn scoped(scope: Scope) -> Scene {
    let (primary, secondary) = (Account::default(), Account::default());
    let options = MirrorOptions {
        maps: Maps {
            storage: [("west".to_owned(), "north".to_owned())].into(),
            ..Maps::default()
        },
        scope,
        ..MirrorOptions::default()
    };
    let mirror = Mirror::new(
        Primary::new(Arc::new(primary.clone())),
        Secondary::new(Arc::new(secondary.clone())),
        Arc::new(NoBytes),
        Arc::new(MemoryDocuments::default()),
        options,
    );
    Scene {
        primary,
        secondary,
        mirror,
    }
}

fn body(kind: Kind, name: &str, value: Value) -> Body {
    let id = ResourceId::new(kind, Name::new(name).unwrap());
    match value {
        Value::Object(value) => Body::new(id, value),
        _ => unreachable!(),
    }
}

/// A filter as it stands at some time.
fn filter(name: &str, version: u32) -> Body {
    let properties = json!({"properties": {"firstQuality": {"bitrate": version}}});
    body(Kind::AccountFilters, name, properties)
}

fn asset(name: &str, storage: &str) -> Body {
    let properties = json!({"properties": {"storageAccountName": storage, "container": name}});
    body(Kind::Assets, name, properties)
}

fn locator(name: &str, asset: &str) -> Body {
    let properties = json!({"properties": {"assetName": asset}});
    body(Kind::StreamingLocators, name, properties)
}

/// Keeps what it is told.
#[derive(Default)]
struct Told {
    all: Vec<(String, Seen)>,
    /// Refuses what comes after so many.
    most: Option<usize>,
}

#[async_trait]
impl Visit for Told {
    type Error = &'static str;

    async fn found(&mut self, found: Found) -> Result<(), &'static str> {
        if self.most.is_some_and(|most| self.all.len() >= most) {
            return Err("no more");
        }
        self.all.push((found.name.to_string(), found.seen));
        Ok(())
    }
}

impl Told {
    /// What was told, by name.
    fn sorted(&self) -> Vec<(&str, Seen)> {
        let mut all: Vec<_> = self
            .all
            .iter()
            .map(|(name, seen)| (name.as_str(), *seen))
            .collect();
        all.sort_by_key(|(name, _)| *name);
        all
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

type Ended = Result<Walked, Stopped<&'static str>>;

async fn walked(scene: &Scene, selection: &Selection) -> (Ended, Told) {
    let mut told = Told::default();
    let result = walk(&scene.mirror, selection, soon(), &mut told).await;
    (result, told)
}

async fn filters_walked(scene: &Scene) -> (Ended, Told) {
    walked(scene, &Selection::all(Kind::AccountFilters)).await
}

fn pages(resources: usize) -> usize {
    resources.div_ceil(ON_A_PAGE).max(1)
}

#[tokio::test]
async fn each_resource_is_told_once_and_the_calls_are_the_pages_of_both_lists() {
    let scene = scene();
    let names: Vec<String> = (0..7).map(|n| format!("same-{n}")).collect();
    // Each service has an order of its own.
    let both = || names.iter().map(|name| filter(name, 1));
    scene.primary.lists(both());
    scene
        .primary
        .lists([filter("differs", 1), filter("missing", 1)]);
    scene
        .secondary
        .lists([filter("extra", 1), filter("differs", 2)]);
    scene.secondary.lists(both().rev());
    let (result, told) = filters_walked(&scene).await;
    let walked = result.unwrap();
    let expected = Walked {
        pages: (pages(9) + pages(9)) as u64,
        primary: 9,
        secondary: 9,
        missing: 1,
        different: 1,
        extra: 1,
    };
    assert_eq!(walked, expected);
    let calls = scene.primary.asked().len() + scene.secondary.asked().len();
    assert_eq!(calls as u64, walked.pages);
    let mut all = vec![
        ("differs", Seen::Different),
        ("extra", Seen::Extra),
        ("missing", Seen::Missing),
    ];
    all.extend(names.iter().map(|name| (name.as_str(), Seen::Same)));
    assert_eq!(told.sorted(), all);
    assert_eq!(told.all.last().unwrap().1, Seen::Extra);
}

#[tokio::test]
async fn two_empty_accounts_cost_two_calls() {
    for kind in KINDS {
        let scene = scene();
        let (result, told) = walked(&scene, &Selection::all(kind)).await;
        assert_eq!(result.unwrap().pages, 2);
        assert_eq!(told.sorted(), []);
    }
}

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

#[tokio::test]
async fn what_comes_while_the_list_is_read_repeats_others_and_they_are_told_once() {
    let scene = scene();
    let both = || ["b", "c", "d", "e"].map(|name| filter(name, 1));
    scene.primary.lists(both());
    scene.secondary.lists(both());
    // Before the second page: the offset now points at something that was on the first.
    scene
        .primary
        .before(1, |list| list.insert(0, filter("a", 1)));
    scene
        .secondary
        .before(1, |list| list.insert(0, filter("a", 1)));
    let (result, told) = filters_walked(&scene).await;
    let expected = ["b", "c", "d", "e"].map(|name| (name, Seen::Same));
    assert_eq!(told.sorted(), expected);
    assert_eq!(result.unwrap().primary, 4);
}

#[tokio::test]
async fn what_the_primarys_list_loses_is_a_hint_and_what_the_secondarys_loses_too() {
    let lossy = |account: &Account| account.before(1, |list| drop(list.remove(0)));
    let both = || ["a", "b", "c", "d"].map(|name| filter(name, 1));
    let scene = scene();
    scene.primary.lists(both());
    scene.secondary.lists(both());
    // "a" is deleted after it was read: "c" moves to where nobody looks any more.
    lossy(&scene.primary);
    let (result, told) = filters_walked(&scene).await;
    assert!(told.all.contains(&("c".to_owned(), Seen::Extra)));
    // So the list looks shorter than it is, never longer.
    assert_eq!(result.unwrap().primary, 3);

    let scene = self::scene();
    scene.primary.lists(both());
    scene.secondary.lists(both());
    lossy(&scene.secondary);
    let (_, told) = filters_walked(&scene).await;
    assert!(told.all.contains(&("c".to_owned(), Seen::Missing)));
}

#[tokio::test]
async fn a_list_that_repeats_itself_is_not_believed() {
    for ends in [Ends::InItself, Ends::Never] {
        for (primary, reason) in [
            (true, Reason::SourceUnavailable),
            (false, Reason::ReplicaUnavailable),
        ] {
            let scene = scene();
            scene
                .primary
                .lists([filter("a", 1), filter("b", 1), filter("c", 1)]);
            scene.secondary.lists([filter("extra", 1)]);
            let account = if primary {
                &scene.primary
            } else {
                &scene.secondary
            };
            account.ends(ends);
            let (result, told) = filters_walked(&scene).await;
            let Err(Stopped::List(found, _)) = result else {
                panic!("{result:?}");
            };
            assert_eq!(found, reason);
            assert!(told.all.len() <= 3, "each is told once");
            assert!(told.all.iter().all(|(_, seen)| *seen != Seen::Extra));
        }
    }
}

#[tokio::test]
async fn after_an_error_in_the_middle_nothing_is_extra() {
    for (of_primary, page, kind, reason) in [
        (true, 0, ErrorKind::Unavailable, Reason::SourceUnavailable),
        (true, 1, ErrorKind::Throttled, Reason::SourceThrottled),
        (true, 1, ErrorKind::Denied, Reason::SourceDenied),
        (false, 1, ErrorKind::Unavailable, Reason::ReplicaUnavailable),
    ] {
        let scene = scene();
        let many = || ["a", "b", "c"].map(|name| filter(name, 1));
        scene.primary.lists(many());
        scene.secondary.lists(many());
        scene
            .secondary
            .lists([filter("extra", 1), filter("extra-2", 1)]);
        let account = if of_primary {
            &scene.primary
        } else {
            &scene.secondary
        };
        account.fails(page, kind);
        let (result, told) = filters_walked(&scene).await;
        assert!(
            matches!(&result, Err(Stopped::List(found, _)) if *found == reason),
            "{result:?}"
        );
        let read = if of_primary { page * ON_A_PAGE } else { 0 };
        let expected: Vec<_> = ["a", "b", "c"].map(|name| (name, Seen::Same))[..read].to_vec();
        assert_eq!(told.sorted(), expected);
    }
}

#[tokio::test]
async fn missing_assets_are_not_told_of_where_it_is_not_known_what_is_published() {
    let scene = scene();
    scene.primary.lists([asset("a", "west"), locator("l", "a")]);
    scene.secondary.lists([asset("extra", "north")]);
    // The primary's second page is that of its locators.
    scene.primary.fails(1, ErrorKind::Unavailable);
    let (result, told) = walked(&scene, &Selection::all(Kind::Assets)).await;
    assert!(matches!(
        result,
        Err(Stopped::List(Reason::SourceUnavailable, _))
    ));
    assert_eq!(told.sorted(), []);
}

#[tokio::test(start_paused = true)]
async fn a_walk_ends_when_its_time_is_over() {
    let scene = scene();
    scene.primary.lists([filter("a", 1)]);
    scene.secondary.lists([filter("extra", 1)]);
    scene.primary.hangs();
    let (result, told) = filters_walked(&scene).await;
    assert_eq!(result, Err(Stopped::TooLong));
    assert_eq!(told.sorted(), []);
}

#[tokio::test]
async fn what_cannot_be_taken_in_ends_the_walk() {
    let scene = scene();
    scene.primary.lists([filter("a", 1), filter("b", 1)]);
    let mut told = Told {
        most: Some(1),
        ..Told::default()
    };
    let all = Selection::all(Kind::AccountFilters);
    let result = walk(&scene.mirror, &all, soon(), &mut told).await;
    assert_eq!(result, Err(Stopped::Visit("no more")));
}

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
