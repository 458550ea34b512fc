//! HTTP: MK.IO says that a job finished or a streaming locator was created.
//!
//! The body may hold content keys, so it is read for names and never logged. Every 2xx means that the work is in the queue.

mod event;

use std::{sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use change::Change;
use mirror::{Outcome, Reason};
use settings::AccountIdentity;
use subtle::ConstantTimeEq;

use super::arrival;
use crate::{app::App, log};

/// The function's name, and the last part of its path.
pub(crate) const NAME: &str = "webhook";

/// The largest body. A locator with its keys and filters stays far below.
pub(crate) const MAX_BODY: usize = 256 * 1024;

/// How long the queue has for the whole of it. How long MK.IO waits is not documented; Event Grid waits for 30 s.
const LONGEST: Duration = Duration::from_secs(20);

/// What a webhook was not taken for, and the status that says so.
#[derive(Debug)]
struct Refused(StatusCode, Reason, &'static str);

/// The body, or why it could not be read.
type Body = Result<Bytes, BytesRejection>;

/// Checks who sent it, reads what is to be looked at, and enqueues that before it answers.
pub(crate) async fn receive(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let id = headers
        .get("x-azure-functions-invocationid")
        .and_then(|id| id.to_str().ok())
        .unwrap_or_default();
    let changes = match judge(&app, &headers, body) {
        Ok(changes) => changes,
        Err(Refused(status, reason, what)) => {
            let outcome = match status.is_success() {
                true => Outcome::Skipped(reason),
                false => Outcome::Failed(reason),
            };
            log::webhook(id, outcome, what, 0);
            return (status, what).into_response();
        }
    };
    match enqueue(&app, &changes).await {
        Ok(()) => {
            log::webhook(id, Outcome::Applied, "", changes.len());
            (StatusCode::OK, "enqueued").into_response()
        }
        Err(what) => {
            log::webhook(id, Outcome::Failed(Reason::Configuration), &what, 0);
            // MK.IO sends it again.
            (StatusCode::INTERNAL_SERVER_ERROR, "not enqueued").into_response()
        }
    }
}

fn judge(app: &App, headers: &HeaderMap, body: Body) -> Result<Vec<Change>, Refused> {
    if !knows_the_secret(app, headers) {
        let what = "the secret is missing or wrong";
        return Err(Refused(
            StatusCode::UNAUTHORIZED,
            Reason::SourceDenied,
            what,
        ));
    }
    let body = body.map_err(|refused| {
        let what = match refused.status() {
            StatusCode::PAYLOAD_TOO_LARGE => "the body is too large",
            _ => "the body broke off",
        };
        Refused(refused.status(), Reason::BadMessage, what)
    })?;
    let ours = match &app.primary {
        AccountIdentity::Mkio { project, .. } => project.as_str(),
        AccountIdentity::Ams { .. } => "",
    };
    let told = event::read(headers, &body, ours)?;
    arrival::note(app, &told.kind);
    told.changes
}

/// Enqueues everything, or says why not everything is in the queue.
async fn enqueue(app: &App, changes: &[Change]) -> Result<(), String> {
    let sending = async {
        for change in changes {
            let queue = change.id.kind().queue();
            let text = change.to_text();
            let sent = app.queues.send(queue, &text, Duration::ZERO).await;
            sent.map_err(|error| error.to_string())?;
        }
        Ok(())
    };
    let sent = tokio::time::timeout(LONGEST, sending).await;
    sent.unwrap_or_else(|_| Err(format!("the queue did not answer within {LONGEST:?}")))
}

/// Compared in a time that does not depend on how much of it is right.
fn knows_the_secret(app: &App, headers: &HeaderMap) -> bool {
    let Some(secret) = &app.webhook.secret else {
        return false;
    };
    let given = headers.get(app.webhook.header.as_str());
    given.is_some_and(|given| given.as_bytes().ct_eq(secret.secret().as_bytes()).into())
}
