//! Batches of names: how many are looked at at once, and what is put back.

use std::time::Duration;

use change::{Batch, Cause, Depth, Kind, WalkOrder};
use futures::future::join_all;
use handlers::Reply;
use media::ErrorKind;
use state::{Run, RunState};
use tokio::time::Instant;

use super::{
    account::id,
    scene::{KIND, MINUTE, Scene, list, names, now, pass, scene, version},
};

/// As many streaming policies in the primary.
fn missing(scene: &Scene, count: u32) {
    for n in 0..count {
        scene
            .primary
            .put(KIND, &format!("policy-{n:02}"), version(1));
    }
}

#[tokio::test(start_paused = true)]
async fn four_names_of_a_batch_are_looked_at_at_once() {
    let scene = scene();
    missing(&scene, 8);
    let batches = scene.walk(&list()).await;
    scene.primary.slow_down(Duration::from_secs(3));
    let started = Instant::now();
    scene.work(batches).await;
    assert_eq!(scene.primary.most_reads(), 4);
    assert_eq!(started.elapsed(), Duration::from_secs(6));
    assert!(scene.secondary.has(KIND, "policy-07"));
}

#[tokio::test(start_paused = true)]
async fn all_batches_together_look_at_no_more_than_the_rates_allow() {
    let scene = scene();
    missing(&scene, 150);
    let batches = scene.walk(&list()).await;
    assert_eq!(batches.len(), 3);
    scene.primary.slow_down(Duration::from_secs(1));
    let runs = batches
        .iter()
        .map(|batch| scene.run("backfill", &batch.text));
    for reply in join_all(runs).await {
        assert!(matches!(reply, Reply::Done(_)), "{reply:?}");
    }
    assert_eq!(scene.primary.most_reads(), 8);
    assert!((0..150).all(|n| scene.secondary.has(KIND, &format!("policy-{n:02}"))));
}

#[tokio::test(start_paused = true)]
async fn what_there_is_no_time_for_is_put_back_as_it_was() {
    let scene = scene();
    missing(&scene, 20);
    let batches = scene.walk(&list()).await;
    let whole = Batch::parse(batches[0].text.as_bytes()).unwrap();
    scene.primary.slow_down(Duration::from_secs(100));
    let reply = scene.run("backfill", &batches[0].text).await;
    assert!(matches!(reply, Reply::Done(_)), "{reply:?}");
    let [rest] = &scene.sent()[..] else {
        panic!("one message");
    };
    assert_eq!(
        (rest.queue.as_str(), rest.delay),
        ("backfill", Duration::ZERO)
    );
    let left = Batch::parse(rest.text.as_bytes()).unwrap();
    assert_eq!(left, whole.of(whole.names[12..].to_vec()));
    assert!(scene.secondary.has(KIND, "policy-11"));
    // Others look at as many as there may be: it waits for them, and is put back whole.
    let _all = scene.app().walks.names.acquire_many(8).await.unwrap();
    let started = Instant::now();
    let reply = scene.run("backfill", &rest.text).await;
    assert!(matches!(reply, Reply::Done(_)), "{reply:?}");
    assert_eq!(scene.sent()[0].text, rest.text);
    assert_eq!(started.elapsed(), Duration::from_secs(240));
}

#[tokio::test]
async fn what_could_not_be_looked_at_is_put_back_apart_from_what_was_not() {
    let scene = scene();
    missing(&scene, 10);
    let batches = scene.walk(&list()).await;
    scene.primary.fail(Some(ErrorKind::Unavailable));
    let reply = scene.run("backfill", &batches[0].text).await;
    assert!(matches!(reply, Reply::Done(_)), "{reply:?}");
    let parts = scene.sent();
    let parts = parts.iter().map(|part| {
        assert!(!part.delay.is_zero());
        Batch::parse(part.text.as_bytes()).unwrap()
    });
    let parts: Vec<_> = parts.map(|part| (part.names.len(), part.attempt)).collect();
    assert_eq!(parts, [(1, 1), (3, 1), (6, 1)]);
}

#[tokio::test]
async fn a_paused_run_waits_and_a_cancelled_one_ends() {
    let scene = scene();
    scene.primary.put(KIND, "a", version(1));
    let order = WalkOrder::new(KIND, Depth::List, Cause::Backfill, "run", now());
    scene.state("run", RunState::Paused).await;
    let again = scene.walk(&order).await;
    assert_eq!(scene.primary.lists(), 0);
    let [put_back] = &again[..] else {
        panic!("{again:?}");
    };
    assert_eq!(put_back.queue, "walk");
    assert_eq!(WalkOrder::parse(put_back.text.as_bytes()).unwrap(), order);
    assert_eq!(put_back.delay.as_secs(), 60);

    scene.state("run", RunState::Running).await;
    let batches = scene.walk(&order).await;
    assert_eq!(names(&batches), ["a"]);
    scene.state("run", RunState::Paused).await;
    assert!(matches!(
        scene.run("backfill", &batches[0].text).await,
        Reply::Done(_)
    ));
    let again = scene.sent();
    assert_eq!(
        (names(&again), again[0].delay.as_secs()),
        (vec!["a".to_owned()], 60)
    );
    assert_eq!(again[0].text, batches[0].text);

    scene.state("run", RunState::Cancelled).await;
    scene.work(batches.clone()).await;
    assert!(scene.walk(&order).await.is_empty());
    assert!(!scene.secondary.has(KIND, "a"));
    scene.state("run", RunState::Running).await;
    scene.work(batches).await;
    assert!(scene.secondary.has(KIND, "a"));
}

#[tokio::test]
async fn a_rate_is_kept_to_by_when_batches_can_be_seen() {
    let scene = scene();
    for n in 0..120 {
        scene.primary.put(KIND, &format!("policy-{n}"), version(1));
    }
    let slow = WalkOrder {
        rate: Some(2.0),
        cause: Cause::Backfill,
        ..list()
    };
    let batches = scene.walk(&slow).await;
    let delays: Vec<u64> = batches.iter().map(|batch| batch.delay.as_secs()).collect();
    assert_eq!(delays, [0, 25, 50]);
    // A rate that nobody can keep to ends no walk.
    let never = WalkOrder {
        rate: Some(1e-300),
        ..slow
    };
    assert_eq!(scene.walk(&never).await.len(), 3);
}

#[tokio::test]
async fn what_waits_in_a_batch_for_more_than_a_minute_is_recorded() {
    let scene = scene();
    for name in ["one", "two"] {
        scene.primary.put(KIND, name, version(1));
    }
    let batches = scene.walk(&list()).await;
    scene.primary.fail(Some(ErrorKind::Unavailable));
    pass(MINUTE * 2);
    let recorded = async |name| scene.app().exceptions.get(&id(KIND, name)).await.unwrap();
    // What is true of the service is not recorded of each resource: the first is put back by itself, and the others together.
    let reply = scene.run("backfill", &batches[0].text).await;
    assert!(matches!(reply, Reply::Done(_)), "{reply:?}");
    let parts = scene.sent();
    assert_eq!(names(&parts), ["one", "two"]);
    assert!(recorded("one").await.is_none());
    // It may be the resource all the same: waiting by itself, it is known to wait.
    let reply = scene.run("backfill", &parts[0].text).await;
    assert!(matches!(reply, Reply::Done(_)), "{reply:?}");
    assert_eq!(recorded("one").await.unwrap().reason, "source-unavailable");
    assert_eq!(names(&scene.sent()), ["one"]);
    assert!(recorded("two").await.is_none());
}

#[tokio::test]
async fn the_locators_of_a_backfill_wait_for_most_of_what_they_depend_on() {
    let scene = scene();
    let locators = Kind::StreamingLocators;
    let runs = &scene.app().walks.runs;
    let run = Run::new("run", "backfill", Depth::List, &[KIND, locators], now());
    runs.begin(&run).await.unwrap();
    let order = WalkOrder::new(locators, Depth::List, Cause::Backfill, "run", now());
    let waits = async |done| {
        let now = now();
        let add = |run: &mut Run| {
            let progress = run.progress(KIND);
            progress.walked = true;
            progress.enqueued = 8;
            progress.applied = done;
            progress.worked = Some(now);
        };
        runs.update("run", now, add).await.unwrap();
        let sent = scene.walk(&order).await;
        assert!(sent.iter().all(|sent| sent.queue == "walk"), "{sent:?}");
        !sent.is_empty()
    };
    assert!(waits(5).await);
    assert!(!waits(6).await);
    // Bytes take long, or nothing goes on at all.
    assert!(waits(5).await);
    pass(MINUTE * 2);
    assert!(scene.walk(&order).await.is_empty());
    assert!(waits(5).await);
    pass(MINUTE * 60);
    assert!(!waits(5).await);
}
