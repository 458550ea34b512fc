//! Jobs. Nothing is encoded: a job goes through its states, and its outputs keep the bytes that others put there.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::body;
use super::call::Call;
use super::reply::Reply;
use super::shape::{Field, Shape, field, nullable};
use super::{events, render, store_new};
use crate::settings::JobsMode;
use crate::shared::Core;
use crate::state::{Account, JobOutcome, Key, Kind, Record, enter, steps};
use crate::times;

const KIND: Kind = Kind::Jobs;

const FIELDS: &[Field] = &[
    nullable("description", Shape::Text(0, 1024)),
    field("input", Shape::Object),
    field("outputs", Shape::List(&Shape::Object)),
    field("priority", Shape::OneOf(&["High", "Low", "Normal"])),
    field("correlationData", Shape::Object),
];

/// What a PATCH can change.
const CHANGEABLE: [&str; 3] = ["description", "priority", "correlationData"];

pub(super) fn show(record: &Record) -> Map<String, Value> {
    let mut shown = render::fields(record, &[]);
    for name in ["startTime", "endTime"] {
        if let Some(at) = record.text(name).and_then(times::parse) {
            shown.insert(name.to_owned(), json!(times::micros(at)));
        }
    }
    shown.insert("created".to_owned(), json!(times::micros(record.created)));
    shown.insert(
        "lastModified".to_owned(),
        json!(times::micros(record.modified)),
    );
    shown
}

/// Answers `Queued`; what becomes of the job after that is the setting `jobs`.
pub(super) fn put(call: &Call<'_>, transform: &str, name: &str) -> Result<Reply, Reply> {
    let (mut fields, _) = body::properties(call, FIELDS, &[])?;
    fields.entry("priority").or_insert_with(|| json!("Normal"));
    fields.entry("correlationData").or_insert_with(|| json!({}));
    if !fields.contains_key("input") {
        return Err(Reply::bad_request("'input' is required."));
    }
    call.find(Kind::Transforms, None, transform)?;
    if call.find_if_there(KIND, Some(transform), name).is_some() {
        return Err(Reply::conflict(format!("The job '{name}' already exists.")));
    }
    check_assets(call.account(&call.core.world())?, &mut fields)?;
    let mut record = call.made(name, fields);
    enter(&mut record, "Queued", times::now());
    store_new(call, KIND, Some(transform), &record);
    let shown = render::resource(call, KIND, Some(transform), &record);
    if !call.ignore_write {
        let outcome = match call.settings.jobs {
            JobsMode::Finish => Some(JobOutcome::Finished),
            JobsMode::Error => Some(JobOutcome::Error),
            JobsMode::Cancel => Some(JobOutcome::Canceled),
            JobsMode::Hold => None,
        };
        advance(call.core, &call.project, transform, name, outcome);
    }
    Ok(Reply::created(shown))
}

fn check_assets(account: &Account, fields: &mut Map<String, Value>) -> Result<(), Reply> {
    let unprocessable = |detail: String| {
        Reply::error(
            StatusCode::UNPROCESSABLE_ENTITY,
            "UnprocessableEntity",
            detail,
        )
    };
    let missing = |asset: &Value| {
        asset
            .as_str()
            .is_none_or(|name| !account.has(Kind::Assets, None, name))
    };
    let input = &fields["input"];
    if input["@odata.type"] == "#Microsoft.Media.JobInputAsset" && missing(&input["assetName"]) {
        return Err(unprocessable("The input asset does not exist.".to_owned()));
    }
    let outputs = fields
        .get_mut("outputs")
        .and_then(Value::as_array_mut)
        .filter(|outputs| !outputs.is_empty())
        .ok_or_else(|| Reply::bad_request("'outputs' is required."))?;
    for (at, output) in outputs.iter_mut().enumerate() {
        if missing(&output["assetName"]) {
            return Err(unprocessable(format!(
                "The output asset {} does not exist.",
                output["assetName"]
            )));
        }
        if output.get("label").is_none_or(Value::is_null) {
            output["label"] = json!(format!("output_{at}"));
        }
    }
    Ok(())
}

pub(super) fn patch(call: &Call<'_>, transform: &str, before: Record) -> Result<Reply, Reply> {
    let (patch, _) = body::properties(call, FIELDS, &[])?;
    if let Some((name, _)) = patch
        .iter()
        .find(|(name, _)| !CHANGEABLE.contains(&name.as_str()))
    {
        return Err(Reply::bad_request(format!(
            "'{name}' of a job cannot be changed."
        )));
    }
    let mut fields = before.fields.clone();
    fields.extend(patch);
    let record = call.changed(before, fields);
    call.store(&mut call.core.world(), KIND, Some(transform), &record);
    Ok(Reply::ok(render::resource(
        call,
        KIND,
        Some(transform),
        &record,
    )))
}

pub(super) fn cancel(call: &Call<'_>, transform: &str, job: &Record) -> Reply {
    let outcome = Some(JobOutcome::Canceled);
    advance(call.core, &call.project, transform, &job.name, outcome);
    Reply::empty(StatusCode::OK)
}

/// Ends a job that was held, if it was put in this dialect. `None`: it was not.
pub(crate) fn finish_job(
    core: &Core,
    account: &str,
    transform: &str,
    job: &str,
    outcome: JobOutcome,
) -> Option<anyhow::Result<()>> {
    let project = {
        let world = core.world();
        let found = world.account(account)?;
        let record = found.get(KIND, Some(transform), job)?;
        // A job of AMS belongs to a subscription.
        if !record.origin.subscription.is_empty() {
            return None;
        }
        found.name.clone()
    };
    let moved = advance(core, &project, transform, job, Some(outcome));
    Some(if moved {
        Ok(())
    } else {
        Err(anyhow::anyhow!(
            "there is no job '{job}' of the transform '{transform}' that is still under way"
        ))
    })
}

/// Takes the job through its states, raising the events of each. False: nothing was left to do.
fn advance(
    core: &Core,
    project: &str,
    transform: &str,
    job: &str,
    outcome: Option<JobOutcome>,
) -> bool {
    let mut moved = Vec::new();
    {
        let mut world = core.world();
        let key = Key::new(KIND, Some(transform), job);
        let found = world
            .account(project)
            .and_then(|account| account.get(KIND, Some(transform), job).cloned());
        let Some(mut record) = found else {
            return false;
        };
        for step in steps(record.text("state").unwrap_or_default(), outcome) {
            enter(&mut record, step.state, times::now());
            moved.push((step.previous, step.state, record.clone()));
        }
        world.put(project, key, record);
    }
    for (previous, state, record) in &moved {
        events::job_moved(core, project, transform, record, previous, state);
    }
    !moved.is_empty()
}
