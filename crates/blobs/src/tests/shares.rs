//! A large asset's copy, shared out.

use super::{
    double::{Op, broken},
    scene::{Scene, settings},
};
use crate::{
    BlobError, Budget, Place, Settings, Settle, Share, Sharing,
    blob::{Blob, Metadata, Tier},
    share::{Named, Work},
};

async fn shares(scene: &Scene) -> Sharing {
    scene
        .copier
        .shares(&scene.source, &scene.replica, Settle::AfterJob)
        .await
        .unwrap()
}

async fn copy(scene: &Scene, share: &Share) -> Result<crate::ShareCopied, BlobError> {
    // Through a message, as it travels.
    let json = serde_json::to_string(share).unwrap();
    assert!(json.len() <= 24 * 1024, "{}", json.len());
    let share = serde_json::from_str(&json).unwrap();
    scene.copier.copy_share(&share, &Budget::unlimited()).await
}

/// Shares out and copies until nothing is left; returns the number of rounds.
async fn all(scene: &Scene) -> u32 {
    for round in 0..50 {
        let sharing = shares(scene).await;
        if sharing.shares.is_empty() {
            assert!(!sharing.more);
            assert!(sharing.look.complete());
            return round;
        }
        for share in &sharing.shares {
            copy(scene, share).await.unwrap();
        }
    }
    panic!("never done");
}

async fn container(scene: &Scene) {
    scene
        .copier
        .ensure_container(&scene.source, &scene.replica)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_large_asset_is_copied_share_by_share_manifests_last() {
    let scene = Scene::new();
    for n in 0..100 {
        scene.write(&format!("f{n:03}.ts"), &[1; 20]);
    }
    scene.write("large.mp4", &[2; 1_234]);
    scene.write("m.ismc", b"c");
    scene.write("m.ism", b"s");
    container(&scene).await;
    let first = shares(&scene).await;
    assert!(first.more);
    assert_eq!(first.look.missing, 103);
    let names: usize = first.shares.iter().map(Share::blobs).sum();
    // 100 names, 15 to a share of 300 bytes, and 124 blocks, 30 to a share.
    assert_eq!((first.shares.len(), names), (7 + 5, 100 + 5));
    assert_eq!(all(&scene).await, 3);
    scene.assert_mirrored();
    let order = scene.names(Op::PutBlob);
    assert_eq!(order[100..], ["m.ismc", "m.ism"]);
    assert_eq!(scene.count(Op::PutBlock), 124);
    assert_eq!(scene.count(Op::PutBlockList), 1);
}

#[tokio::test]
async fn a_share_of_names_takes_one_listing_and_one_call_for_each() {
    let scene = Scene::new();
    for n in 0..12 {
        scene.write(&format!("f{n}"), &[1; 20]);
    }
    container(&scene).await;
    let sharing = shares(&scene).await;
    assert_eq!(sharing.shares.len(), 1);
    scene.service.forget_calls();
    let done = copy(&scene, &sharing.shares[0]).await.unwrap();
    assert_eq!((done.blobs, done.bytes, done.changed), (12, 240, 0));
    assert_eq!(
        (scene.count(Op::List), scene.service.state().calls.len()),
        (1, 13)
    );
    assert_eq!(done.calls.total(), 13);
    // Once more writes nothing: the blobs are there.
    let done = copy(&scene, &sharing.shares[0]).await.unwrap();
    assert_eq!((done.blobs, done.changed), (0, 12));
    scene.assert_mirrored();
}

#[tokio::test]
async fn names_of_a_later_page_are_found_by_its_marker() {
    let scene = Scene::new();
    scene.service.state().page = 10;
    for n in 0..35 {
        scene.write(&format!("f{n:02}"), b"x");
    }
    container(&scene).await;
    let sharing = shares(&scene).await;
    assert_eq!(sharing.shares.len(), 4);
    scene.service.forget_calls();
    for share in &sharing.shares {
        copy(&scene, share).await.unwrap();
    }
    assert_eq!(scene.count(Op::List), 4);
    scene.assert_mirrored();
}

#[tokio::test]
async fn long_names_stay_within_the_message_and_the_shares_within_their_number() {
    let scene = Scene::with(Settings {
        shares: 3,
        share_bytes: 1_000_000,
        ..settings()
    });
    for n in 0..400 {
        scene.write(&format!("{}{n:03}\"\\\u{1}", "😀".repeat(250)), b"x");
    }
    container(&scene).await;
    let sharing = shares(&scene).await;
    assert_eq!((sharing.shares.len(), sharing.more), (3, true));
    assert!(sharing.shares.iter().all(|share| share.blobs() > 10));
    assert!(all(&scene).await > 1);
    scene.assert_mirrored();
}

#[tokio::test]
async fn whoever_copies_the_last_block_commits_whatever_the_order() {
    for order in [vec![0, 1, 2, 3], vec![3, 2, 1, 0], vec![2, 0, 3, 1]] {
        let scene = Scene::new();
        let blob = Blob {
            name: "v.mp4".into(),
            tier: Some(Tier::Cool),
            md5: Some(vec![1; 16]),
            ..Blob::default()
        }
        .with_metadata([("owner".to_owned(), "t".to_owned())]);
        scene
            .service
            .state()
            .write_blob(&scene.source, &[5; 1_000], blob);
        container(&scene).await;
        let sharing = shares(&scene).await;
        assert_eq!(sharing.shares.len(), 4);
        for (turn, index) in order.iter().enumerate() {
            let done = copy(&scene, &sharing.shares[*index]).await.unwrap();
            assert_eq!(done.blobs, u64::from(turn == 3), "{order:?} {turn}");
        }
        scene.assert_mirrored();
        assert_eq!(scene.service.state().tiers["v.mp4"], Some(Tier::Cool));
        // Each of them once more finds it committed.
        scene.service.forget_calls();
        for share in &sharing.shares {
            let done = copy(&scene, share).await.unwrap();
            assert_eq!((done.blobs, done.bytes), (0, 0));
        }
        assert_eq!(scene.count(Op::BlockList), 4);
        assert_eq!(scene.service.state().calls.len(), 4);
    }
}

#[tokio::test]
async fn shares_at_the_same_time_leave_one_whole_blob() {
    let scene = Scene::new();
    scene.write("v.mp4", &[5; 1_000]);
    container(&scene).await;
    let sharing = shares(&scene).await;
    // Each share twice, as a queue may deliver it.
    let twice = sharing.shares.iter().chain(&sharing.shares);
    let done = futures::future::join_all(twice.map(|share| copy(&scene, share))).await;
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    assert!(scene.look().await.complete());
    scene.assert_mirrored();
}

#[tokio::test]
async fn a_share_killed_at_any_call_is_finished_when_done_again() {
    let scene = Scene::new();
    scene.write("v.mp4", &[5; 250]);
    container(&scene).await;
    let share = shares(&scene).await.shares.remove(0);
    for at in 0.. {
        let mut calls = 0;
        scene.service.before(move |_, _| {
            calls += 1;
            (calls > at).then(broken)
        });
        if copy(&scene, &share).await.is_ok() {
            break;
        }
        assert!(at < 100);
    }
    scene.assert_mirrored();
    // Killed again and again, each time a call later, yet no block was copied many times.
    assert!(
        scene.count(Op::PutBlock) <= 25 * 4,
        "{}",
        scene.count(Op::PutBlock)
    );
}

#[tokio::test]
async fn a_share_leaves_out_what_has_changed() {
    let scene = Scene::new();
    for name in ["a", "b", "c"] {
        scene.write(name, b"old");
    }
    scene.write("v.mp4", &[1; 250]);
    container(&scene).await;
    let sharing = shares(&scene).await;
    scene.write("b", b"new");
    scene.write("v.mp4", &[2; 250]);
    scene
        .service
        .state()
        .container(&scene.source)
        .unwrap()
        .blobs
        .remove("c");
    for share in &sharing.shares {
        let done = copy(&scene, share).await.unwrap();
        match share.work {
            Work::Names { .. } => assert_eq!((done.blobs, done.changed), (1, 2)),
            Work::Blocks { .. } => assert_eq!((done.blobs, done.changed), (0, 1)),
        }
    }
    assert_eq!(all(&scene).await, 1);
    scene.assert_mirrored();
}

#[tokio::test]
async fn a_late_share_copies_no_block_where_the_replica_is_no_longer_as_it_was_listed() {
    let scene = Scene::new();
    scene.write("v.mp4", &[1; 250]);
    container(&scene).await;
    // Made when there was no replica blob, and again when there was one to be overwritten.
    let onto_nothing = shares(&scene).await.shares.remove(0);
    all(&scene).await;
    scene.write("v.mp4", &[2; 250]);
    let onto_the_first = shares(&scene).await.shares.remove(0);
    // The asset was made anew on another container, and mirrored from there.
    let former = scene.source.clone();
    let scene = Scene {
        source: Place::new("src", "asset-2"),
        ..scene
    };
    scene.write("v.mp4", &[3; 250]);
    all(&scene).await;
    scene.assert_mirrored();
    // So that neither share finds that its source is another.
    let asked: Vec<_> = [onto_nothing, onto_the_first]
        .into_iter()
        .map(|share| {
            assert_eq!(share.source, former);
            let Work::Blocks {
                blob,
                length,
                block_size,
                first,
                count,
            } = share.work
            else {
                panic!("a share of blocks");
            };
            let etag = scene
                .service
                .state()
                .get(&former, "v.mp4")
                .unwrap()
                .blob
                .etag
                .clone();
            let blob = Named { etag, ..blob };
            let work = Work::Blocks {
                blob,
                length,
                block_size,
                first,
                count,
            };
            Share { work, ..share }
        })
        .collect();
    for share in &asked {
        scene.service.forget_calls();
        let done = copy(&scene, share).await.unwrap();
        assert_eq!((done.blobs, done.bytes, done.changed), (0, 0, 1));
        assert_eq!((scene.count(Op::BlockList), done.calls.total()), (1, 1));
    }
    scene.assert_mirrored();
}

#[tokio::test]
async fn a_share_obeys_its_budget() {
    let scene = Scene::new();
    scene.write("v.mp4", &[1; 250]);
    container(&scene).await;
    let share = shares(&scene).await.shares.remove(0);
    let left = std::sync::atomic::AtomicU32::new(10);
    let budget = Budget::new(move || {
        use std::sync::atomic::Ordering::SeqCst;
        left.fetch_update(SeqCst, SeqCst, |n| n.checked_sub(1))
            .is_ok()
    });
    let done = scene.copier.copy_share(&share, &budget).await.unwrap();
    assert_eq!((done.stopped, done.bytes, done.blobs), (true, 100, 0));
    scene.service.forget_calls();
    let done = copy(&scene, &share).await.unwrap();
    assert_eq!((done.stopped, done.bytes, done.blobs), (false, 150, 1));
    assert_eq!(scene.count(Op::PutBlock), 15);
}

#[tokio::test]
async fn where_blocks_are_lacking_the_first_share_stands_for_the_blob() {
    let scene = Scene::new();
    scene.lacks([Op::PutBlock]);
    scene.write("v.mp4", &[1; 1_000]);
    container(&scene).await;
    let sharing = shares(&scene).await;
    assert_eq!(sharing.shares.len(), 4);
    for share in &sharing.shares {
        copy(&scene, share).await.unwrap();
    }
    assert_eq!(scene.count(Op::StartCopy), 1);
    scene.assert_mirrored();
}

#[tokio::test]
async fn shares_need_both_containers_and_carry_no_secret() {
    let scene = Scene::new();
    scene.write("a", b"x");
    let sharing = scene
        .copier
        .shares(&scene.source, &scene.replica, Settle::AfterJob)
        .await;
    assert!(matches!(sharing, Err(BlobError::ContainerGone { .. })));
    container(&scene).await;
    scene
        .service
        .state()
        .container(&scene.source)
        .unwrap()
        .metadata = Metadata::new();
    let json = serde_json::to_value(&shares(&scene).await.shares[0]).unwrap();
    let etag = scene
        .service
        .state()
        .get(&scene.source, "a")
        .unwrap()
        .blob
        .etag
        .clone();
    assert_eq!(
        json,
        serde_json::json!({
            "v": 1,
            "source": {"account": "src", "container": "asset-1"},
            "replica": {"account": "dst", "container": "asset-1"},
            "work": {"names": {"blobs": [{"name": "a", "etag": etag}]}},
        })
    );
}

#[tokio::test]
async fn a_share_of_another_version_is_refused() {
    let scene = Scene::new();
    scene.write("a", b"x");
    container(&scene).await;
    let mut share = shares(&scene).await.shares.remove(0);
    share.v = 2;
    assert!(matches!(
        scene.copier.copy_share(&share, &Budget::unlimited()).await,
        Err(BlobError::Configuration { .. })
    ));
}
