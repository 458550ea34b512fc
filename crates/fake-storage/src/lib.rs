//! A fake of Azure Storage, in memory, for what Azurite lacks or is too slow for: Put Blob From URL, source
//! authorisation by token, pending copies, archived blobs, refusals of every kind, lost replies, pages that
//! shift, blobs of many gigabytes that cost no memory, and a journal of every request.
//!
//! [`FakeStorage`] speaks the blob and the queue service's protocol well enough for the official clients, over
//! http or, with a [`Tls`] certificate, https. Tests fill accounts and look into them through
//! [`AccountHandle`], disturb requests with [`Fault`]s, and count requests in the [`Journal`].
//!
//! What it does not do: leases, snapshots, versions, tags, append and page blobs, access policies, CRC64,
//! listings by hierarchy. It answers those with 501. Signatures of SAS and tokens are not verified; that they
//! are there, in time, and cover the operation is.

mod account;
mod answer;
mod authorisation;
mod blob;
mod call;
mod conditions;
#[cfg(feature = "conformance")]
pub mod conformance;
mod content;
mod copies;
mod faults;
mod journal;
mod limits;
mod markers;
mod operation;
mod paging;
mod pattern;
mod queue;
mod refusal;
mod routing;
mod seed;
mod server;
mod service;
mod store;
mod sync;
mod tls;
mod turn;
mod xml;

pub use account::AccountHandle;
pub use content::Content;
pub use copies::{CopyEnd, CopyPace};
pub use faults::{Effect, Fault, Faults};
pub use journal::{Journal, Request};
pub use limits::Limits;
pub use operation::Operation;
pub use paging::Paging;
pub use refusal::Refusal;
pub use seed::{AccessTier, BlobState, Seed};
pub use server::FakeStorage;
pub use store::Metadata;
pub use tls::{Tls, TlsError, install_ring};
