//! What a look costs and what it says.

use super::{
    double::{Op, refusal},
    scene::Scene,
};
use crate::{
    BlobError, Budget, Claim, ContainerOutcome, Denial, Place, Presence, Settle, Side,
    blob::{Blob, CopyState, CopyStatus, Metadata},
};
use std::time::Duration;

#[tokio::test]
async fn a_look_takes_one_listing_per_side_and_five_thousand_blobs() {
    for (blobs, pages) in [(0, 1), (1, 1), (5_000, 1), (5_001, 2), (12_000, 3)] {
        let scene = Scene::new();
        for n in 0..blobs {
            scene.write(&format!("f{n:05}.ts"), b"x");
        }
        let copied = scene.mirror().await.unwrap();
        assert_eq!(copied.blobs, blobs);
        scene.service.forget_calls();
        let look = scene.look().await;
        assert!(look.complete());
        assert_eq!(scene.count(Op::List), 2 * pages, "{blobs} blobs");
        assert_eq!(scene.service.state().calls.len(), 2 * pages);
        assert_eq!(
            (look.calls.source, look.calls.replica),
            (pages as u64, pages as u64)
        );
    }
}

#[tokio::test]
async fn mirroring_what_has_not_changed_is_one_look_and_nothing_per_blob() {
    let scene = Scene::new();
    for n in 0..7_000 {
        scene.write(&format!("f{n:05}.ts"), b"x");
    }
    let copied = scene.mirror().await.unwrap();
    // Two looks of two pages and sides, the container's two calls, and one call per blob. The
    // first look of the replica needs one call to see that there is no container.
    assert_eq!(copied.calls.total(), 3 + 4 + 2 + 7_000);
    assert_eq!(scene.count(Op::PutBlob), 7_000);
    scene.service.forget_calls();
    let again = scene.mirror().await.unwrap();
    assert!(again.complete && again.blobs == 0);
    assert_eq!(scene.service.state().calls.len(), 4);
    assert_eq!(scene.count(Op::List), 4);
}

#[tokio::test]
async fn a_look_counts_and_names_what_is_missing() {
    let scene = Scene::new();
    scene.write("a.mp4", &[1; 10]);
    scene.write("b.mp4", &[2; 20]);
    scene.mirror().await.unwrap();
    scene.write("b.mp4", &[3; 25]);
    scene.write("c.mp4", &[4; 5]);
    let replica = scene.replica.clone();
    scene.service.state().write(&replica, "only-here.mp4", b"x");
    let look = scene.look().await;
    assert_eq!((look.blobs, look.bytes), (3, 40));
    assert_eq!((look.missing, look.missing_bytes), (2, 30));
    assert_eq!(look.sample, ["b.mp4", "c.mp4"]);
    assert_eq!(look.extra, 1);
    assert!(!look.complete());
}

#[tokio::test]
async fn the_examples_are_few_however_much_is_missing() {
    let scene = Scene::new();
    for n in 0..500 {
        scene.write(&format!("f{n}.ts"), b"x");
    }
    assert_eq!(scene.look().await.sample.len(), 10);
}

#[tokio::test]
async fn absent_containers_are_part_of_the_answer() {
    let scene = Scene::new();
    scene.write("a", b"x");
    let look = scene.look().await;
    assert_eq!(look.source_container, Presence::Exists);
    assert_eq!(look.replica_container, Presence::Absent);
    assert_eq!((look.missing, look.complete()), (1, false));
    scene.service.state().containers.clear();
    let look = scene.look().await;
    assert_eq!(look.source_container, Presence::Absent);
    assert!(!look.complete());
    assert!(matches!(
        scene.mirror().await,
        Err(BlobError::ContainerGone {
            side: Side::Source,
            ..
        })
    ));
}

#[tokio::test]
async fn the_container_is_created_once_with_the_sources_metadata() {
    let scene = Scene::new();
    let metadata = Metadata::from([("owner".to_owned(), "t".to_owned())]);
    scene
        .service
        .state()
        .container(&scene.source)
        .unwrap()
        .metadata = metadata.clone();
    let ensure = || scene.copier.ensure_container(&scene.source, &scene.replica);
    assert_eq!(ensure().await.unwrap(), ContainerOutcome::Created);
    assert_eq!(ensure().await.unwrap(), ContainerOutcome::Existed);
    assert_eq!(
        scene
            .service
            .state()
            .container(&scene.replica)
            .unwrap()
            .metadata,
        metadata
    );
    scene.service.state().containers.clear();
    assert!(matches!(
        ensure().await,
        Err(BlobError::ContainerGone {
            side: Side::Source,
            ..
        })
    ));
}

#[tokio::test]
async fn the_bytes_are_complete_once_the_newest_blob_has_settled() {
    let scene = Scene::new();
    scene.write("a", b"x");
    let mirror = || {
        scene
            .copier
            .mirror(&scene.source, &scene.replica, Settle::Wait, &UNLIMITED)
    };
    let copied = mirror().await.unwrap();
    // Copied at once, but not complete.
    assert_eq!((copied.blobs, copied.complete), (1, false));
    assert_eq!(copied.settled_in, Some(Duration::from_secs(120)));
    scene.later(119);
    assert_eq!(
        mirror().await.unwrap().settled_in,
        Some(Duration::from_secs(1))
    );
    scene.later(1);
    let copied = mirror().await.unwrap();
    assert_eq!((copied.complete, copied.settled_in), (true, None));
}

static UNLIMITED: std::sync::LazyLock<Budget> = std::sync::LazyLock::new(Budget::unlimited);

#[tokio::test]
async fn directories_are_no_blobs() {
    let scene = Scene::new();
    let directory = |value: &str| {
        Blob {
            name: "dir".into(),
            ..Blob::default()
        }
        .with_metadata([("hdi_isfolder".to_owned(), value.to_owned())])
    };
    scene
        .service
        .state()
        .write_blob(&scene.source, b"", directory("true"));
    scene.write("dir/a", b"x");
    let copied = scene.mirror().await.unwrap();
    assert_eq!((copied.blobs, copied.look.blobs), (1, 1));
    assert!(scene.service.state().get(&scene.replica, "dir").is_none());
    scene
        .service
        .state()
        .write_blob(&scene.source, b"", directory("false"));
    assert_eq!(scene.mirror().await.unwrap().blobs, 1);
}

#[tokio::test]
async fn a_prefix_bounds_both_sides_and_names_are_relative_to_it() {
    let mut scene = Scene::new();
    scene.source = scene.source.below("films/a");
    scene.replica = scene.replica.below("other");
    scene.write("v/1.ts", b"x");
    let beside = Place::new("src", "asset-1");
    scene.service.state().write(&beside, "films/ab/2.ts", b"y");
    let copied = scene.mirror().await.unwrap();
    assert!(copied.complete);
    assert_eq!(
        (copied.blobs, copied.look.blobs, copied.look.extra),
        (1, 1, 0)
    );
    let mut state = scene.service.state();
    let container = state.container(&scene.replica).unwrap();
    assert_eq!(container.blobs.keys().collect::<Vec<_>>(), ["other/v/1.ts"]);
}

#[tokio::test]
async fn a_source_blob_that_is_still_arriving_is_waited_for() {
    let scene = Scene::new();
    let arriving = Blob {
        name: "a.mp4".into(),
        copy: Some(CopyState {
            id: "1".into(),
            status: CopyStatus::Pending,
            failed_with: None,
        }),
        ..Blob::default()
    };
    scene
        .service
        .state()
        .write_blob(&scene.source, b"half", arriving);
    scene.write("b.mp4", b"x");
    scene.write("c.ism", b"x");
    let copied = scene.mirror().await.unwrap();
    // The manifest waits with it.
    assert_eq!((copied.blobs, copied.left, copied.complete), (1, 2, false));
    assert_eq!(copied.look.source_arriving, 1);
    assert_eq!(scene.names(Op::PutBlob), ["b.mp4"]);
}

#[tokio::test]
async fn a_denied_listing_says_who_and_why() {
    let scene = Scene::new();
    scene.service.before(|call, _| {
        (call.side == Side::Replica).then(|| refusal(403, "AuthorizationPermissionMismatch"))
    });
    let error = scene
        .copier
        .look(&scene.source, &scene.replica, Settle::Wait)
        .await
        .unwrap_err();
    let BlobError::Denied { side, cause, told } = &error else {
        panic!("{error:?}");
    };
    assert_eq!((*side, *cause), (Side::Replica, Denial::Role));
    assert_eq!(
        error.to_string(),
        "replica storage denied the request (role): 403 AuthorizationPermissionMismatch"
    );
    assert_eq!(
        told.code.as_deref(),
        Some("AuthorizationPermissionMismatch")
    );
}

#[tokio::test]
async fn other_404s_are_no_absent_container() {
    let scene = Scene::new();
    for code in ["ResourceNotFound", "AccountNotFound"] {
        scene.service.before(move |_, _| Some(refusal(404, code)));
        let look = scene
            .copier
            .look(&scene.source, &scene.replica, Settle::Wait)
            .await;
        assert!(look.is_err(), "{code}");
    }
}

#[tokio::test]
async fn a_container_is_claimed_for_one_owner() {
    let scene = Scene::new();
    let claim = |owner: &'static str| scene.copier.claim(&scene.source, &scene.replica, owner);
    assert_eq!(claim("asset-a").await.unwrap(), Claim::Ours);
    assert_eq!(claim("asset-a").await.unwrap(), Claim::Ours);
    assert_eq!(claim("asset-b").await.unwrap(), Claim::Taken);
    assert_eq!(scene.count(Op::CreateContainer), 3);
    // A container that nobody claimed is somebody's.
    let other = Place::new("dst", "foreign");
    scene.service.state().create(&other);
    let claimed = scene.copier.claim(&scene.source, &other, "asset-a").await;
    assert_eq!(claimed.unwrap(), Claim::Taken);
}
