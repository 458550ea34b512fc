//! In what order and how fast mirroring copies.

use super::{
    double::Op,
    scene::{Scene, settings},
};
use crate::{Budget, Settings, Settle, Side};
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::SeqCst},
};

static UNLIMITED: std::sync::LazyLock<Budget> = std::sync::LazyLock::new(Budget::unlimited);

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

#[tokio::test]
async fn the_listing_is_read_no_faster_than_it_is_copied() {
    let scene = Scene::new();
    scene.service.state().page = 50;
    for n in 0..200 {
        scene.write(&format!("f{n:03}"), b"x");
    }
    let mut pages = 0;
    scene.service.before(move |call, state| {
        if call.op == Op::List && call.side == Side::Source && pages < 4 {
            let (copied, all) = (state.count(Op::PutBlob), pages * 50);
            assert!(copied + settings().concurrency >= all, "{copied} of {all}");
            pages += 1;
        }
        None
    });
    assert!(scene.mirror().await.unwrap().complete);
}
