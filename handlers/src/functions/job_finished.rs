//! Event Grid: an encoding job of the primary finished. Each output asset that is finished is to be looked at.

use change::{Cause, Change, Kind, Name, ResourceId};
use mirror::{Outcome, Reason};
use serde_json::Value;

use super::{
    Function,
    event::{Event, Verdict},
};
use crate::{app::App, protocol::Invocation};

pub(super) const FUNCTION: Function = Function::Event("job-finished", judge);

fn judge(app: &App, invocation: &Invocation) -> Verdict {
    let Some(event) = Event::of(invocation) else {
        return Verdict::bad("the event is not a JSON object");
    };
    let subject = event.subject();
    if !event.is_accepted(app, |account, topic| account.within(topic) == Some("")) {
        return Verdict::skip(Reason::NotPrimary, subject);
    }
    let Some(data) = event.data() else {
        return Verdict::bad(subject);
    };
    let outputs: Vec<&Value> = match event.kind() {
        "Microsoft.Media.JobFinished" => match data.get("outputs") {
            Some(Value::Array(outputs)) => outputs.iter().collect(),
            _ => return Verdict::bad(subject),
        },
        "Microsoft.Media.JobOutputFinished" => match data.get("output") {
            Some(output) => vec![output],
            None => return Verdict::bad(subject),
        },
        _ => return Verdict::skip(Reason::NotMirroredKind, subject),
    };
    let mut verdict = Verdict::look_at(Vec::new(), subject);
    for output in outputs {
        // An output that failed or was cancelled has no complete bytes.
        if output["state"] != "Finished" {
            verdict.left_out = Some(Outcome::Skipped(Reason::SourceNotReady));
            continue;
        }
        match output["assetName"].as_str().map(Name::new) {
            Some(Ok(asset)) => verdict.changes.push(Change::new(
                ResourceId::new(Kind::Assets, asset),
                Cause::JobFinished,
                event.time(),
            )),
            _ => verdict.left_out = Some(Outcome::Failed(Reason::BadMessage)),
        }
    }
    verdict
}
