//! Readiness: `GET /` until anything answers.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use crate::journal::Journal;

/// When an unanswered probe is worth a word.
const SLOW: Duration = Duration::from_secs(2);

/// Asks until the handler answers; any status will do.
///
/// One probe has no time limit of its own short of `longest_call`: a handler that accepts the connection and does
/// not answer holds up the start.
///
/// # Errors
/// Nothing answered within `limit`.
pub(crate) async fn until_ready(
    client: &reqwest::Client,
    port: u16,
    every: Duration,
    limit: Duration,
    longest_call: Option<Duration>,
    journal: &Journal,
) -> Result<(), String> {
    let url = format!("http://127.0.0.1:{port}/");
    let started = Instant::now();
    while started.elapsed() < limit {
        let ping = client.get(&url).send();
        let answer = tokio::select! {
            answer = ping => Some(answer),
            () = longest(longest_call) => None,
            () = nag(journal, port) => None,
        };
        match answer {
            Some(Ok(_)) => return Ok(()),
            Some(Err(error)) if !error.is_connect() => return Ok(()),
            Some(Err(_)) => sleep(every).await,
            None => break,
        }
    }
    Err("Initializing HttpWorker timed out.".to_owned())
}

async fn longest(limit: Option<Duration>) {
    match limit {
        Some(limit) => sleep(limit).await,
        None => std::future::pending().await,
    }
}

/// Says once that a probe hangs, and never ends.
async fn nag(journal: &Journal, port: u16) {
    sleep(SLOW).await;
    journal.warn(
        "Host.StandIn",
        format!("the handler accepted a connection on port {port} but does not answer GET /: start-up is blocked"),
    );
    std::future::pending::<()>().await;
}

/// The same `GET /` as a health ping: whether the handler answers within `limit`.
pub(crate) async fn ping(client: &reqwest::Client, port: u16, limit: Duration) -> bool {
    timeout(
        limit,
        client.get(format!("http://127.0.0.1:{port}/")).send(),
    )
    .await
    .is_ok_and(|answer| answer.is_ok())
}
