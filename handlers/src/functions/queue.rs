//! What everything that works on a queue message shares. Functions and queues bear the same names.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use cloud::QueueError;
use mirror::Reason;
use serde_json::{Value, json};

use super::MESSAGE;
use crate::{
    app::App,
    log,
    protocol::{Invocation, Reply},
};

/// How long the messages of a paused run wait, orders and batches.
pub(super) const PAUSE: Duration = Duration::from_secs(60);

/// Moves the message, with its reason, into the queue's poison queue.
pub(super) async fn poison(
    app: &App,
    invocation: &Invocation,
    reason: Reason,
    detail: &str,
) -> Reply {
    log::fault(invocation, reason, detail);
    let text = poisoned(&invocation.message(MESSAGE), reason, detail);
    enqueued(invocation, to_poison(app, invocation, &text).await)
}

/// Keeps a message that cannot be carried out, with its reason, where there is no exception that says so.
pub(super) async fn lasting(
    app: &App,
    invocation: &Invocation,
    message: &str,
    reason: Reason,
    detail: &str,
) -> Result<(), QueueError> {
    let text = poisoned(message.as_bytes(), reason, detail);
    to_poison(app, invocation, &text).await
}

async fn to_poison(app: &App, invocation: &Invocation, text: &str) -> Result<(), QueueError> {
    let queue = format!("{}-poison", invocation.function());
    app.queues.send(&queue, text, Duration::ZERO).await
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
pub(super) fn enqueued(invocation: &Invocation, result: Result<(), QueueError>) -> Reply {
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
    use change::Change;

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
