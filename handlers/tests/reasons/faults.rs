//! A panic: the message is handed out again, and after five times it is kept in the poison queue.

use mirror::{Outcome, Reason};
use serde_json::{Value, json};

use crate::{End, Row};

pub(crate) fn rows() -> Vec<Row> {
    let place = |account: &str| json!({"account": account, "container": "c"});
    let share = json!({
        "v": 1,
        "source": place("primarystore"),
        "replica": place("secondarystore"),
        "work": {"names": {"blobs": []}},
    });
    let mut shared = change("assets");
    shared["share"] = share;
    let messages = [
        ("mirror-asset", change("assets")),
        (
            "mirror-asset",
            json!({"v": 1, "account": "weststore", "container": "films"}),
        ),
        ("mirror-locator", change("streamingLocators")),
        ("mirror-content-key-policy", change("contentKeyPolicies")),
        ("mirror-streaming-policy", change("streamingPolicies")),
        ("mirror-filter", change("accountFilters")),
        ("deletions", change("streamingLocators")),
        ("copy-blobs", shared.clone()),
        ("backfill", shared),
        (
            "backfill",
            json!({"v": 1, "kind": "assets", "names": ["film"]}),
        ),
        (
            "walk",
            json!({"v": 1, "kind": "assets", "depth": "list", "cause": "walk", "run": "r", "since": "2026-01-02T03:04:05Z"}),
        ),
    ];
    let mut rows = Vec::new();
    for (function, message) in messages {
        for (dequeue_count, end) in [
            (1, End::Failed),
            (4, End::Failed),
            (5, End::Poisoned),
            (6, End::Poisoned),
        ] {
            rows.push(Row {
                what: format!("{function} panics, time {dequeue_count}"),
                function,
                data: json!({"message": message.to_string()}),
                dequeue_count,
                logged: Outcome::Failed(Reason::Bug),
                end,
            });
        }
    }
    rows
}

fn change(kind: &str) -> Value {
    json!({"v": 1, "kind": kind, "name": "film"})
}
