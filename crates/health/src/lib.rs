//! How far the secondary is behind, measured: what waits in the queues, what failed, when everything was last looked at.
//!
//! - [`Watch`] looks at the queues, the exceptions, the primary and the state documents;
//! - what it saw is a [`Seen`], and [`Seen::figures`] makes numbers of it without asking anybody;
//! - [`concerns`] says which of them somebody must do something about, and [`tables`] shows them all.
//!
//! What cannot be looked at is unknown, since when it was last known, and never zero. Nothing here writes but `heartbeat.json`.

mod concerns;
mod entries;
mod figures;
mod heads;
mod queues;
mod seen;
mod tables;
mod watch;

pub use concerns::{Concern, concerns, span};
pub use queues::{BACKFILL, NoQueues, QUEUES, ReadQueues};
pub use seen::{QueueSeen, Seen};
pub use tables::{Table, tables};
pub use watch::{EXCEPTIONS_READ, Watch, WatchOptions};
