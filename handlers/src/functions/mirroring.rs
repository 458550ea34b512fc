//! What the queue functions share: one message, one change, one report.

use std::time::{Duration, Instant};

use base64::{Engine, engine::general_purpose::STANDARD};
use change::{Change, Kind};
use cloud::QueueError;
use mirror::{Outcome, Reason, Report};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::MESSAGE;
use crate::{
    app::App,
    backoff, log,
    protocol::{Invocation, Reply},
};

/// Carries out the change in the message, and puts back or passes on what follows from it before it reports success.
pub(super) async fn run(
    app: &App,
    invocation: &Invocation,
    queue: &'static str,
    kinds: &[Kind],
) -> Reply {
    let started = Instant::now();
    let message = invocation.message(MESSAGE);
    let mut change = match Change::parse(&message) {
        Ok(change) => change,
        Err(bad) => {
            return poison(app, queue, invocation, Reason::BadMessage, &bad.to_string()).await;
        }
    };
    if !kinds.contains(&change.id.kind()) {
        // A hint in the wrong queue goes to the right one.
        return enqueued(invocation, send(app, &change, Duration::ZERO).await);
    }
    change.since.get_or_insert_with(OffsetDateTime::now_utc);
    let (report, calls) = media::counted(app.mirror.mirror(&change)).await;
    log::change(invocation, &change, &report, calls, started.elapsed());
    enqueued(invocation, follow(app, queue, &change, &report).await)
}

/// Enqueues what a report asks for: the change again, others, and what cannot be done for good.
async fn follow(
    app: &App,
    queue: &str,
    change: &Change,
    report: &Report,
) -> Result<(), QueueError> {
    for follow_up in &report.follow_ups {
        send(app, follow_up, Duration::ZERO).await?;
    }
    if let Some(again) = report.again {
        let delay = backoff::delay(again, change.attempt, (app.jitter)());
        send(app, &change.again(), delay).await?;
    }
    if let Outcome::Failed(reason) = report.outcome {
        let detail = report.detail.as_deref().unwrap_or_default();
        let text = poisoned(change.to_text().as_bytes(), reason, detail);
        app.queues
            .send(&poison_queue(queue), &text, Duration::ZERO)
            .await?;
    }
    Ok(())
}

async fn send(app: &App, change: &Change, delay: Duration) -> Result<(), QueueError> {
    let queue = change.id.kind().queue();
    app.queues.send(queue, &change.to_text(), delay).await
}

/// Moves the message, with its reason, into the queue's poison queue.
pub(super) async fn poison(
    app: &App,
    queue: &str,
    invocation: &Invocation,
    reason: Reason,
    detail: &str,
) -> Reply {
    log::fault(invocation, reason, detail);
    let text = poisoned(&invocation.message(MESSAGE), reason, detail);
    enqueued(
        invocation,
        app.queues
            .send(&poison_queue(queue), &text, Duration::ZERO)
            .await,
    )
}

fn poison_queue(queue: &str) -> String {
    format!("{queue}-poison")
}

/// The message with `reason` and `detail` added where it is a JSON object, wrapped in `original` (base64) where it is not.
fn poisoned(message: &[u8], reason: Reason, detail: &str) -> String {
    let mut body = match serde_json::from_slice(message) {
        Ok(Value::Object(map)) => map,
        _ => [("original".to_owned(), json!(STANDARD.encode(message)))]
            .into_iter()
            .collect(),
    };
    body.insert("reason".to_owned(), json!(reason.as_str()));
    body.insert("detail".to_owned(), json!(detail));
    Value::Object(body).to_string()
}

/// A message that could not be enqueued fails the invocation: the host then hands the original out again, and nothing is lost.
fn enqueued(invocation: &Invocation, result: Result<(), QueueError>) -> Reply {
    match result {
        Ok(()) => Reply::done(),
        Err(error) => {
            log::fault(invocation, Reason::Configuration, &error.to_string());
            Reply::Failed("the queue could not be written; see the log for the reason")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poisoned_change_can_still_be_read_as_a_change() {
        let text = r#"{"v":1,"kind":"assets","name":"a"}"#;
        let poisoned = poisoned(text.as_bytes(), Reason::KeyIdTaken, "x");
        assert!(
            poisoned.contains(r#""reason":"key-id-taken""#),
            "{poisoned}"
        );
        assert_eq!(
            Change::parse(poisoned.as_bytes()).unwrap(),
            Change::parse(text.as_bytes()).unwrap()
        );
    }

    #[test]
    fn what_is_not_json_is_kept_to_the_byte() {
        let body: Value =
            serde_json::from_str(&poisoned(b"\xff\x00not json", Reason::BadMessage, "x")).unwrap();
        let original = STANDARD.decode(body["original"].as_str().unwrap()).unwrap();
        assert_eq!(original, b"\xff\x00not json");
    }
}
