//! HTTP: MK.IO says that a job finished or a streaming locator was created.
//!
//! The body may hold content keys, so it is read for names and never logged. Every 2xx means that the work is in the queue.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use change::{Cause, Change, Kind, Name, ResourceId};
use mirror::{Outcome, Reason};
use serde_json::{Map, Value};
use settings::AccountIdentity;
use subtle::ConstantTimeEq;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::arrival;
use crate::{app::App, log};

/// The function's name, and the last part of its path.
pub(crate) const NAME: &str = "webhook";

/// The largest body. A locator with its keys and filters stays far below.
pub(crate) const MAX_BODY: usize = 256 * 1024;

/// What a webhook was not taken for, and the status that says so.
struct Refused(StatusCode, Reason, &'static str);

/// Checks who sent it, reads what is to be looked at, and enqueues that before it answers.
pub(crate) async fn receive(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let id = headers
        .get("x-azure-functions-invocationid")
        .and_then(|id| id.to_str().ok())
        .unwrap_or_default();
    let changes = match judge(&app, &headers, &body) {
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
    for change in &changes {
        let queue = change.id.kind().queue();
        if let Err(error) = app
            .queues
            .send(queue, &change.to_text(), Duration::ZERO)
            .await
        {
            log::webhook(
                id,
                Outcome::Failed(Reason::Configuration),
                &error.to_string(),
                0,
            );
            // MK.IO sends it again.
            return (StatusCode::INTERNAL_SERVER_ERROR, "not enqueued").into_response();
        }
    }
    log::webhook(id, Outcome::Applied, "", changes.len());
    (StatusCode::OK, "enqueued").into_response()
}

fn judge(app: &App, headers: &HeaderMap, body: &[u8]) -> Result<Vec<Change>, Refused> {
    if !knows_the_secret(app, headers) {
        let what = "the secret is missing or wrong";
        return Err(Refused(
            StatusCode::UNAUTHORIZED,
            Reason::SourceDenied,
            what,
        ));
    }
    if body.is_empty() {
        // Some hosts drop chunked bodies: an error has it sent again.
        let what = "the body is empty";
        return Err(Refused(
            StatusCode::INTERNAL_SERVER_ERROR,
            Reason::BadMessage,
            what,
        ));
    }
    let malformed = |what| Refused(StatusCode::BAD_REQUEST, Reason::BadMessage, what);
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = content_type.unwrap_or("application/json").split(';').next();
    let media_type = media_type.unwrap_or_default().trim().to_ascii_lowercase();
    if !["application/json", "application/cloudevents+json"].contains(&media_type.as_str()) {
        return Err(malformed(
            "expected application/json or application/cloudevents+json",
        ));
    }
    let event: Map<String, Value> =
        serde_json::from_slice(body).map_err(|_| malformed("the body is not a JSON object"))?;
    let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
    if !text("specversion").starts_with("1.") {
        return Err(malformed("the body is not a CloudEvent 1.0"));
    }
    let since = OffsetDateTime::parse(text("time"), &Rfc3339).ok();
    let data = event.get("data").unwrap_or(&Value::Null);
    let segments: Vec<&str> = text("source").trim_matches('/').split('/').collect();
    let after = |word: &str| {
        let at = segments.iter().position(|segment| *segment == word)?;
        segments.get(at + 1).copied()
    };
    let project = after("projects").or_else(|| data["projectName"].as_str());
    let ours = match &app.primary {
        AccountIdentity::Mkio { project, .. } => project.as_str(),
        AccountIdentity::Ams { .. } => "",
    };
    if project != Some(ours) {
        let what = "the event is about another project";
        return Err(Refused(StatusCode::FORBIDDEN, Reason::NotPrimary, what));
    }
    arrival::note(app, text("type"));
    match text("type") {
        "MediaKind.StreamingLocatorCreated" => {
            let name = after("streamingLocators").or_else(|| data["resource"]["name"].as_str());
            let name = Name::new(name.unwrap_or_default())
                .map_err(|_| malformed("the event names no streaming locator"))?;
            let id = ResourceId::new(Kind::StreamingLocators, name);
            Ok(vec![Change::new(id, Cause::Webhook, since)])
        }
        "MediaKind.JobFinished"
            if data["state"] == "Finished" && outputs(data).next().is_none() =>
        {
            Err(malformed("the event names no output asset"))
        }
        "MediaKind.JobFinished" if data["state"] == "Finished" => outputs(data)
            .map(|name| {
                let name =
                    Name::new(name).map_err(|_| malformed("an output asset has a bad name"))?;
                let id = ResourceId::new(Kind::Assets, name);
                Ok(Change::new(id, Cause::JobFinished, since))
            })
            .collect(),
        "MediaKind.JobFinished" => Err(ignored(
            Reason::SourceNotReady,
            "the job did not finish well",
        )),
        _ => Err(ignored(
            Reason::NotMirroredKind,
            "nothing is mirrored for events of this type",
        )),
    }
}

/// Answered 2xx, so that it is not sent again.
const fn ignored(reason: Reason, what: &'static str) -> Refused {
    Refused(StatusCode::OK, reason, what)
}

/// The assets that a job wrote.
fn outputs(data: &Value) -> impl Iterator<Item = &str> {
    let outputs = data["resource"]["properties"]["outputs"].as_array();
    outputs
        .into_iter()
        .flatten()
        .filter_map(|output| output["assetName"].as_str())
}

/// Compared in a time that does not depend on how much of it is right.
fn knows_the_secret(app: &App, headers: &HeaderMap) -> bool {
    let Some(secret) = &app.webhook.secret else {
        return false;
    };
    let given = headers.get(app.webhook.header.as_str());
    given.is_some_and(|given| given.as_bytes().ct_eq(secret.secret().as_bytes()).into())
}
