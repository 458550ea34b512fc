//! When walks begin, and what they name that was named before.

use std::{collections::BTreeMap, sync::Arc};

use change::{Cause, Depth, Kind, WalkOrder};
use handlers::Reply;
use media::ErrorKind;
use serde_json::json;
use state::RunState;
use time::Duration;

use super::{
    account::id,
    scene::{KIND, MINUTE, Scene, list, names, now, order, pass, scene, version},
};

#[tokio::test]
async fn sweeps_ask_when_they_are_due_and_when_nobody_knows() {
    let mut scene = scene();
    let sweep = [(Depth::List, 300), (Depth::Keys, 86_400)];
    let sweep = sweep.map(|(depth, every)| (depth, std::time::Duration::from_secs(every)));
    Arc::get_mut(&mut scene.inner.app).unwrap().walks.sweep = BTreeMap::from(sweep);
    let asked = async |scene: &Scene| -> Vec<String> {
        let mut asked = Vec::new();
        for message in scene.sweep().await {
            assert_eq!(message.queue, "walk");
            let order = WalkOrder::parse(message.text.as_bytes()).unwrap();
            assert!(order.is_whole() && order.cause == Cause::Walk && order.since == now());
            asked.push(format!("{}/{}", order.kind, order.depth));
        }
        asked
    };
    let lists = [
        "contentKeyPolicies/list",
        "streamingPolicies/list",
        "accountFilters/list",
        "assets/list",
        "streamingLocators/list",
    ];
    let keys = ["contentKeyPolicies/keys", "streamingLocators/keys"];
    assert_eq!(asked(&scene).await, [&lists[..], &keys[..]].concat());
    for _ in 0..4 {
        pass(MINUTE);
        assert!(asked(&scene).await.is_empty());
    }
    // The tick comes some seconds early: the walk must not wait for the next.
    pass(MINUTE - Duration::seconds(2));
    assert_eq!(asked(&scene).await, lists);
    pass(MINUTE);
    assert!(asked(&scene).await.is_empty());
    pass(Duration::DAY);
    assert_eq!(asked(&scene).await.len(), 7);
}

#[tokio::test]
async fn orders_that_piled_up_are_done_with_one_walk() {
    let scene = scene();
    scene.primary.put(KIND, "a", version(1));
    let orders = [list(), list()];
    pass(MINUTE);
    assert_eq!(names(&scene.walk(&orders[0]).await), ["a"]);
    scene.primary.lists();
    assert!(scene.walk(&orders[1]).await.is_empty());
    assert_eq!(scene.primary.lists(), 0);
    // A part of it is another matter, and so are other depths and what is asked for later.
    let part = WalkOrder {
        name: Some("a*".to_owned()),
        cause: Cause::Backfill,
        ..list()
    };
    assert_eq!(names(&scene.walk(&part).await), ["a"]);
    assert_eq!(names(&scene.walk(&order(KIND, Depth::Keys)).await), ["a"]);
    pass(MINUTE);
    assert_eq!(names(&scene.walk(&list()).await), ["a"]);
}

#[tokio::test]
async fn what_sweeps_leave_in_the_queue_is_counted_and_bounded() {
    let scene = scene();
    scene.state("sweep", RunState::Running).await;
    let left = async || {
        let run = scene.app().walks.runs.get("sweep").await.unwrap();
        let progress = run.unwrap().progress(KIND).clone();
        progress.enqueued - progress.done()
    };
    for n in 0..2_500 {
        let name = format!("policy-{n:04}");
        scene.primary.put(KIND, &name, version(1));
    }
    let first = scene.walk(&list()).await;
    assert_eq!((names(&first).len(), left().await), (2_000, 2_000));
    pass(MINUTE * 5);
    assert!(scene.walk(&list()).await.is_empty());
    // A deeper one has nothing to do here while the last one goes on.
    assert!(scene.walk(&order(KIND, Depth::Keys)).await.is_empty());
    scene.work(first[..20].to_vec()).await;
    assert_eq!(left().await, 1_000);
    pass(MINUTE * 5);
    // Those that are missing still, in whatever batch they are by now.
    assert_eq!(names(&scene.walk(&list()).await).len(), 1_000);
    assert_eq!(left().await, 2_000);
    // Messages that were lost are not waited for longer than an hour.
    pass(MINUTE * 61);
    assert_eq!(names(&scene.walk(&list()).await).len(), 1_500);
}

#[tokio::test]
async fn what_failed_for_good_is_tried_again_after_an_hour() {
    let scene = scene();
    scene.primary.put(KIND, "conflict", version(1));
    scene.secondary.put(KIND, "conflict", version(2));
    let batches = scene.walk(&list()).await;
    assert_eq!(names(&batches), ["conflict"]);
    scene.work(batches).await;
    let known = scene.app().exceptions.get(&id(KIND, "conflict")).await;
    assert_eq!(known.unwrap().unwrap().reason, "replica-conflict");
    for _ in 0..11 {
        pass(MINUTE * 5);
        assert!(scene.walk(&list()).await.is_empty());
    }
    // Somebody asks for it.
    let asked = WalkOrder {
        cause: Cause::Backfill,
        ..list()
    };
    assert_eq!(names(&scene.walk(&asked).await), ["conflict"]);
    pass(MINUTE * 5);
    assert_eq!(names(&scene.walk(&list()).await), ["conflict"]);
    // The primary's list says that it changed since.
    let batches = scene.walk(&order(KIND, Depth::List)).await;
    scene.work(batches).await;
    let updated = order(KIND, Depth::Updated);
    assert_eq!(names(&scene.walk(&updated).await), ["conflict"]);
}

#[tokio::test]
async fn an_updated_asset_is_not_mirrored_unless_it_is_published() {
    let scene = scene();
    let asset = json!({"storageAccountName": "west", "container": "raw"});
    scene.primary.put(Kind::Assets, "raw", asset);
    let batches = scene.walk(&order(Kind::Assets, Depth::Updated)).await;
    assert_eq!(names(&batches), ["raw"]);
    // Whoever looked at its bytes would panic.
    scene.work(batches).await;
    assert!(!scene.secondary.has(Kind::Assets, "raw"));
}

#[tokio::test]
async fn a_walk_that_cannot_enqueue_fails_and_comes_again() {
    let scene = scene();
    scene.primary.put(KIND, "a", version(1));
    scene.inner.refuse_messages();
    let reply = scene.run("walk", &list().to_text()).await;
    assert!(matches!(reply, Reply::Failed(_)), "{reply:?}");
    let marks = scene.app().walks.watermarks.read().await.unwrap();
    assert!(marks.walked(KIND, Depth::List).is_none());
}

#[tokio::test]
async fn what_passes_is_tried_again_by_a_sweep_some_times_and_by_a_backfill_always() {
    let scene = scene();
    scene.secondary.put(KIND, "extra", version(1));
    scene.state("run", RunState::Running).await;
    for (cause, tries) in [(Cause::Walk, 3), (Cause::Backfill, 30)] {
        let mut order = WalkOrder::new(KIND, Depth::List, cause, "run", now());
        scene.primary.fail(Some(ErrorKind::Unavailable));
        for attempt in 1..=tries {
            let again = scene.walk(&order).await;
            let [again] = &again[..] else {
                panic!("{again:?}");
            };
            assert_eq!(again.queue, "walk");
            assert!(again.delay.as_secs() >= 16, "{again:?}");
            order = WalkOrder::parse(again.text.as_bytes()).unwrap();
            assert_eq!(order.attempt, attempt);
        }
        let last = scene.walk(&order).await;
        assert_eq!(last.len(), usize::from(cause == Cause::Backfill));
        // What does not pass ends both.
        scene.primary.fail(Some(ErrorKind::Denied));
        assert!(scene.walk(&order).await.is_empty());
        let run = scene.app().walks.runs.get("run").await.unwrap();
        let stopped = run.unwrap().progress(KIND).stopped.clone();
        assert_eq!(stopped.as_deref(), Some("source-denied"));
        let marks = scene.app().walks.watermarks.read().await.unwrap();
        assert!(marks.walked(KIND, Depth::List).is_none());
    }
}
