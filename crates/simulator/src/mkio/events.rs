//! The events that webhooks deliver: CloudEvents 1.0.

use serde_json::{Value, json};
use uuid::Uuid;

use super::call::Call;
use super::settings::EventSource;
use super::{jobs, render};
use crate::events::Event;
use crate::shared::Core;
use crate::state::{Kind, Record};
use crate::times;

/// A locator is made. Its whole GET body goes out, the values of its keys included where GET shows them.
pub(super) fn locator_created(call: &Call<'_>, locator: &Record) {
    let mut resource = render::resource(call, Kind::StreamingLocators, None, locator);
    resource["supplemental"]["operation"] = json!("get");
    let media = call.mkio().event_source != EventSource::WithoutMedia;
    let event = event(
        &call.project,
        "MediaKind.StreamingLocatorCreated",
        &format!("streamingLocators/{}", locator.name),
        media,
        ["Creating", "Created"],
        resource,
    );
    call.core.grid.raise(&event);
}

/// A job went on: started, or ended.
pub(super) fn job_moved(
    core: &Core,
    project: &str,
    transform: &str,
    job: &Record,
    previous: &str,
    state: &str,
) {
    let (name, previous) = match state {
        "Processing" => ("MediaKind.JobStarted", "Queued"),
        "Finished" | "Error" => ("MediaKind.JobFinished", "Processing"),
        "Canceled" => ("MediaKind.JobFinished", previous),
        _ => return,
    };
    let media = core.settings().mkio.event_source == EventSource::WithMedia;
    let id = core
        .world()
        .account(project)
        .map(|account| account.media_service_id.clone())
        .unwrap_or_default();
    let resource = render::envelope(
        [project, &id],
        "get",
        Kind::Jobs,
        Some(transform),
        job,
        jobs::show(job),
    );
    let event = event(
        project,
        name,
        &format!("transforms/{transform}/jobs/{}", job.name),
        media,
        [previous, state],
        resource,
    );
    core.grid.raise(&event);
}

fn event(
    project: &str,
    name: &str,
    tail: &str,
    media: bool,
    [previous, state]: [&str; 2],
    resource: Value,
) -> Event {
    let media = if media { "/media" } else { "" };
    Event {
        account: project.to_owned(),
        body: json!({
            "specversion": "1.0",
            "id": Uuid::new_v4().to_string(),
            "type": name,
            "source": format!("/api/v1/projects/{project}{media}/{tail}"),
            "time": times::micros(times::now()),
            "datacontenttype": "application/json",
            "data": {
                "projectName": project,
                "previousState": previous,
                "state": state,
                "resource": resource,
            },
        }),
    }
}
