//! What mirroring does when source or replica do not hold still.

use super::{
    double::{Op, refusal},
    scene::Scene,
};
use crate::{BlobError, Side, blob::Tier};
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::SeqCst},
};

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
