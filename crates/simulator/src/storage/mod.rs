//! The storage accounts behind the media-services accounts.

mod containers;
mod sas;

pub(crate) use containers::{Blob, Storage, StorageError};
pub(crate) use sas::{ContainerSas, SasVersion};
