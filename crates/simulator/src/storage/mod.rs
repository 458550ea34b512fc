//! The storage accounts behind the media-services accounts.

mod containers;
mod sas;

pub(crate) use containers::{Storage, StorageError};
pub(crate) use sas::{ContainerSas, SasVersion};
