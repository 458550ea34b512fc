//! Timer triggers.

mod listener;
mod ncrontab;
mod schedule;

pub(crate) use listener::{fire, run};
pub(crate) use schedule::Schedule;
