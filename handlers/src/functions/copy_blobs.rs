//! One bounded share of a large asset's blobs or blocks.
//!
//! The message is the asset's change with a `share` beside it: names, ranges and ETags, never a SAS or token. A share decides nothing:
//! `mirror-asset` looks at the asset again, and hands out what is still missing.

use std::time::{Duration, Instant};

use blobs::Share;
use change::Change;
use cloud::QueueError;
use mirror::{Outcome, Reason};
use serde_json::{Map, Value, json};

use super::{
    Function, MESSAGE,
    queue::{enqueued, poison},
};
use crate::{
    app::App,
    backoff, log,
    protocol::{Invocation, Reply},
};

/// The queue of shares of live changes.
pub(super) const QUEUE: &str = "copy-blobs";

pub(super) const FUNCTION: Function = Function::CopyBlobs(QUEUE);

/// How often a share is tried again after a passing fault; then `mirror-asset` hands it out anew.
const ATTEMPTS: u32 = 5;

pub(super) async fn run(app: &App, invocation: &Invocation) -> Reply {
    let started = Instant::now();
    let (change, share) = match parse(&invocation.message(MESSAGE)) {
        Ok(parts) => parts,
        Err(bad) => return poison(app, invocation, Reason::BadMessage, &bad).await,
    };
    let (report, calls) = media::counted(app.mirror.copy_share(&share)).await;
    log::change(invocation, &change, &report, calls, started.elapsed());
    let again = report.again.filter(|_| change.attempt < ATTEMPTS);
    enqueued(
        invocation,
        match (report.outcome, again) {
            (Outcome::Waiting(_), Some(again)) => {
                let delay = backoff::delay(again, change.attempt, (app.jitter)());
                enqueue(app, invocation.function(), &change.again(), &share, delay).await
            }
            _ => Ok(()),
        },
    )
}

/// Hands out a share.
pub(super) async fn send(
    app: &App,
    queue: &str,
    change: &Change,
    share: &Share,
) -> Result<(), QueueError> {
    let first = Change::new(change.id.clone(), change.cause, change.since);
    enqueue(app, queue, &first, share, Duration::ZERO).await
}

/// Whether a message is a share.
pub(super) fn is_share(message: &[u8]) -> bool {
    parse(message).is_ok()
}

async fn enqueue(
    app: &App,
    queue: &str,
    change: &Change,
    share: &Share,
    delay: Duration,
) -> Result<(), QueueError> {
    let mut message: Map<String, Value> =
        serde_json::from_str(&change.to_text()).unwrap_or_default();
    message.insert("share".to_owned(), json!(share));
    let text = Value::Object(message).to_string();
    app.queues.send(queue, &text, delay).await
}

fn parse(message: &[u8]) -> Result<(Change, Share), String> {
    let change = Change::parse(message).map_err(|bad| bad.to_string())?;
    let mut body: Map<String, Value> =
        serde_json::from_slice(message).map_err(|_| "the message is not a JSON object")?;
    let share = body.remove("share").unwrap_or_default();
    let share = serde_json::from_value(share)
        .map_err(|_| "the message has no share that this version understands")?;
    Ok((change, share))
}
