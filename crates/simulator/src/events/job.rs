//! `Microsoft.Media.Job*`: what an account's own topic raises as a job goes through its states.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Event;
use crate::state::Record;
use crate::times;

/// The events of one step: the job's change of state, twice (under the common name and under the state's own), and
/// the same for each output.
pub(crate) fn job_events(
    account: &str,
    transform: &str,
    job: &Record,
    previous: &str,
    state: &str,
) -> Vec<Event> {
    let outputs = job
        .fields
        .get("outputs")
        .cloned()
        .unwrap_or_else(|| json!([]));
    let correlation = job
        .fields
        .get("correlationData")
        .cloned()
        .unwrap_or_else(|| json!({}));
    let origin = &job.origin;
    let topic = format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Media/mediaservices/{account}",
        origin.subscription, origin.resource_group
    );
    let event = |event_type: &str, data: Value| Event {
        account: account.to_owned(),
        body: json!({
            "topic": topic,
            "subject": format!("transforms/{transform}/jobs/{}", job.name),
            "eventType": format!("Microsoft.Media.{event_type}"),
            "eventTime": times::ticks(times::now()),
            "id": Uuid::new_v4().to_string(),
            "data": data,
            "dataVersion": "1.0",
            "metadataVersion": "1",
        }),
    };
    // `Error` is the state, `Errored` the event.
    let own = if state == "Error" { "Errored" } else { state };
    let ends = matches!(state, "Finished" | "Error" | "Canceled");
    let mut change =
        json!({ "previousState": previous, "state": state, "correlationData": correlation });
    let mut events = Vec::new();
    for output in outputs.as_array().into_iter().flatten().map(shown) {
        let data = json!({ "previousState": previous, "output": output, "jobCorrelationData": correlation });
        events.push(event("JobOutputStateChange", data.clone()));
        events.push(event(&format!("JobOutput{own}"), data));
    }
    events.push(event("JobStateChange", change.clone()));
    if ends {
        change["outputs"] = outputs
            .as_array()
            .into_iter()
            .flatten()
            .map(shown)
            .collect();
    }
    events.push(event(&format!("Job{own}"), change));
    events
}

/// An output as events show it.
fn shown(output: &Value) -> Value {
    let mut shown = Map::new();
    for field in [
        "@odata.type",
        "assetName",
        "error",
        "label",
        "progress",
        "state",
    ] {
        shown.insert(
            field.to_owned(),
            output.get(field).cloned().unwrap_or(Value::Null),
        );
    }
    Value::Object(shown)
}
