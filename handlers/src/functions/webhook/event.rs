//! What an event of MK.IO names: CloudEvents 1.0, structured.
//!
//! Names are read from `source` and, where it has none, from `data`: which of both is right for a job is not documented. They are
//! hints: what does not exist is found not to.

use axum::http::{HeaderMap, StatusCode, header};
use change::{Cause, Change, Kind, Name, ResourceId};
use mirror::Reason;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::Refused;

/// What a body may be said to be. A batch of events is neither.
const MEDIA_TYPES: [&str; 2] = ["application/json", "application/cloudevents+json"];

/// An event of the project that is mirrored.
#[derive(Debug)]
pub(super) struct Told {
    /// Its type, such as `MediaKind.JobFinished`.
    pub(super) kind: String,
    /// What is to be looked at, or why nothing is.
    pub(super) changes: Result<Vec<Change>, Refused>,
}

/// Reads an event about `ours`, the project that is mirrored.
///
/// # Errors
/// What it was not taken for. Nothing of the body is in it.
pub(super) fn read(headers: &HeaderMap, body: &[u8], ours: &str) -> Result<Told, Refused> {
    if body.is_empty() {
        // Some hosts drop chunked bodies: an error has it sent again.
        let what = "the body is empty";
        return Err(Refused(
            StatusCode::INTERNAL_SERVER_ERROR,
            Reason::BadMessage,
            what,
        ));
    }
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = content_type.unwrap_or(MEDIA_TYPES[0]).split(';').next();
    let media_type = media_type.unwrap_or_default().trim().to_ascii_lowercase();
    if !MEDIA_TYPES.contains(&media_type.as_str()) {
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
    let data = event.get("data").unwrap_or(&Value::Null);
    let source = segments(text("source"));
    let project = source
        .iter()
        .position(|segment| segment == "projects")
        .and_then(|at| source.get(at + 1))
        .map(String::as_str)
        .or_else(|| data["projectName"].as_str());
    // The service may be less strict about letter case than whoever wrote the setting.
    if !project.is_some_and(|project| !ours.is_empty() && project.eq_ignore_ascii_case(ours)) {
        let what = "the event is about another project";
        return Err(Refused(StatusCode::FORBIDDEN, Reason::NotPrimary, what));
    }
    let since = OffsetDateTime::parse(text("time"), &Rfc3339).ok();
    Ok(Told {
        kind: text("type").to_owned(),
        changes: changes(text("type"), &source, data, since),
    })
}

fn changes(
    kind: &str,
    source: &[String],
    data: &Value,
    since: Option<OffsetDateTime>,
) -> Result<Vec<Change>, Refused> {
    match kind {
        "MediaKind.StreamingLocatorCreated" => {
            let kind = Kind::StreamingLocators;
            let in_source = match source {
                [.., collection, name] if collection == kind.as_str() => Name::new(name).ok(),
                _ => None,
            };
            let in_data = || Name::new(data["resource"]["name"].as_str()?).ok();
            let name = in_source.or_else(in_data);
            let name = name.ok_or_else(|| malformed("the event names no streaming locator"))?;
            let id = ResourceId::new(kind, name);
            Ok(vec![Change::new(id, Cause::Webhook, since)])
        }
        "MediaKind.JobFinished" if data["state"] == "Finished" => {
            let outputs = outputs(data)?;
            if outputs.is_empty() {
                return Err(malformed("the event names no output asset"));
            }
            let ids = outputs
                .into_iter()
                .map(|name| ResourceId::new(Kind::Assets, name));
            Ok(ids
                .map(|id| Change::new(id, Cause::JobFinished, since))
                .collect())
        }
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

const fn malformed(what: &'static str) -> Refused {
    Refused(StatusCode::BAD_REQUEST, Reason::BadMessage, what)
}

/// Answered 2xx, so that it is not sent again.
const fn ignored(reason: Reason, what: &'static str) -> Refused {
    Refused(StatusCode::OK, reason, what)
}

/// The segments of a path, or of the path of a URL. CloudEvents wants a URI reference, in which a space or an umlaut of a name is
/// percent-encoded; the documentation prints a plain path. No name has a percent sign or a question mark of its own.
fn segments(source: &str) -> Vec<String> {
    let path = source.split('?').next().unwrap_or_default();
    let path = path.trim_matches('/').split('/');
    path.map(|segment| {
        let decoded = percent_decode_str(segment).decode_utf8();
        decoded.map_or_else(|_| segment.to_owned(), std::borrow::Cow::into_owned)
    })
    .collect()
}

/// The assets that a job wrote, each once.
fn outputs(data: &Value) -> Result<Vec<Name>, Refused> {
    let outputs = data["resource"]["properties"]["outputs"].as_array();
    let mut names = Vec::new();
    for name in outputs
        .into_iter()
        .flatten()
        .filter_map(|output| output["assetName"].as_str())
    {
        let name = Name::new(name).map_err(|_| malformed("an output asset has a bad name"))?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests;
