//! How a job goes through its states. Nothing is encoded.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::Record;
use crate::times;

/// How a job ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum JobOutcome {
    /// Every output is `Finished`.
    Finished,
    /// Every output is in `Error`.
    Error,
    /// Every output is `Canceled`.
    Canceled,
}

/// One step from state to state.
pub(crate) struct JobStep {
    pub previous: String,
    pub state: &'static str,
}

/// The steps from a state to an outcome; with `None`, to `Processing`, where a held job stays.
pub(crate) fn steps(from: &str, outcome: Option<JobOutcome>) -> Vec<JobStep> {
    let path: &[&'static str] = match (from, outcome) {
        ("Finished" | "Error" | "Canceled", _) => &[],
        ("Processing", None) => &[],
        ("Processing", Some(JobOutcome::Finished)) => &["Finished"],
        ("Processing", Some(JobOutcome::Error)) => &["Error"],
        (_, Some(JobOutcome::Canceled)) => &["Canceling", "Canceled"],
        (_, None) => &["Scheduled", "Processing"],
        (_, Some(JobOutcome::Finished)) => &["Scheduled", "Processing", "Finished"],
        (_, Some(JobOutcome::Error)) => &["Scheduled", "Processing", "Error"],
    };
    let mut previous = from.to_owned();
    path.iter()
        .map(|state| JobStep {
            previous: std::mem::replace(&mut previous, (*state).to_owned()),
            state,
        })
        .collect()
}

/// Puts the job and all its outputs into a state.
pub(crate) fn enter(record: &mut Record, state: &str, at: OffsetDateTime) {
    record.modified = at;
    record.fields.insert("state".to_owned(), json!(state));
    let (starts, ends) = (
        state == "Processing",
        matches!(state, "Finished" | "Error" | "Canceled"),
    );
    let stamp = times::ticks(at);
    if starts {
        record.fields.insert("startTime".to_owned(), json!(stamp));
    }
    if ends {
        record.fields.insert("endTime".to_owned(), json!(stamp));
    }
    for output in record
        .fields
        .get_mut("outputs")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        output["state"] = json!(state);
        output["progress"] = json!(if state == "Finished" { 100 } else { 0 });
        if starts {
            output["startTime"] = json!(stamp);
        }
        if ends {
            output["endTime"] = json!(stamp);
        }
        if state == "Error" {
            output["error"] = json!({
                "code": "ServiceError",
                "message": "Fatal service error, please contact support.",
                "category": "Service",
                "retry": "DoNotRetry",
                "details": [{ "code": "SimulatedError", "message": "The job was told to fail." }],
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_passes_every_state_once_and_ends_for_good() {
        let path: Vec<_> = steps("Queued", Some(JobOutcome::Finished))
            .into_iter()
            .map(|step| (step.previous, step.state))
            .collect();
        assert_eq!(
            path,
            [
                ("Queued".to_owned(), "Scheduled"),
                ("Scheduled".to_owned(), "Processing"),
                ("Processing".to_owned(), "Finished"),
            ]
        );
        assert!(steps("Finished", Some(JobOutcome::Error)).is_empty());
    }
}
