//! What mirroring copies, in what order, and when it gives up.

use super::{
    double::{Op, refusal},
    scene::{Scene, settings},
};
use crate::{
    BlobError, Budget, Settings, Settle, Side,
    blob::{Blob, BlobKind, ContentHeaders, MARK, Tier},
};
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::SeqCst},
};

#[tokio::test]
async fn everything_a_blob_carries_travels() {
    let scene = Scene::new();
    let blob = Blob {
        name: "a.mp4".into(),
        md5: Some(vec![7; 16]),
        headers: ContentHeaders {
            content_type: Some("video/mp4".into()),
            encoding: Some("gzip".into()),
            language: Some("de".into()),
            disposition: Some("inline".into()),
            cache_control: Some("max-age=1".into()),
        },
        tier: Some(Tier::Cool),
        ..Blob::default()
    }
    .with_metadata([("owner".to_owned(), "t".to_owned())]);
    let large = Blob {
        name: "b.mp4".into(),
        ..blob.clone()
    };
    scene
        .service
        .state()
        .write_blob(&scene.source, b"bytes", blob);
    scene
        .service
        .state()
        .write_blob(&scene.source, &[5; 250], large);
    let copied = scene.mirror().await.unwrap();
    assert!(copied.complete && copied.created_container);
    assert_eq!((copied.blobs, copied.bytes, copied.left), (2, 255, 0));
    assert_eq!(
        (scene.count(Op::PutBlob), scene.count(Op::PutBlock)),
        (1, 25)
    );
    scene.assert_mirrored();
}

#[tokio::test]
async fn names_of_all_kinds_and_empty_blobs_are_copied() {
    let scene = Scene::new();
    for name in [
        "a b",
        "a#b",
        "a?b",
        "a%20b",
        "a+b",
        "ünï/ç 😀",
        "a/b/c",
        "a/../b",
        "...",
    ] {
        scene.write(name, b"x");
    }
    scene.write("empty", b"");
    assert!(scene.mirror().await.unwrap().complete);
    scene.assert_mirrored();
}

#[tokio::test]
async fn a_name_that_a_url_would_change_is_refused() {
    for name in [".", "..", "a\tb"] {
        let scene = Scene::new();
        scene.write(name, b"x");
        assert!(
            matches!(scene.mirror().await, Err(BlobError::Name { .. })),
            "{name:?}"
        );
        assert_eq!(scene.count(Op::PutBlob), 0);
    }
    // Below a prefix the full name is another.
    let mut scene = Scene::new();
    scene.source = scene.source.below("p");
    scene.replica = scene.replica.below("p");
    scene.write("..", b"x");
    assert!(scene.mirror().await.unwrap().complete);
}

#[tokio::test]
async fn manifests_come_last_the_client_manifest_first() {
    let scene = Scene::new();
    for name in ["0.ism", "0.ismc", "a.mp4", "b/1.ISM", "m.ismc", "z.mp4"] {
        scene.write(name, b"x");
    }
    assert!(scene.mirror().await.unwrap().complete);
    let names = scene.names(Op::PutBlob);
    let sorted = |range: std::ops::Range<usize>| {
        let mut part = names[range].to_vec();
        part.sort();
        part
    };
    assert_eq!(sorted(0..2), ["a.mp4", "z.mp4"]);
    assert_eq!(sorted(2..4), ["0.ismc", "m.ismc"]);
    assert_eq!(sorted(4..6), ["0.ism", "b/1.ISM"]);
}

#[tokio::test]
async fn no_manifest_goes_before_a_media_file_that_failed_its_turn() {
    let scene = Scene::new();
    scene.write("a.ism", b"x");
    scene.write("v.mp4", b"old");
    let source = scene.source.clone();
    let mut done = false;
    scene.service.before(move |call, state| {
        if call.op == Op::PutBlob && call.name == "v.mp4" && !std::mem::replace(&mut done, true) {
            state.write(&source, "v.mp4", b"new");
        }
        None
    });
    assert!(scene.mirror().await.unwrap().complete);
    assert_eq!(scene.names(Op::PutBlob), ["v.mp4", "v.mp4", "a.ism"]);
    scene.assert_mirrored();
}

#[tokio::test]
async fn more_manifests_than_are_kept_waiting_still_arrive() {
    let scene = Scene::new();
    for n in 0..1_100 {
        scene.write(&format!("{n}.ismc"), b"x");
    }
    scene.write("z.mp4", b"x");
    scene.write("0.ism", b"x");
    assert!(scene.mirror().await.unwrap().complete);
    let names = scene.names(Op::PutBlob);
    assert_eq!(
        (names.len(), names.first().unwrap().as_str()),
        (1_102, "z.mp4")
    );
    assert_eq!(names.last().unwrap(), "0.ism");
}

#[tokio::test]
async fn the_tier_is_set_at_the_first_copy_only() {
    let scene = Scene::new();
    let tiered = |tier| Blob {
        name: "a".into(),
        tier,
        ..Blob::default()
    };
    scene
        .service
        .state()
        .write_blob(&scene.source, b"1", tiered(Some(Tier::Cold)));
    scene.write("b", b"1");
    scene.mirror().await.unwrap();
    assert_eq!(scene.service.state().tiers["a"], Some(Tier::Cold));
    assert_eq!(scene.service.state().tiers["b"], None);
    // Once the replica is there its tier is its own; another tier is no difference.
    scene
        .service
        .state()
        .write_blob(&scene.source, b"2", tiered(Some(Tier::Hot)));
    scene.mirror().await.unwrap();
    assert_eq!(scene.service.state().tiers["a"], None);
    scene.assert_mirrored();
    assert_eq!(Tier::Archive.for_replica(), Tier::Cool);
}

#[tokio::test]
async fn an_archived_source_is_named_unless_the_replica_has_it() {
    let scene = Scene::new();
    scene.write("a", b"x");
    scene.mirror().await.unwrap();
    scene
        .service
        .state()
        .get(&scene.source, "a")
        .unwrap()
        .blob
        .tier = Some(Tier::Archive);
    assert!(scene.mirror().await.unwrap().complete);
    let archived = Blob {
        name: "b".into(),
        tier: Some(Tier::Archive),
        ..Blob::default()
    };
    scene
        .service
        .state()
        .write_blob(&scene.source, b"x", archived);
    assert_eq!(scene.look().await.archived.as_deref(), Some("b"));
    assert_eq!(
        scene.mirror().await,
        Err(BlobError::SourceArchived { name: "b".into() })
    );
}

#[tokio::test]
async fn a_source_archived_after_the_look_is_named_too() {
    let scene = Scene::new();
    scene.write("a", b"x");
    let source = scene.source.clone();
    scene.service.before(move |call, state| {
        if call.op == Op::PutBlob {
            state.get(&source, "a").unwrap().blob.tier = Some(Tier::Archive);
        }
        None
    });
    assert_eq!(
        scene.mirror().await,
        Err(BlobError::SourceArchived { name: "a".into() })
    );
}

#[tokio::test]
async fn a_source_that_keeps_changing_is_given_up_after_some_rounds() {
    let scene = Scene::new();
    scene.write("a", b"0");
    let source = scene.source.clone();
    scene.service.before(move |call, state| {
        if call.op == Op::PutBlob {
            state.write(&source, "a", b"n");
        }
        None
    });
    let error = scene.mirror().await.unwrap_err();
    let BlobError::SourceChanging { name, rounds, told } = &error else {
        panic!("{error:?}");
    };
    assert_eq!((name.as_str(), *rounds), ("a", 4));
    assert_eq!(told.status, Some(412));
    assert!(error.is_transient());
    assert_eq!(scene.count(Op::PutBlob), 4);
}

#[tokio::test]
async fn a_blob_added_or_withdrawn_meanwhile_is_seen_by_the_next_look() {
    let scene = Scene::new();
    scene.write("a", b"x");
    scene.write("gone", b"x");
    let source = scene.source.clone();
    let mut first = true;
    scene.service.before(move |call, state| {
        if call.op == Op::PutBlob && std::mem::take(&mut first) {
            state.write(&source, "late", b"y");
            state.container(&source).unwrap().blobs.remove("gone");
        }
        None
    });
    let copied = scene.mirror().await.unwrap();
    assert!(copied.complete);
    assert_eq!(copied.look.blobs, 2);
    scene.assert_mirrored();
}

#[tokio::test]
async fn a_lost_race_is_a_look_again_and_overwrites_nothing_unseen() {
    let scene = Scene::new();
    scene.write("a", b"source");
    let replica = scene.replica.clone();
    let writes = Arc::new(AtomicU32::new(0));
    let counted = writes.clone();
    scene.service.before(move |call, state| {
        if call.op == Op::PutBlob && counted.fetch_add(1, SeqCst) == 0 {
            state.write(&replica, "a", b"foreign");
        }
        None
    });
    let copied = scene.mirror().await.unwrap();
    // The first write met a blob it had not seen; the second knew which one it replaced.
    assert!(copied.complete);
    assert_eq!((writes.load(SeqCst), copied.blobs), (2, 1));
    scene.assert_mirrored();
}

#[tokio::test]
async fn a_copy_of_other_length_or_md5_is_copied_again_once_and_then_a_mismatch() {
    let scene = Scene::new();
    scene.write("a", b"bytes");
    scene.mirror().await.unwrap();
    let (source, replica) = (scene.source.clone(), scene.replica.clone());
    scene
        .service
        .state()
        .get(&replica, "a")
        .unwrap()
        .blob
        .length = 3;
    assert_eq!(scene.look().await.mismatched, 1);
    assert!(scene.mirror().await.unwrap().complete);
    // A service that keeps storing something else.
    scene.write("a", b"other");
    scene.service.state().get(&source, "a").unwrap().blob.md5 = Some(vec![1; 16]);
    scene.service.after(move |call, state| {
        if call.op == Op::PutBlob {
            state.get(&replica, "a").unwrap().blob.md5 = Some(vec![2; 16]);
        }
        None
    });
    assert_eq!(
        scene.mirror().await,
        Err(BlobError::CopyMismatch { name: "a".into() })
    );
}

#[tokio::test]
async fn the_budget_bounds_the_calls_and_the_rest_is_told() {
    let scene = Scene::new();
    for n in 0..50 {
        scene.write(&format!("f{n:02}"), b"xy");
    }
    scene.write("m.ism", b"x");
    let left = Arc::new(AtomicU32::new(20));
    let clock = left.clone();
    let budget = Budget::new(move || {
        clock
            .fetch_update(SeqCst, SeqCst, |n| n.checked_sub(1))
            .is_ok()
    });
    let copied = scene
        .copier
        .mirror(&scene.source, &scene.replica, Settle::AfterJob, &budget)
        .await
        .unwrap();
    assert!(!copied.complete);
    assert_eq!((copied.blobs, copied.left, copied.left_bytes), (20, 31, 61));
    assert!(!scene.names(Op::PutBlob).contains(&"m.ism".to_owned()));
    // Going on finishes the rest and nothing twice.
    let copied = scene.mirror().await.unwrap();
    assert_eq!((copied.complete, copied.blobs), (true, 31));
    assert_eq!(scene.count(Op::PutBlob), 51);
}

#[tokio::test]
async fn the_calls_under_way_are_bounded() {
    let scene = Scene::new();
    for n in 0..40 {
        scene.write(&format!("small{n}"), b"x");
        scene.write(&format!("large{n}"), &[1; 200]);
    }
    assert!(scene.mirror().await.unwrap().complete);
    let most = scene.service.most.load(SeqCst);
    // Beside the copies there may be one listing for each side.
    assert!((2..=settings().concurrency + 2).contains(&most), "{most}");
    scene.assert_mirrored();
}

#[tokio::test]
async fn after_a_swap_of_roles_nothing_is_copied_again() {
    let scene = Scene::new();
    scene.write("a", b"x");
    scene.write("b", &[1; 150]);
    scene.mirror().await.unwrap();
    scene.service.forget_calls();
    let back = || {
        scene
            .copier
            .mirror(&scene.replica, &scene.source, Settle::AfterJob, &UNLIMITED)
    };
    let copied = back().await.unwrap();
    assert_eq!((copied.complete, copied.blobs), (true, 0));
    assert_eq!(scene.service.state().calls.len(), 2);
    // A new state of the new primary travels, with the mark of its new place.
    let etag = scene.service.state().write(&scene.replica, "a", b"new");
    assert_eq!(back().await.unwrap().blobs, 1);
    let mut state = scene.service.state();
    let copy = state.get(&scene.source, "a").unwrap();
    assert_eq!(
        (copy.data.as_slice(), copy.blob.mark.as_deref()),
        (b"new".as_slice(), Some(etag.as_str()))
    );
    assert!(!copy.blob.metadata.contains_key(MARK));
}

static UNLIMITED: std::sync::LazyLock<Budget> = std::sync::LazyLock::new(Budget::unlimited);

#[tokio::test]
async fn what_another_tool_copied_is_kept_if_both_md5s_agree() {
    let scene = Scene::new();
    let blob = |name: &str, md5: u8| Blob {
        name: name.into(),
        md5: Some(vec![md5; 16]),
        ..Blob::default()
    };
    for (name, there) in [("same", 1), ("other", 2)] {
        scene
            .service
            .state()
            .write_blob(&scene.source, b"x", blob(name, 1));
        scene
            .service
            .state()
            .write_blob(&scene.replica, b"x", blob(name, there));
    }
    assert_eq!(scene.mirror().await.unwrap().blobs, 1);
    assert_eq!(scene.names(Op::PutBlob), ["other"]);
}

#[tokio::test]
async fn metadata_that_no_header_can_carry_are_told_before_the_call() {
    let scene = Scene::new();
    let blob = Blob {
        name: "a".into(),
        ..Blob::default()
    }
    .with_metadata([("title".to_owned(), "Übung".to_owned())]);
    scene.service.state().write_blob(&scene.source, b"x", blob);
    let error = scene.mirror().await.unwrap_err();
    assert!(matches!(error, BlobError::SourceUnsupported { ref name, .. } if name == "a"));
    assert_eq!(scene.count(Op::PutBlob), 0);
}

#[tokio::test]
async fn throttling_ends_the_call_with_what_the_service_asked_for() {
    let scene = Scene::new();
    scene.write("a", b"x");
    scene.service.before(|call, _| {
        (call.op == Op::PutBlob).then(|| crate::refusal::Refusal {
            retry_after: Some(std::time::Duration::from_secs(9)),
            ..refusal(503, "ServerBusy")
        })
    });
    let error = scene.mirror().await.unwrap_err();
    assert!(error.is_transient());
    assert!(matches!(
        error,
        BlobError::Throttled { side: Side::Replica, retry_after: Some(wait), .. } if wait.as_secs() == 9
    ));
}

#[tokio::test]
async fn page_and_append_blobs_become_block_blobs() {
    let scene = Scene::new();
    for (name, length) in [("small", 10), ("large", 250)] {
        let blob = Blob {
            name: name.into(),
            kind: BlobKind::Other,
            ..Blob::default()
        };
        scene
            .service
            .state()
            .write_blob(&scene.source, &vec![1; length], blob);
    }
    assert!(scene.mirror().await.unwrap().complete);
    scene.assert_mirrored();
}

#[tokio::test]
async fn the_futures_can_be_handed_to_another_thread() {
    fn send<T: Send>(_: &T) {}
    let scene = Scene::new();
    let (copier, source, replica) = (&scene.copier, &scene.source, &scene.replica);
    send(&copier.mirror(source, replica, Settle::Wait, &UNLIMITED));
    send(&copier.look(source, replica, Settle::Wait));
    send(&copier.shares(source, replica, Settle::Wait));
    send(&copier.ensure_container(source, replica));
}

#[tokio::test]
async fn a_large_asset_is_left_to_the_shares_a_small_one_is_not() {
    let scene = Scene::with(Settings {
        large_blobs: 30,
        ..settings()
    });
    let mirror = || {
        scene.copier.mirror_unless_large(
            &scene.source,
            &scene.replica,
            Settle::AfterJob,
            &UNLIMITED,
        )
    };
    for n in 0..30 {
        scene.write(&format!("f{n:02}"), b"x");
    }
    assert!(mirror().await.unwrap().complete);
    assert_eq!(scene.count(Op::List), 4);
    for n in 0..50 {
        scene.write(&format!("g{n:02}"), b"x");
    }
    scene.service.forget_calls();
    let copied = mirror().await.unwrap();
    assert!(!copied.complete && copied.look.is_large(scene.copier.settings()));
    assert_eq!(
        (copied.look.missing, copied.blobs, copied.left),
        (50, 30, 20)
    );
    assert_eq!(scene.count(Op::List), 2);
    // What is left is no longer large.
    assert!(mirror().await.unwrap().complete);
    scene.assert_mirrored();
}
