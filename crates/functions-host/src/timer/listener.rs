//! The loop behind one timer: the next run is armed after the one before has ended.

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::sleep;

use crate::config::{Function, TimerTrigger, Trigger};
use crate::dotnet;
use crate::envelope::{self, Monitor};
use crate::invoke::Core;

/// Fires until the host stops. A failed run does not stop the schedule.
pub(crate) async fn run(core: Arc<Core>, function: Arc<Function>) {
    let Trigger::Timer(trigger) = &function.trigger else {
        return;
    };
    let mut shutdown = core.shutdown.subscribe();
    let mut last = None;
    if trigger.run_on_startup && !*shutdown.borrow() {
        last = fire(&core, &function, trigger, last).await;
    }
    while !*shutdown.borrow_and_update() {
        let now = OffsetDateTime::now_utc();
        let Some(next) = trigger.schedule.next(now) else {
            core.journal.warn(
                "Host.Triggers.Timer",
                format!("{} will never fire", function.name),
            );
            return;
        };
        let pause = Duration::try_from(next - now).unwrap_or_default();
        tokio::select! {
            () = sleep(pause) => last = fire(&core, &function, trigger, last).await,
            _ = shutdown.changed() => return,
        }
    }
}

async fn fire(
    core: &Arc<Core>,
    function: &Arc<Function>,
    trigger: &TimerTrigger,
    last: Option<OffsetDateTime>,
) -> Option<OffsetDateTime> {
    let now = OffsetDateTime::now_utc();
    let monitor = trigger
        .use_monitor
        .then(|| trigger.schedule.next(now))
        .flatten()
        .map(|next| Monitor { last, next });
    let input = envelope::timer(&function.name, trigger.schedule.is_cron(), monitor);
    let reason = format!("Timer fired at {}", dotnet::offset_text(now));
    // How it ended is in the journal.
    let _ = core
        .invoke(function, Ok(input), reason, String::new())
        .await;
    Some(now)
}
