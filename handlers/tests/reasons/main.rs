//! The reasons that only the handler can say, because only it sees messages and events: each is reached, logged with its outcome, and
//! leaves the message where it belongs.

#![expect(
    clippy::unwrap_used,
    reason = "in tests; clippy sees that only inside functions marked as such"
)]

mod app;
mod faults;
mod log;
mod messages;

use std::collections::HashSet;

use handlers::{Reply, answer};
use mirror::{Outcome, Reason};
use serde_json::Value;

use app::{Scene, invocation};
use log::Log;

/// One invocation, and what must come of it.
struct Row {
    what: String,
    function: &'static str,
    data: Value,
    dequeue_count: u32,
    /// The last thing that is logged about it.
    logged: Outcome,
    end: End,
}

/// Where the invocation leaves its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Nothing more comes of it.
    Done,
    /// It is kept in the poison queue, with its reason.
    Poisoned,
    /// Something is to be looked at.
    Enqueued,
    /// The invocation failed, so the host hands the message out again.
    Failed,
}

async fn run(row: Row, log: &Log) -> Result<Reason, String> {
    let scene = Scene::default();
    let invocation = invocation(row.function, &row.data, row.dequeue_count);
    let reply = answer(&scene.app, invocation).await;
    let sent = scene.sent();
    let end = match (&reply, &sent[..]) {
        (Some(Reply::Failed(_)), []) => End::Failed,
        (Some(Reply::Done(outputs)), []) if outputs.is_empty() => End::Done,
        (Some(Reply::Done(outputs)), []) if !outputs.is_empty() => End::Enqueued,
        (Some(Reply::Done(_)), [one]) if one.queue == format!("{}-poison", row.function) => {
            End::Poisoned
        }
        _ => return Err(format!("{}: {reply:?}, sent {sent:?}", row.what)),
    };
    let reason = row.logged.reason().unwrap();
    let logged = log.take();
    let expected = (Some(row.logged.as_str()), Some(reason.as_str()));
    let last = logged.last().map_or((None, None), |line| {
        (line["outcome"].as_str(), line["reason"].as_str())
    });
    if end != row.end || last != expected {
        return Err(format!("{}: {end:?}, logged {logged:?}", row.what));
    }
    if end == End::Poisoned {
        let kept: Value = serde_json::from_str(&sent[0].text).unwrap();
        if !sent[0].delay.is_zero()
            || kept["reason"] != reason.as_str()
            || kept["detail"].as_str().is_none_or(str::is_empty)
        {
            return Err(format!("{}: kept as {kept}", row.what));
        }
    }
    Ok(reason)
}

#[tokio::test]
async fn every_reason_of_the_handler_is_reached_with_its_outcome() {
    let log = Log::start();
    let mut reached = HashSet::new();
    let mut wrong = Vec::new();
    for row in messages::rows().into_iter().chain(faults::rows()) {
        match run(row, &log).await {
            Ok(reason) => {
                reached.insert(reason);
            }
            Err(what) => wrong.push(what),
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let expected = [
        Reason::BadMessage,
        Reason::Bug,
        Reason::NotMirroredKind,
        Reason::NotPrimary,
    ];
    assert_eq!(reached, expected.into());
}

#[tokio::test]
async fn a_message_that_cannot_be_kept_is_not_lost() {
    let log = Log::start();
    let scene = Scene::default();
    scene.refuse_messages();
    let data = serde_json::json!({"message": "not a change"});
    let reply = answer(&scene.app, invocation("mirror-asset", &data, 1)).await;
    assert!(matches!(reply, Some(Reply::Failed(_))), "{reply:?}");
    let logged = log.take();
    let reasons: Vec<&str> = logged
        .iter()
        .filter_map(|line| line["reason"].as_str())
        .collect();
    assert_eq!(reasons, ["bad-message", "configuration"], "{logged:?}");
}
