//! Builds what the settings describe: clients of both accounts, their storage, the app's own storage, and the mirror on top.
//!
//! The handler and the command-line tool both build their parts here, so that what the tool says of a configuration is what the
//! handler will do with it.

mod account;
mod error;
mod options;
mod parts;
mod storage;
mod webhooks;

pub use account::{TokenExpiry, names_at_once, rates};
pub use error::WiringError;
pub use parts::Parts;
pub use webhooks::webhook_rules;
