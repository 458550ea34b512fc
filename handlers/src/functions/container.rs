//! Blobs of a container changed: a change of each asset that has it.

use std::time::{Duration, Instant};

use change::{ContainerChange, Kind};
use mirror::{Outcome, Report};

use super::{
    mirroring,
    queue::{enqueued, lasting},
};
use crate::{
    app::App,
    backoff, log,
    protocol::{Invocation, Reply},
};

pub(super) async fn run(app: &App, invocation: &Invocation, mut hint: ContainerChange) -> Reply {
    let queue = Kind::Assets.queue();
    if !invocation.function().eq_ignore_ascii_case(queue) {
        // As with a change in the wrong queue.
        let sent = app
            .queues
            .send(queue, &hint.to_text(), Duration::ZERO)
            .await;
        return enqueued(invocation, sent);
    }
    let started = Instant::now();
    hint.since.get_or_insert_with(app.clock);
    let (report, calls) = media::counted(app.mirror.assets_of(&hint)).await;
    log::container(invocation, &hint, &report, calls, started.elapsed());
    finish(app, invocation, &hint, &report).await
}

/// Enqueues what follows. No resource is known that an exception could be about, so what cannot be done is kept in the poison queue.
async fn finish(
    app: &App,
    invocation: &Invocation,
    hint: &ContainerChange,
    report: &Report,
) -> Reply {
    let queue = Kind::Assets.queue();
    for change in &report.follow_ups {
        if let Err(error) = mirroring::send(app, change).await {
            return enqueued(invocation, Err(error));
        }
    }
    let result = match (report.outcome, report.again) {
        (_, Some(again)) => {
            let delay = backoff::delay(again, hint.attempt, (app.jitter)());
            app.queues.send(queue, &hint.again().to_text(), delay).await
        }
        (Outcome::Failed(reason), None) => {
            let detail = report.detail.as_deref().unwrap_or_default();
            lasting(app, invocation, &hint.to_text(), reason, detail).await
        }
        _ => Ok(()),
    };
    enqueued(invocation, result)
}
