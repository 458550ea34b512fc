//! The configuration: parsed whole from environment variables before anything is bound, every mistake reported at once.
//!
//! [`SETTINGS`] is the one list of what can be set; the table in `docs/configure.md` is [`reference_table`] of it.

mod account;
mod mistakes;
mod parse;
mod reader;
mod settings;
mod table;

pub use account::{Account, AccountIdentity, Service};
pub use mistakes::{EXIT_CODE, Mistakes};
pub use parse::duration;
pub use settings::{
    AppStorage, Credential, EventTopics, Settings, SourceAuth, StorageAccess, StorageMap, Webhook,
};
pub use table::{SETTINGS, Setting, reference_table};
