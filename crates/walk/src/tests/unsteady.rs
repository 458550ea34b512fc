//! Lists that change while they are read, that are wrong, or that do not come to their end.

use change::Kind;
use media::ErrorKind;
use mirror::Reason;

use super::{
    Told, asset,
    double::{Account, Ends, ON_A_PAGE},
    filter, filters_walked, locator, scene, soon, walked,
};
use crate::{Seen, Selection, Stopped, walk};

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
