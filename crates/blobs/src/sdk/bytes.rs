//! Reading a blob whole, for its hash.

use super::{Sdk, convert::quoted, fault::refusal};
use crate::{Place, Side, blob::Blob, service::Answer};
use azure_storage_blob::models::BlobClientDownloadOptions;
use futures::TryStreamExt;
use sha2::{Digest, Sha256};

impl Sdk {
    /// The SHA-256 of a blob in the state in which it was listed. What is read is not kept.
    pub(crate) async fn hash(&self, side: Side, place: &Place, blob: &Blob) -> Answer<[u8; 32]> {
        let options = BlobClientDownloadOptions {
            if_match: Some(quoted(&blob.etag)),
            ..Default::default()
        };
        let client = self.side(side).blob(place, &blob.name)?;
        let mut body = client.download(Some(options)).await.map_err(refusal)?.body;
        let mut hash = Sha256::new();
        while let Some(part) = body.try_next().await.map_err(refusal)? {
            hash.update(&part);
        }
        Ok(hash.finalize().into())
    }
}
