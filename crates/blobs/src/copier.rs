//! The public face.

use crate::{
    BlobError, Budget, Calls, ContainerOutcome, Look, Place, Settings, Settle, Share, ShareCopied,
    Sharing, SourceAuth, StorageSide, Told,
    container::ensure,
    pass::{Purpose, pass},
    route::Lessons,
    run::Run,
    sdk::Sdk,
    service::BlobService,
    share::share_out,
    share_copy::copy_share,
};
use std::{fmt, sync::Arc, time::Duration};

/// Copies the blobs of assets from one storage account to another, inside the storage service.
///
/// Build one for the process and clone it: clones share connections, delegation keys, and what
/// was learned about the endpoints.
#[derive(Clone)]
pub struct Copier {
    pub(crate) service: Arc<dyn BlobService>,
    pub(crate) settings: Settings,
    pub(crate) lessons: Arc<Lessons>,
}

/// What [`Copier::mirror`] did and what is left to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Copied {
    /// Blobs copied by this call.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The calls it took, looks included.
    pub calls: Calls,
    /// Whether the replica has the bytes (see [`Look::complete`]).
    pub complete: bool,
    /// If only the source's age is in the way: how long until it will not be.
    pub settled_in: Option<Duration>,
    /// Blobs still to be copied because the budget ended, or because they are still arriving.
    pub left: u64,
    /// Their bytes; blocks of unfinished blobs are not subtracted.
    pub left_bytes: u64,
    /// Whether the replica's container was created.
    pub created_container: bool,
    /// What the last look saw, before what was copied after it.
    pub look: Look,
}

impl Copier {
    /// A copier between two storage accounts, with the Azure SDK underneath.
    ///
    /// # Errors
    /// [`BlobError::Configuration`] if a limit is out of range or `auth` does not go with the
    /// source's access: `bearer` and `delegation-sas` need an identity.
    pub fn new(
        source: StorageSide,
        replica: StorageSide,
        auth: SourceAuth,
        settings: Settings,
    ) -> Result<Self, BlobError> {
        settings.check()?;
        Ok(Self::with_service(
            Arc::new(Sdk::new(source, replica, auth)?),
            settings,
        ))
    }

    pub(crate) fn with_service(service: Arc<dyn BlobService>, settings: Settings) -> Self {
        Self {
            service,
            settings,
            lessons: Arc::default(),
        }
    }

    pub(crate) fn run(
        &self,
        source: &Place,
        replica: &Place,
        budget: &Budget,
    ) -> Result<Arc<Run>, BlobError> {
        Run::new(
            self.service.clone(),
            &self.settings,
            &self.lessons,
            (source, replica),
            budget,
        )
    }

    /// The limits in use.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Lists both places and says what is missing. One call per 5,000 blobs and side, at least one
    /// per side; writes nothing.
    ///
    /// # Errors
    /// Any [`BlobError`] of a listing. A container that does not exist is not an error but part
    /// of the answer.
    pub async fn look(
        &self,
        source: &Place,
        replica: &Place,
        settle: Settle,
    ) -> Result<Look, BlobError> {
        let run = self.run(source, replica, &Budget::unlimited())?;
        Ok(pass(&run, settle, Purpose::Look).await?.look)
    }

    /// Creates the replica's container with the metadata of the source's, if there is none. Two
    /// calls.
    ///
    /// # Errors
    /// [`BlobError::ContainerGone`] if the source has no container; any other of the two calls.
    pub async fn ensure_container(
        &self,
        source: &Place,
        replica: &Place,
    ) -> Result<ContainerOutcome, BlobError> {
        ensure(self.run(source, replica, &Budget::unlimited())?.as_ref()).await
    }

    /// Looks, and shares out what is missing: what can be copied now, in bounded parts for many
    /// invocations. Calls as [`look`](Self::look). Manifests are shared out only when no media
    /// file is missing, `.ism` only when no `.ismc` is.
    ///
    /// # Errors
    /// As `look`; [`BlobError::ContainerGone`] unless both containers exist;
    /// [`BlobError::SourceArchived`] if a missing blob is archived.
    pub async fn shares(
        &self,
        source: &Place,
        replica: &Place,
        settle: Settle,
    ) -> Result<Sharing, BlobError> {
        let run = self.run(source, replica, &Budget::unlimited())?;
        share_out(&run, settle).await
    }

    /// Copies one share: one listing call and one call for each blob, or the blocks that are not
    /// there yet. Decides nothing: what has changed since the share was made is left to the next
    /// [`shares`](Self::shares). A share of blocks commits the blob if it finds it whole and not yet
    /// committed. Doing a share twice copies nothing the second time.
    ///
    /// # Errors
    /// The first [`BlobError`] of any call; what was copied before it stays.
    pub async fn copy_share(
        &self,
        share: &Share,
        budget: &Budget,
    ) -> Result<ShareCopied, BlobError> {
        let run = self.run(&share.source, &share.replica, budget)?;
        copy_share(&run, share).await
    }

    /// Copies what is missing until a look shows that nothing is, the budget is used up, or the
    /// source has changed too often. Creates the replica's container if there is none. Media
    /// files go first, then `.ismc`, then `.ism`, and no manifest goes before every media file
    /// is there.
    ///
    /// What is already in the replica is the record of progress: a call that was cut short is
    /// simply made again. Dropping the future cancels the requests under way.
    ///
    /// # Errors
    /// The first [`BlobError`] of any call; what was copied before it stays.
    pub async fn mirror(
        &self,
        source: &Place,
        replica: &Place,
        settle: Settle,
        budget: &Budget,
    ) -> Result<Copied, BlobError> {
        self.copy_all(source, replica, settle, budget, false).await
    }

    /// As [`mirror`](Self::mirror), but ends, with `complete` false, as soon as it sees that more is missing than
    /// [`Look::is_large`] allows for one invocation: [`shares`](Self::shares) is then the way. What it had begun to copy by
    /// then stays. Saves the look that it would take to find out beforehand.
    ///
    /// # Errors
    /// As `mirror`.
    pub async fn mirror_unless_large(
        &self,
        source: &Place,
        replica: &Place,
        settle: Settle,
        budget: &Budget,
    ) -> Result<Copied, BlobError> {
        self.copy_all(source, replica, settle, budget, true).await
    }

    async fn copy_all(
        &self,
        source: &Place,
        replica: &Place,
        settle: Settle,
        budget: &Budget,
        unless_large: bool,
    ) -> Result<Copied, BlobError> {
        let run = self.run(source, replica, budget)?;
        let (mut blobs, mut bytes, mut rounds, mut verify, mut created) = (0, 0, 0, false, false);
        loop {
            let passed = pass(
                &run,
                settle,
                Purpose::Copy {
                    verify,
                    unless_large,
                },
            )
            .await?;
            verify |= passed.blobs > 0;
            created |= passed.created;
            blobs += passed.blobs;
            bytes += passed.bytes;
            let look = &passed.look;
            let waits = look.source_arriving > 0 && passed.changed == 0;
            if look.missing == 0 || passed.stopped || waits {
                return Ok(Copied {
                    blobs,
                    bytes,
                    calls: run.service.calls(),
                    complete: look.complete(),
                    settled_in: look.settled_in,
                    left: look.missing - passed.blobs,
                    left_bytes: look.missing_bytes - passed.bytes,
                    created_container: created,
                    look: passed.look,
                });
            }
            if !passed.more_manifests {
                rounds += 1;
            }
            if rounds >= self.settings.rounds {
                let (name, told) = passed.changed_one.unwrap_or_else(|| {
                    let name = look.sample.first().cloned().unwrap_or_default();
                    (name, Told::default())
                });
                return Err(BlobError::SourceChanging { name, rounds, told });
            }
        }
    }
}

impl fmt::Debug for Copier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Copier")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
