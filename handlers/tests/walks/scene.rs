//! An app between two accounts in memory, on a clock of the test's own.

use std::{cell::Cell, sync::Arc};

use change::{Cause, Depth, Kind, WalkOrder};
use handlers::{App, Reply, answer};
use mirror::{Deletes, MirrorOptions, Policy};
use serde_json::{Value, json};
use state::{Run, RunState};
use time::{Duration, OffsetDateTime, macros::datetime};

use super::{
    account::Account,
    app::{self, Sent, invocation},
};

thread_local! {
    /// Seconds since the tests began; each test has a thread of its own.
    static PASSED: Cell<i64> = const { Cell::new(0) };
}

pub(super) fn now() -> OffsetDateTime {
    datetime!(2026-01-02 03:00 UTC) + Duration::seconds(PASSED.get())
}

pub(super) fn pass(time: Duration) {
    PASSED.set(PASSED.get() + time.whole_seconds());
}

pub(super) const MINUTE: Duration = Duration::MINUTE;

pub(super) struct Scene {
    pub(super) primary: Account,
    pub(super) secondary: Account,
    pub(super) inner: app::Scene,
    /// How many of the messages were looked at.
    seen: Cell<usize>,
}

/// Deletions of this kind converge, of account filters they follow events.
pub(super) const KIND: Kind = Kind::StreamingPolicies;

pub(super) fn scene() -> Scene {
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
    pub(super) fn app(&self) -> &Arc<App> {
        &self.inner.app
    }

    /// Something that is mirrored.
    pub(super) fn both(&self, name: &str) {
        self.primary.put(KIND, name, version(1));
        self.secondary.put(KIND, name, version(1));
    }

    /// The messages since the last time.
    pub(super) fn sent(&self) -> Vec<Sent> {
        let all = self.inner.sent();
        all[self.seen.replace(all.len())..].to_vec()
    }

    pub(super) async fn run(&self, queue: &str, text: &str) -> Reply {
        let data = json!({"message": text});
        let reply = answer(self.app(), invocation(queue, &data, 1)).await;
        reply.unwrap()
    }

    /// Carries out an order, and returns what was enqueued.
    pub(super) async fn walk(&self, order: &WalkOrder) -> Vec<Sent> {
        self.sent();
        let reply = self.run("walk", &order.to_text()).await;
        assert!(matches!(reply, Reply::Done(_)), "{reply:?}");
        self.sent()
    }

    /// Carries out messages and what follows from them, as far as it need not wait.
    pub(super) async fn work(&self, messages: Vec<Sent>) {
        for message in messages {
            let reply = self.run(&message.queue, &message.text).await;
            assert!(matches!(reply, Reply::Done(_)), "{reply:?}");
        }
        self.sent();
    }

    pub(super) async fn sweep(&self) -> Vec<Sent> {
        self.sent();
        let data = json!({"timer": {}});
        let reply = answer(self.app(), invocation("sweep", &data, 1)).await;
        assert!(matches!(reply, Some(Reply::Done(_))), "{reply:?}");
        self.sent()
    }

    pub(super) async fn state(&self, run: &str, state: RunState) {
        let runs = &self.app().walks.runs;
        let document = Run {
            state,
            ..Run::new(run, "backfill", Depth::List, &[KIND], now())
        };
        runs.begin(&document).await.unwrap();
    }
}

pub(super) fn order(kind: Kind, depth: Depth) -> WalkOrder {
    WalkOrder::new(kind, depth, Cause::Walk, "sweep", now())
}

pub(super) fn list() -> WalkOrder {
    order(KIND, Depth::List)
}

pub(super) fn names(messages: &[Sent]) -> Vec<String> {
    let names = messages.iter().flat_map(|message| {
        assert_eq!(message.queue, "backfill");
        let batch: Value = serde_json::from_str(&message.text).unwrap();
        batch["names"].as_array().unwrap().clone()
    });
    names
        .map(|name| name.as_str().unwrap().to_owned())
        .collect()
}

pub(super) fn version(number: u32) -> Value {
    json!({"noEncryption": {"enabledProtocols": {"dash": number > 1, "hls": true}}})
}
