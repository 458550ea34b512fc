//! The handler process: how it is started, watched, restarted and killed.

mod command;
mod console;
mod crashes;
mod probe;
mod supervisor;

pub(crate) use command::Launch;
pub(crate) use supervisor::{Supervision, Worker, WorkerState};
