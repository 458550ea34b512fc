//! What travels on the queues: hints that a resource may differ now.
//!
//! A [`Change`] names a resource and says why and since when somebody thinks that it should be looked
//! at. It never carries the state of the resource, so a duplicated, late or reordered change costs a
//! read and changes nothing. Who knows only that blobs of a container changed says so with a [`ContainerChange`]. The
//! JSON forms are public: a platform may enqueue its own hints.
//!
//! ```
//! let change = change::Change::parse(
//!     br#"{"v":1,"kind":"streamingLocators","name":"film","since":"2026-01-02T03:04:05Z"}"#,
//! )?;
//! assert_eq!(change.id.to_string(), "streamingLocators/film");
//! # Ok::<(), change::BadMessage>(())
//! ```

mod batch;
mod container;
mod depth;
mod kind;
mod message;
mod name;
mod order;
mod resource_id;

pub use batch::{Batch, MAX_NAMES};
pub use container::{ContainerChange, Message, is_container, is_storage_account};
pub use depth::{Depth, UnknownDepth};
pub use kind::{Kind, UnknownKind};
pub use message::{BadMessage, Cause, Change, FORMAT_VERSION, MAX_MESSAGE_BYTES};
pub use name::{BadName, Name};
pub use order::WalkOrder;
pub use resource_id::ResourceId;
