//! Starts walks when they are due: events can be lost, and some services send none.

use std::time::Duration;

use change::{Cause, Depth, WalkOrder};
use state::Run;

use super::{Function, walk::WALK};
use crate::{
    app::App,
    log,
    protocol::{Invocation, Reply},
};

pub(super) const FUNCTION: Function =
    Function::Timer("sweep", |app, invocation| Box::pin(run(app, invocation)));

/// The timer does not tick to the second. What is due a little after one tick must not wait for the next.
const EARLY: time::Duration = time::Duration::seconds(15);

async fn run(app: &App, invocation: &Invocation) -> Reply {
    let now = (app.clock)();
    // Where it is not known when they were last asked for, they are due.
    let marks = app.walks.watermarks.read().await.unwrap_or_default();
    let mut asked = Vec::new();
    for (depth, every) in &app.walks.sweep {
        let last = marks.asked(*depth);
        if last.is_none_or(|last| now - last + EARLY >= *every) {
            if let Err(error) = ask(app, *depth).await {
                log::fault(
                    invocation,
                    mirror::Reason::Configuration,
                    &error.to_string(),
                );
                return Reply::Failed("the queue could not be written; see the log for the reason");
            }
            // Else the next tick asks again, and walks that were asked for twice are done once.
            let _ = app.walks.watermarks.asked(*depth, now).await;
            asked.push(depth.as_str());
        }
    }
    log::sweep(invocation, &asked);
    Reply::done()
}

async fn ask(app: &App, depth: Depth) -> Result<(), cloud::QueueError> {
    let now = (app.clock)();
    let kinds = walk::kinds_of_sweep(depth);
    let id = format!("sweep-{depth}");
    // The document tells what the last sweep left in the queue. Without it each begins anew.
    if let Ok(None) = app.walks.runs.get(&id).await {
        let run = Run::new(&id, "sweep", depth, kinds, now);
        let _ = app.walks.runs.begin(&run).await;
    }
    for kind in kinds {
        let order = WalkOrder::new(*kind, depth, Cause::Walk, &id, now);
        app.queues
            .send(WALK, &order.to_text(), Duration::ZERO)
            .await?;
    }
    Ok(())
}
