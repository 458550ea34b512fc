//! What the accounts hold, in no service's dialect: records by kind and name, and what must be unique among them.

mod account;
mod content_keys;
mod jobs;
mod kind;
mod names;
mod predefined;
mod record;
mod seeds;
mod world;

pub(crate) use account::{Account, Key};
pub(crate) use content_keys::{GivenKey, policy_labels, with_keys};
pub use jobs::JobOutcome;
pub(crate) use jobs::{enter, steps};
pub(crate) use kind::{Action, Kind};
pub(crate) use names::{valid_container, valid_name};
pub(crate) use record::{ContentKey, Origin, Record};
pub(crate) use world::World;
