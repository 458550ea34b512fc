//! Measures how far the secondary is behind, what waits and what failed, and says it: one record a minute in the log, and the document
//! `heartbeat.json`.

use std::time::Instant;

use super::Function;
use crate::{
    app::App,
    log,
    protocol::{Invocation, Reply},
};

pub(super) const FUNCTION: Function = Function::Timer("heartbeat", |app, invocation| {
    Box::pin(run(app, invocation))
});

/// What cannot be reached is part of what is reported, so there is nothing to fail over.
async fn run(app: &App, invocation: &Invocation) -> Reply {
    let started = Instant::now();
    let figures = app.watch.beat((app.clock)()).await;
    log::heartbeat(invocation, &figures, started.elapsed());
    Reply::done()
}
