//! `timerTrigger`.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{Bag, TriggerInput, sys};
use crate::dotnet;

/// What a monitored timer remembers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Monitor {
    /// The last run, if there was one.
    pub(crate) last: Option<OffsetDateTime>,
    pub(crate) next: OffsetDateTime,
}

/// The envelope of one tick. `monitor` is absent for a timer that is not monitored and for a manual start.
pub(crate) fn timer(function: &str, is_cron: bool, monitor: Option<Monitor>) -> TriggerInput {
    let mut metadata = Bag::default();
    metadata.set("sys", sys(function));
    let date = |at: Option<OffsetDateTime>| {
        at.map_or_else(
            || "0001-01-01T00:00:00".to_owned(),
            |at| dotnet::utc_text(at).replace('Z', "+00:00"),
        )
    };
    let status = monitor.map_or(Value::Null, |monitor| {
        json!({"Last": date(monitor.last), "Next": date(Some(monitor.next)), "LastUpdated": date(monitor.last)})
    });
    let data = json!({"Schedule": {"AdjustForDST": is_cron}, "ScheduleStatus": status, "IsPastDue": false});
    TriggerInput { data, metadata }
}
