#![doc = include_str!("../README.md")]

mod access;
mod blob;
mod blocks;
#[cfg(feature = "bytes")]
mod bytes;
mod compare;
mod container;
mod copier;
mod copy;
mod counted;
mod error;
mod jobs;
mod listing;
mod look;
mod merge;
mod pass;
mod place;
mod probe;
mod refusal;
mod route;
mod run;
mod sdk;
mod service;
mod settings;
mod share;
mod share_copy;
#[cfg(test)]
mod tests;

pub use access::{Access, EndpointTemplate, SasTokens, SourceAuth, StorageSide, short_retries};
#[cfg(feature = "bytes")]
pub use bytes::{Bytes, Compared};
pub use container::{Claim, ContainerOutcome};
pub use copier::{Copied, Copier};
pub use counted::Calls;
pub use error::{BlobError, Denial, Told};
pub use look::{Look, Presence};
pub use place::{Place, Side};
pub use settings::{Budget, Settings, Settle};
pub use share::{Share, Sharing};
pub use share_copy::ShareCopied;
