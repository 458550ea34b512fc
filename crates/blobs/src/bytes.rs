//! The bytes of blobs, read and hashed: what a verification asks for where nothing else tells. Only with the feature `bytes`: the
//! handler is built without it, so no byte of an asset can pass through it.

use crate::{
    BlobError, Budget, Copier, Place, Settings, Side, SourceAuth, StorageSide,
    blob::Blob,
    listing::ListFault,
    merge::{Found, Merge},
    refusal::Trouble,
    run::Run,
    sdk::Sdk,
};
use futures::{StreamExt, stream};
use std::{fmt, sync::Arc};

/// How many pairs of blobs are read at once.
const AT_ONCE: usize = 4;

/// Reads the blobs of both storage accounts.
pub struct Bytes {
    copier: Copier,
    sdk: Arc<Sdk>,
}

/// What [`Bytes::compare`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Blobs that were read on both sides.
    pub read: u64,
    /// The bytes of them, of one side.
    pub bytes: u64,
    /// Names of the blobs whose bytes or MD5s differ, relative to the places.
    pub different: Vec<String>,
}

/// What one pair of blobs came to.
enum Pair {
    Alike(u64),
    Different(String),
    /// It was written or removed while it was read: whatever it is now, it is not this.
    Gone,
}

impl Bytes {
    /// A reader of two storage accounts.
    ///
    /// # Errors
    /// As [`Copier::new`].
    pub fn new(
        source: StorageSide,
        replica: StorageSide,
        auth: SourceAuth,
        settings: Settings,
    ) -> Result<Self, BlobError> {
        let sdk = Arc::new(Sdk::new(source, replica, auth)?);
        Ok(Self {
            copier: Copier::with_service(Arc::clone(&sdk) as _, settings),
            sdk,
        })
    }

    /// Compares the blobs that both places have under the same name. Where both sides carry an MD5, the MD5s are compared; every other blob
    /// is read whole on both sides and hashed (SHA-256). Lists both sides, at most 200,000 blobs, and reads every byte that it must:
    /// traffic out of both regions.
    ///
    /// # Errors
    /// Any [`BlobError`] of a listing or of reading a blob.
    pub async fn compare(&self, source: &Place, replica: &Place) -> Result<Compared, BlobError> {
        let run = self.copier.run(source, replica, &Budget::unlimited())?;
        let fault = |fault: ListFault| match fault {
            ListFault::Error(error) => error,
            ListFault::Disorder => BlobError::Unreadable {
                side: Side::Source,
                what: "its names do not ascend".to_owned(),
            },
        };
        let mut merge = Merge::open(&run, true).await.map_err(fault)?;
        let mut compared = Compared::default();
        let mut unknown = Vec::new();
        while let Some(found) = merge.next().await.map_err(fault)? {
            let Found {
                source: Some(source),
                replica: Some(replica),
            } = found
            else {
                continue;
            };
            match (&source.md5, &replica.md5) {
                (Some(one), Some(other)) if one == other => {}
                (Some(_), Some(_)) => compared.different.push(source.name),
                _ if source.length != replica.length => compared.different.push(source.name),
                _ => unknown.push((source, replica)),
            }
        }
        let pairs = stream::iter(unknown).map(|pair| self.read(&run, pair));
        let mut pairs = pairs.buffer_unordered(AT_ONCE);
        while let Some(pair) = pairs.next().await {
            match pair? {
                Pair::Alike(bytes) => {
                    compared.read += 1;
                    compared.bytes += bytes;
                }
                Pair::Different(name) => {
                    compared.read += 1;
                    compared.different.push(name);
                }
                Pair::Gone => {}
            }
        }
        compared.different.sort_unstable();
        Ok(compared)
    }

    async fn read(&self, run: &Run, (source, replica): (Blob, Blob)) -> Result<Pair, BlobError> {
        let (one, other) = tokio::join!(
            self.hash(run, Side::Source, &source),
            self.hash(run, Side::Replica, &replica),
        );
        Ok(match (one?, other?) {
            (Some(one), Some(other)) if one == other => Pair::Alike(source.length),
            (Some(_), Some(_)) => Pair::Different(source.name),
            _ => Pair::Gone,
        })
    }

    async fn hash(
        &self,
        run: &Run,
        side: Side,
        blob: &Blob,
    ) -> Result<Option<[u8; 32]>, BlobError> {
        match self.sdk.hash(side, run.place(side), blob).await {
            Ok(hash) => Ok(Some(hash)),
            Err(refusal) => match refusal.clone().trouble(side, Some(&blob.name)) {
                Trouble::Changed(_) | Trouble::Missing => Ok(None),
                _ => Err(run.error(*refusal, side)),
            },
        }
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bytes").finish_non_exhaustive()
    }
}
