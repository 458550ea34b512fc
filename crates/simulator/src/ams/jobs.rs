//! Jobs. Nothing is encoded: a job goes through its states, and its outputs keep the bytes that others put there.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::body::{self, Field, Shape, field};
use super::call::Call;
use super::render;
use super::reply::Reply;
use crate::events::job_events;
use crate::settings::JobsMode;
use crate::shared::Core;
use crate::state::{JobOutcome, Key, Kind, Record, enter, steps};
use crate::times;

const KIND: Kind = Kind::Jobs;

const FIELDS: &[Field] = &[
    field("created", Shape::ReadOnly),
    field("state", Shape::ReadOnly),
    field("description", Shape::Text),
    field("input", Shape::Object),
    field("lastModified", Shape::ReadOnly),
    field("outputs", Shape::List),
    field("priority", Shape::Text),
    field("correlationData", Shape::Object),
    field("startTime", Shape::ReadOnly),
    field("endTime", Shape::ReadOnly),
];

pub(super) fn show(record: &Record) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("created".to_owned(), json!(times::ticks(record.created)));
    render::copy(&mut shown, record, &["state", "description", "input"]);
    shown.insert(
        "lastModified".to_owned(),
        json!(times::ticks(record.modified)),
    );
    render::copy(
        &mut shown,
        record,
        &[
            "outputs",
            "priority",
            "correlationData",
            "startTime",
            "endTime",
        ],
    );
    render::copy_unknown(&mut shown, record, FIELDS);
    shown
}

/// Answers `Queued`; what becomes of the job after that is the setting `jobs`.
pub(super) fn put(call: &Call<'_>, transform: &str, name: &str) -> Result<Reply, Reply> {
    let mut fields = body::settable_without_nulls(call, "Job", FIELDS)?;
    fields.entry("priority").or_insert_with(|| json!("Normal"));
    fields.entry("correlationData").or_insert_with(|| json!({}));
    if !fields.contains_key("input") {
        return Err(Reply::bad_request("The property 'input' is required."));
    }
    let (record, shown) = {
        let mut world = call.core.world();
        let account = world.account(&call.account).ok_or_else(Reply::not_found)?;
        let run = account
            .get(Kind::Transforms, None, transform)
            .ok_or_else(Reply::not_found)?;
        let presets: Vec<Value> = run
            .fields
            .get("outputs")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        if account.has(KIND, Some(transform), name) {
            return Err(Reply::conflict(format!("The job '{name}' already exists.")));
        }
        let outputs = fields
            .get_mut("outputs")
            .and_then(Value::as_array_mut)
            .filter(|outputs| !outputs.is_empty());
        let outputs =
            outputs.ok_or_else(|| Reply::bad_request("The property 'outputs' is required."))?;
        for (at, output) in outputs.iter_mut().enumerate() {
            let asset = output["assetName"].as_str().unwrap_or_default();
            if !account.has(Kind::Assets, None, asset) {
                return Err(Reply::bad_request(format!(
                    "The output asset '{asset}' does not exist."
                )));
            }
            if output["label"].is_null() {
                output["label"] = json!(label(presets.get(at), at));
            }
        }
        let now = times::now();
        let mut record = Record {
            name: name.to_owned(),
            id: String::new(),
            fields,
            keys: Vec::new(),
            created: now,
            modified: now,
            origin: call.origin(None),
            predefined: false,
        };
        enter(&mut record, "Queued", now);
        call.store(&mut world, KIND, Some(transform), &record);
        let shown = render::resource(call, KIND, Some(transform), &record, show(&record));
        (record, shown)
    };
    if !call.ignore_write {
        let outcome = match call.settings.jobs {
            JobsMode::Finish => Some(JobOutcome::Finished),
            JobsMode::Error => Some(JobOutcome::Error),
            JobsMode::Cancel => Some(JobOutcome::Canceled),
            JobsMode::Hold => None,
        };
        advance(call.core, &call.account, transform, &record.name, outcome);
    }
    Ok(Reply::created(shown))
}

/// An output is called after its preset: `BuiltInStandardEncoderPreset_0`.
fn label(output: Option<&Value>, at: usize) -> String {
    let preset = output.and_then(|output| output["preset"]["@odata.type"].as_str());
    let name = preset.and_then(|name| name.strip_prefix("#Microsoft.Media."));
    format!("{}_{at}", name.unwrap_or("output"))
}

/// Only what describes a job can change, and only its priority while it runs.
pub(super) fn patch(call: &Call<'_>, transform: &str, before: Record) -> Result<Reply, Reply> {
    let mut patch = body::settable(call, "Job", FIELDS)?;
    patch.retain(|name, _| name == "description" || name == "priority");
    let mut record = before.clone();
    body::merge(&mut record.fields, patch);
    record.modified = times::now();
    record.origin = call.origin(Some(&before));
    call.store(&mut call.core.world(), KIND, Some(transform), &record);
    Ok(Reply::ok(render::resource(
        call,
        KIND,
        Some(transform),
        &record,
        show(&record),
    )))
}

pub(super) fn cancel(call: &Call<'_>, transform: &str, job: &Record) -> Reply {
    advance(
        call.core,
        &call.account,
        transform,
        &job.name,
        Some(JobOutcome::Canceled),
    );
    Reply::empty(StatusCode::OK)
}

/// Ends a job that was held. Err: there is no such job, or it ended before.
pub(crate) fn finish_job(
    core: &Core,
    account: &str,
    transform: &str,
    job: &str,
    outcome: JobOutcome,
) -> anyhow::Result<()> {
    let known = core
        .world()
        .account(account)
        .map(|found| found.name.clone());
    let account = known.ok_or_else(|| anyhow::anyhow!("there is no account '{account}'"))?;
    anyhow::ensure!(
        advance(core, &account, transform, job, Some(outcome)),
        "there is no job '{job}' of the transform '{transform}' that is still under way"
    );
    Ok(())
}

/// Takes the job through its states, raising the events of each. False: nothing was left to do.
fn advance(
    core: &Core,
    account: &str,
    transform: &str,
    job: &str,
    outcome: Option<JobOutcome>,
) -> bool {
    let mut events = Vec::new();
    {
        let mut world = core.world();
        let key = Key::new(KIND, Some(transform), job);
        let found = world
            .account(account)
            .and_then(|account| account.get(KIND, Some(transform), job).cloned());
        let Some(mut record) = found else {
            return false;
        };
        for step in steps(record.text("state").unwrap_or_default(), outcome) {
            enter(&mut record, step.state, times::now());
            events.extend(job_events(
                account,
                transform,
                &record,
                &step.previous,
                step.state,
            ));
        }
        world.put(account, key, record);
    }
    for event in &events {
        core.grid.raise(event);
    }
    !events.is_empty()
}
