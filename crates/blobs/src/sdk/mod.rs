//! The storage service through the official Azure SDK.
//!
//! What the SDK lacks is in `gaps` and `source_auth`; what its errors mean to us in `fault`.

#[cfg(feature = "bytes")]
mod bytes;
mod calls;
mod clients;
mod convert;
mod fault;
mod gaps;
mod source_auth;

use crate::{BlobError, SourceAuth, StorageSide};
use clients::Clients;
use source_auth::SourceReader;

/// Both sides and the way into the source.
pub(crate) struct Sdk {
    source: Clients,
    replica: Clients,
    reader: SourceReader,
}

impl Sdk {
    pub(crate) fn new(
        source: StorageSide,
        replica: StorageSide,
        auth: SourceAuth,
    ) -> Result<Self, BlobError> {
        let reader = SourceReader::new(&source, auth)?;
        Ok(Self {
            source: Clients::new(source),
            replica: Clients::new(replica),
            reader,
        })
    }
}
