//! Deletions that the primary announced and whose grace is over.

use std::time::Instant;

use change::Change;
use mirror::Reason;

use super::{
    Function, MESSAGE,
    mirroring::{self, DELETIONS},
    queue::poison,
};
use crate::{
    app::App,
    log,
    protocol::{Invocation, Reply},
};

pub(super) const FUNCTION: Function = Function::Deletions(DELETIONS);

pub(super) async fn run(app: &App, invocation: &Invocation) -> Reply {
    let started = Instant::now();
    let mut change = match Change::parse(&invocation.message(MESSAGE)) {
        Ok(change) => change,
        Err(bad) => return poison(app, invocation, Reason::BadMessage, &bad.to_string()).await,
    };
    change.since.get_or_insert_with(app.clock);
    let (report, calls) = media::counted(app.mirror.delete(&change)).await;
    log::change(invocation, &change, &report, calls, started.elapsed());
    mirroring::finish(app, invocation, &change, &report).await
}
