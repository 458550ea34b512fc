//! Which operations are used where an endpoint lacks some.

use super::{
    double::{Op, refusal},
    scene::Scene,
};
use crate::{
    BlobError, Budget, Settle,
    blob::{Blob, BlobKind, CopyStatus},
};

#[tokio::test]
async fn a_501_teaches_the_synchronous_copy_and_is_remembered() {
    let scene = Scene::new();
    scene.lacks([Op::PutBlob]);
    scene.write("a", b"x");
    assert!(scene.mirror().await.unwrap().complete);
    assert_eq!(
        (scene.count(Op::PutBlob), scene.count(Op::SyncCopy)),
        (1, 1)
    );
    // A clone of the copier is the same pupil.
    scene.write("b", b"x");
    let clone = scene.copier.clone();
    let copied = clone
        .mirror(
            &scene.source,
            &scene.replica,
            Settle::AfterJob,
            &Budget::unlimited(),
        )
        .await
        .unwrap();
    assert!(copied.complete);
    assert_eq!(
        (scene.count(Op::PutBlob), scene.count(Op::SyncCopy)),
        (1, 2)
    );
    scene.assert_mirrored();
}

#[tokio::test]
async fn a_500_teaches_nothing() {
    let scene = Scene::new();
    scene.write("a", b"x");
    scene
        .service
        .before(|call, _| (call.op == Op::PutBlob).then(|| refusal(500, "InternalError")));
    assert!(matches!(
        scene.mirror().await,
        Err(BlobError::Unavailable { .. })
    ));
    scene.service.undisturbed();
    assert!(scene.mirror().await.unwrap().complete);
    assert_eq!(
        (scene.count(Op::PutBlob), scene.count(Op::SyncCopy)),
        (2, 0)
    );
}

#[tokio::test]
async fn the_asynchronous_copy_is_the_last_resort_and_is_waited_for() {
    let scene = Scene::new();
    scene.lacks([Op::PutBlob, Op::SyncCopy, Op::PutBlock]);
    scene.service.state().polls = 5;
    scene.write("a", b"x");
    scene.write("large", &[1; 250]);
    assert!(scene.mirror().await.unwrap().complete);
    assert_eq!(scene.count(Op::StartCopy), 2);
    assert!(scene.count(Op::Properties) >= 5);
    scene.assert_mirrored();
}

#[tokio::test]
async fn a_pending_copy_is_found_again_and_waited_for_not_started_again() {
    let scene = Scene::new();
    scene.lacks([Op::PutBlob, Op::SyncCopy]);
    scene.service.state().polls = u32::MAX;
    scene.write("a", b"x");
    let mut asked = 0;
    let budget = Budget::new(move || true);
    let impatient = {
        let calls = std::sync::atomic::AtomicU32::new(0);
        Budget::new(move || calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 3)
    };
    let mirror = |budget: Budget| {
        let scene = &scene;
        async move {
            scene
                .copier
                .mirror(&scene.source, &scene.replica, Settle::AfterJob, &budget)
                .await
                .unwrap()
        }
    };
    let copied = mirror(impatient).await;
    assert_eq!((copied.complete, copied.left), (false, 1));
    let look = scene.look().await;
    assert_eq!((look.missing, look.arriving), (1, 1));
    // The service is done with it meanwhile.
    scene.service.state().polls = 0;
    assert!(mirror(budget).await.complete);
    asked += scene.count(Op::StartCopy);
    assert_eq!(asked, 1);
}

#[tokio::test]
async fn a_pending_copy_of_an_older_state_is_aborted() {
    let scene = Scene::new();
    scene.lacks([Op::PutBlob, Op::SyncCopy]);
    scene.service.state().polls = u32::MAX;
    scene.write("a", b"old");
    let once = std::sync::atomic::AtomicU32::new(0);
    let budget = Budget::new(move || once.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 1);
    scene
        .copier
        .mirror(&scene.source, &scene.replica, Settle::AfterJob, &budget)
        .await
        .unwrap();
    scene.write("a", b"new");
    let mut started = 0;
    scene.service.before(move |call, state| {
        if call.op == Op::StartCopy {
            started += 1;
            if started == 2 {
                state.polls = 0;
            }
        }
        None
    });
    assert!(scene.mirror().await.unwrap().complete);
    assert_eq!(scene.count(Op::AbortCopy), 1);
    scene.assert_mirrored();
}

#[tokio::test]
async fn a_copy_that_the_service_gave_up_starts_over() {
    let scene = Scene::new();
    scene.lacks([Op::PutBlob, Op::SyncCopy]);
    scene.service.state().polls = 1;
    scene.write("a", b"x");
    let (source, replica) = (scene.source.clone(), scene.replica.clone());
    let mut failed = false;
    scene.service.before(move |call, state| {
        if call.op == Op::Properties && !std::mem::replace(&mut failed, true) {
            // The source changed under the copy, which the service notices.
            state.write(&source, "a", b"new");
            let copy = state
                .get(&replica, "a")
                .unwrap()
                .blob
                .copy
                .as_mut()
                .unwrap();
            copy.status = CopyStatus::Failed;
            copy.failed_with = Some(412);
            state.polls = 0;
        }
        None
    });
    assert!(scene.mirror().await.unwrap().complete);
    assert_eq!(scene.count(Op::StartCopy), 2);
    scene.assert_mirrored();
}

#[tokio::test]
async fn a_page_blob_goes_by_blocks_where_there_is_no_put_blob_from_url() {
    let scene = Scene::new();
    scene.lacks([Op::PutBlob]);
    let page = |name: &str| Blob {
        name: name.into(),
        kind: BlobKind::Other,
        ..Blob::default()
    };
    scene
        .service
        .state()
        .write_blob(&scene.source, &[1; 25], page("a"));
    scene
        .service
        .state()
        .write_blob(&scene.source, b"", page("empty"));
    assert!(scene.mirror().await.unwrap().complete);
    assert_eq!(
        (scene.count(Op::PutBlock), scene.count(Op::SyncCopy)),
        (3, 0)
    );
    scene.assert_mirrored();
    scene.lacks([Op::PutBlock]);
    scene
        .service
        .state()
        .write_blob(&scene.source, &[2; 25], page("b"));
    assert!(matches!(
        scene.mirror().await,
        Err(BlobError::SourceUnsupported { name, .. }) if name == "b"
    ));
}
