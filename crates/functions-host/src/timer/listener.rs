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
        last = scheduled(&core, &function, trigger, last).await;
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
            () = sleep(pause) => last = scheduled(&core, &function, trigger, last).await,
            _ = shutdown.changed() => return,
        }
    }
}

/// Runs the function once, in the words of the real host.
pub(crate) async fn fire(
    core: &Arc<Core>,
    function: &Arc<Function>,
    trigger: &TimerTrigger,
    monitor: Option<Monitor>,
) -> Result<(), String> {
    let input = envelope::timer(&function.name, trigger.schedule.is_cron(), monitor);
    let now = dotnet::offset_text(OffsetDateTime::now_utc());
    let reason = format!("Timer fired at {now}");
    let ended = core
        .invoke(function, Ok(input), reason, String::new())
        .await;
    ended.map(drop)
}

async fn scheduled(
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
    // How it ended is in the journal.
    let _ = fire(core, function, trigger, monitor).await;
    Some(now)
}
