//! What is in the replica is the record of progress.

use super::{
    double::{Op, broken},
    scene::Scene,
};
use crate::BlobError;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

fn scene() -> Scene {
    let scene = Scene::new();
    scene.write("a.mp4", &[1; 50]);
    scene.write("b.mp4", &[2; 135]);
    scene.write("c.mp4", &[3; 100]);
    scene.write("m.ism", b"m");
    scene.write("m.ismc", b"mc");
    scene
}

/// Fails the call with this index, before or after it was done.
fn kill(scene: &Scene, at: usize, done: bool) {
    let seen = AtomicUsize::new(0);
    let hook = move |_: &_, _: &mut _| (seen.fetch_add(1, SeqCst) == at).then(broken);
    if done {
        scene.service.after(hook);
    } else {
        scene.service.before(hook);
    }
}

#[tokio::test]
async fn a_run_killed_at_any_call_is_finished_by_the_next_without_repeating_blocks() {
    let undisturbed = scene();
    let calls = usize::try_from(undisturbed.mirror().await.unwrap().calls.total()).unwrap();
    assert_eq!(undisturbed.count(Op::PutBlock), 14);
    for done in [false, true] {
        let mut killed = 0;
        for at in 0..calls {
            let scene = scene();
            kill(&scene, at, done);
            match scene.mirror().await {
                Err(BlobError::Unavailable { .. }) => killed += 1,
                // Replies that were refusals anyway cannot be lost: there are fewer of the others.
                Ok(_) if done => break,
                other => panic!("call {at}: {other:?}"),
            }
            scene.service.undisturbed();
            assert!(scene.mirror().await.unwrap().complete, "call {at}");
            scene.assert_mirrored();
            // Calls cut off under way are repeated; what was done before is not.
            let blocks = scene.names(Op::PutBlock);
            assert!(blocks.len() <= 14 + 4, "call {at}: {blocks:?}");
        }
        assert!(killed >= calls - 3, "{killed} of {calls}");
    }
}

#[tokio::test]
async fn blocks_that_are_there_are_not_copied_again() {
    let scene = Scene::new();
    scene.write("v.mp4", &[7; 1_000]);
    let staged = Arc::new(AtomicUsize::new(0));
    let seen = staged.clone();
    scene.service.before(move |call, _| {
        (call.op == Op::PutBlock && seen.fetch_add(1, SeqCst) >= 60).then(broken)
    });
    assert!(scene.mirror().await.is_err());
    let there = scene
        .service
        .state()
        .container(&scene.replica)
        .unwrap()
        .staged["v.mp4"]
        .len();
    scene.service.undisturbed();
    scene.service.forget_calls();
    assert!(scene.mirror().await.unwrap().complete);
    assert!(there >= 56, "{there}");
    assert_eq!(scene.count(Op::PutBlock), 100 - there);
    scene.assert_mirrored();
}

#[tokio::test]
async fn blocks_of_an_older_state_or_another_cut_are_not_used() {
    let scene = Scene::new();
    scene.write("v.mp4", &[7; 300]);
    scene
        .service
        .before(|call, _| (call.op == Op::PutBlockList).then(broken));
    assert!(scene.mirror().await.is_err());
    assert_eq!(scene.count(Op::PutBlock), 30);
    scene.service.undisturbed();
    scene.service.forget_calls();
    // The same length, other bytes.
    scene.write("v.mp4", &[8; 300]);
    assert!(scene.mirror().await.unwrap().complete);
    assert_eq!(scene.count(Op::PutBlock), 30);
    scene.assert_mirrored();
}

#[tokio::test]
async fn a_blob_that_changes_between_its_blocks_starts_over() {
    let scene = Scene::new();
    scene.write("v.mp4", &[7; 300]);
    let source = scene.source.clone();
    let mut blocks = 0;
    scene.service.before(move |call, state| {
        if call.op == Op::PutBlock {
            blocks += 1;
            if blocks == 15 {
                state.write(&source, "v.mp4", &[9; 320]);
            }
        }
        None
    });
    let copied = scene.mirror().await.unwrap();
    assert!(copied.complete);
    assert_eq!((copied.blobs, copied.bytes), (1, 320));
    assert_eq!(scene.count(Op::PutBlockList), 1);
    scene.assert_mirrored();
}

#[tokio::test]
async fn a_blob_that_changes_before_the_commit_is_not_left_in_its_old_state() {
    let scene = Scene::new();
    scene.write("v.mp4", &[7; 300]);
    let source = scene.source.clone();
    let mut first = true;
    scene.service.before(move |call, state| {
        if call.op == Op::PutBlockList && std::mem::take(&mut first) {
            state.write(&source, "v.mp4", &[9; 300]);
        }
        None
    });
    assert!(scene.mirror().await.unwrap().complete);
    assert_eq!(scene.count(Op::PutBlockList), 2);
    scene.assert_mirrored();
}
