//! What walks have deleted, and what they leave alone.

use change::{Depth, Kind, WalkOrder};
use handlers::Reply;
use state::{Run, RunState};
use time::macros::datetime;

use super::{
    account::id,
    scene::{KIND, MINUTE, list, now, order, pass, scene, version},
};

#[tokio::test]
async fn walks_delete_only_where_the_setting_says_so() {
    let scene = scene();
    for kind in [KIND, Kind::AccountFilters, Kind::ContentKeyPolicies] {
        scene.primary.put(kind, "stays", version(1));
        scene.secondary.put(kind, "stays", version(1));
        scene.secondary.put(kind, "extra", version(1));
        let run = Run::new("sweep", "sweep", Depth::List, &[kind], now());
        scene.app().walks.runs.begin(&run).await.unwrap();
        let deletions = scene.walk(&order(kind, Depth::List)).await;
        let run = scene.app().walks.runs.get("sweep").await.unwrap();
        assert_eq!(run.unwrap().progress(kind).extra, 1);
        assert_eq!(deletions.len(), usize::from(kind == KIND), "{deletions:?}");
        scene.work(deletions).await;
        assert_eq!(scene.secondary.has(kind, "extra"), kind != KIND);
    }
}

#[tokio::test]
async fn a_part_of_a_kind_deletes_nothing() {
    let scene = scene();
    scene.both("stays");
    scene.secondary.put(KIND, "extra", version(1));
    let parts = [
        WalkOrder {
            name: Some("*".to_owned()),
            ..list()
        },
        WalkOrder {
            created_after: Some(datetime!(2020-01-01 00:00 UTC)),
            ..list()
        },
        order(KIND, Depth::Updated),
    ];
    for part in parts {
        let sent = scene.walk(&part).await;
        assert!(sent.iter().all(|one| one.queue == "backfill"), "{sent:?}");
    }
}

#[tokio::test]
async fn what_comes_back_before_its_deletion_is_mirrored() {
    let scene = scene();
    scene.both("stays");
    scene.secondary.put(KIND, "returns", version(1));
    let deletions = scene.walk(&list()).await;
    assert_eq!(deletions[0].queue, "deletions");
    scene.primary.put(KIND, "returns", version(1));
    let reply = scene.run("deletions", &deletions[0].text).await;
    assert!(matches!(reply, Reply::Done(_)), "{reply:?}");
    assert!(scene.secondary.deletes().is_empty());
    assert_eq!(scene.sent()[0].queue, "mirror-streaming-policy");
}

#[tokio::test]
async fn a_list_under_half_of_the_last_deletes_nothing_whatever_its_depth() {
    let scene = scene();
    let all: Vec<String> = (0..5).map(|n| format!("policy-{n}")).collect();
    for name in &all {
        scene.both(name);
    }
    assert!(scene.walk(&list()).await.is_empty());
    for name in &all[..3] {
        scene.primary.remove(KIND, name);
    }
    pass(MINUTE);
    for depth in [Depth::List, Depth::Children] {
        assert!(scene.walk(&order(KIND, depth)).await.is_empty());
    }
    // Nor does it count as the last full one.
    pass(MINUTE);
    assert!(scene.walk(&list()).await.is_empty());
    scene.primary.put(KIND, &all[0], version(1));
    pass(MINUTE);
    assert_eq!(scene.walk(&list()).await.len(), 2);
}

#[tokio::test]
async fn a_deletion_that_is_refused_holds_back_no_other() {
    let scene = scene();
    scene.both("stays");
    scene.secondary.refuse_to_delete(KIND, "refused");
    scene.secondary.put(KIND, "refused", version(1));
    let deletions = scene.walk(&list()).await;
    scene.work(deletions).await;
    let known = scene.app().exceptions.get(&id(KIND, "refused")).await;
    assert_eq!(known.unwrap().unwrap().reason, "replica-refused");
    assert_eq!(scene.secondary.deletes().len(), 1);
    // As many as may be at once, beside it.
    for name in ["b", "c", "d"] {
        scene.secondary.put(KIND, name, version(1));
    }
    pass(MINUTE);
    let deletions = scene.walk(&list()).await;
    assert_eq!(deletions.len(), 3);
    scene.work(deletions).await;
    assert_eq!(scene.secondary.deletes().len(), 3);
    for name in ["b", "c", "d"] {
        assert!(!scene.secondary.has(KIND, name));
    }
    // It is tried again each hour.
    pass(MINUTE * 55);
    assert!(scene.walk(&list()).await.is_empty());
    pass(MINUTE * 5);
    assert_eq!(scene.walk(&list()).await.len(), 1);
}

#[tokio::test]
async fn a_deletion_that_waits_is_not_asked_for_at_every_sweep() {
    let scene = scene();
    scene.both("stays");
    scene.secondary.put(KIND, "extra", version(1));
    assert_eq!(scene.walk(&list()).await.len(), 1);
    for _ in 0..11 {
        pass(MINUTE * 5);
        assert!(scene.walk(&list()).await.is_empty());
    }
    // Perhaps its message was lost.
    pass(MINUTE * 5);
    assert_eq!(scene.walk(&list()).await.len(), 1);
}

#[tokio::test]
async fn more_than_the_cap_are_named_and_wait() {
    let scene = scene();
    for name in ["a", "b", "c", "d", "e"] {
        scene.secondary.put(KIND, name, version(1));
    }
    scene.both("stays");
    scene.state("sweep", RunState::Running).await;
    assert!(scene.walk(&list()).await.is_empty());
    let run = scene.app().walks.runs.get("sweep").await.unwrap();
    let progress = run.unwrap().progress(KIND).clone();
    assert_eq!((progress.extra, progress.candidates.len()), (5, 4));
    assert!(progress.detail.unwrap().contains("confirmed"));
}
