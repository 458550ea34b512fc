//! The app's state: small JSON documents in one container of its own storage account, and nothing else.
//!
//! - [`Exceptions`]: what failed, or has waited for more than a minute; removed when it is mirrored;
//! - [`CopyLocks`]: one copy run per asset at a time;
//! - [`Runs`]: how far walks and backfills are; [`Watermarks`]: when everything was last looked at;
//! - [`Heartbeats`]: what the heartbeat measured, and the day before it; [`Arrivals`]: when events last arrived;
//! - [`Deletions`]: deletions that the primary announced or a walk found, and that are not done yet.
//!
//! Any of it may be deleted at any time without harm to correctness: the accounts are the truth. So a document that cannot be read
//! or written is reported by whoever asked and stops nothing.

mod blob_documents;
mod copy_locks;
mod deletions;
mod documents;
mod exceptions;
mod heartbeat;
mod known;
mod memory;
mod runs;
mod watermarks;

pub use blob_documents::BlobDocuments;
pub use copy_locks::{CopyLocks, Taken};
pub use deletions::{Deletions, WaitingDeletion};
pub use documents::{Condition, Document, Documents, StateError, Written};
pub use exceptions::{Exception, Exceptions, Listed};
pub use heartbeat::{
    Ages, Arrivals, Blind, Figures, Heartbeat, Heartbeats, KEPT, Lag, Primary, QueueFigures, STEP,
    Step, Time, Verified,
};
pub use memory::MemoryDocuments;
pub use runs::{MAX_CANDIDATES, Progress, Run, RunState, Runs};
pub use watermarks::{Marks, Walked, Watermarks};
