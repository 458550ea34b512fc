//! When walks begin, and what they leave alone, on a clock of the tests' own.

#![expect(
    clippy::unwrap_used,
    reason = "in tests; clippy sees that only inside functions marked as such"
)]

mod account;
#[path = "../reasons/app.rs"]
mod app;
mod batches;
mod depths;

use std::{cell::Cell, collections::BTreeMap, sync::Arc};

use change::{Cause, Depth, Kind, WalkOrder};
use handlers::{App, Reply, answer};
use media::ErrorKind;
use mirror::{Deletes, MirrorOptions, Policy};
use serde_json::{Value, json};
use state::{Run, RunState};
use time::{Duration, OffsetDateTime, macros::datetime};

use account::{Account, id};
use app::{Sent, invocation};

thread_local! {
    /// Seconds since the tests began; each test has a thread of its own.
    static PASSED: Cell<i64> = const { Cell::new(0) };
}

fn now() -> OffsetDateTime {
    datetime!(2026-01-02 03:00 UTC) + Duration::seconds(PASSED.get())
}

fn pass(time: Duration) {
    PASSED.set(PASSED.get() + time.whole_seconds());
}

const MINUTE: Duration = Duration::MINUTE;

struct Scene {
    primary: Account,
    secondary: Account,
    inner: app::Scene,
    /// How many of the messages were looked at.
    seen: Cell<usize>,
}

/// Deletions of this kind converge, of account filters they follow events.
const KIND: Kind = Kind::StreamingPolicies;

fn scene() -> Scene {
    let (primary, secondary) = (Account::default(), Account::default());
    let options = MirrorOptions {
        policy: Policy {
            deletes: [
                (KIND, Deletes::Converge),
                (Kind::AccountFilters, Deletes::Events),
            ]
            .into(),
            ..Policy::default()
        },
        delete_cap: 3,
        clock: now,
        ..MirrorOptions::default()
    };
    let inner = app::Scene::between(
        [Arc::new(primary.clone()), Arc::new(secondary.clone())],
        options,
    );
    Scene {
        primary,
        secondary,
        inner,
        seen: Cell::new(0),
    }
}

impl Scene {
    fn app(&self) -> &Arc<App> {
        &self.inner.app
    }

    /// Something that is mirrored.
    fn both(&self, name: &str) {
        self.primary.put(KIND, name, version(1));
        self.secondary.put(KIND, name, version(1));
    }

    /// The messages since the last time.
    fn sent(&self) -> Vec<Sent> {
        let all = self.inner.sent();
        all[self.seen.replace(all.len())..].to_vec()
    }

    async fn run(&self, queue: &str, text: &str) -> Reply {
        let data = json!({"message": text});
        let reply = answer(self.app(), invocation(queue, &data, 1)).await;
        reply.unwrap()
    }

    /// Carries out an order, and returns what was enqueued.
    async fn walk(&self, order: &WalkOrder) -> Vec<Sent> {
        self.sent();
        let reply = self.run("walk", &order.to_text()).await;
        assert!(matches!(reply, Reply::Done(_)), "{reply:?}");
        self.sent()
    }

    /// Carries out messages and what follows from them, as far as it need not wait.
    async fn work(&self, messages: Vec<Sent>) {
        for message in messages {
            let reply = self.run(&message.queue, &message.text).await;
            assert!(matches!(reply, Reply::Done(_)), "{reply:?}");
        }
        self.sent();
    }

    async fn sweep(&self) -> Vec<Sent> {
        self.sent();
        let data = json!({"timer": {}});
        let reply = answer(self.app(), invocation("sweep", &data, 1)).await;
        assert!(matches!(reply, Some(Reply::Done(_))), "{reply:?}");
        self.sent()
    }

    async fn state(&self, run: &str, state: RunState) {
        let runs = &self.app().walks.runs;
        let document = Run {
            state,
            ..Run::new(run, "backfill", Depth::List, &[KIND], now())
        };
        runs.begin(&document).await.unwrap();
    }
}

fn order(kind: Kind, depth: Depth) -> WalkOrder {
    WalkOrder::new(kind, depth, Cause::Walk, "sweep", now())
}

fn list() -> WalkOrder {
    order(KIND, Depth::List)
}

fn names(messages: &[Sent]) -> Vec<String> {
    let names = messages.iter().flat_map(|message| {
        assert_eq!(message.queue, "backfill");
        let batch: Value = serde_json::from_str(&message.text).unwrap();
        batch["names"].as_array().unwrap().clone()
    });
    names
        .map(|name| name.as_str().unwrap().to_owned())
        .collect()
}

fn version(number: u32) -> Value {
    json!({"noEncryption": {"enabledProtocols": {"dash": number > 1, "hls": true}}})
}

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
