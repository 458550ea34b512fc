//! The replica's container.

use crate::{
    BlobError, Budget, Copier, Place, Side, blob::Metadata, refusal::Trouble, run::Run,
    service::BlobService,
};

/// What [`ensure_container`](crate::Copier::ensure_container) found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerOutcome {
    /// It was there. Its metadata were left as they are.
    Existed,
    /// It was created, with the source container's metadata.
    Created,
}

pub(crate) async fn ensure(run: &Run) -> Result<ContainerOutcome, BlobError> {
    create(run, &source_metadata(run).await?).await
}

async fn source_metadata(run: &Run) -> Result<Metadata, BlobError> {
    let answer = run
        .service
        .container_metadata(Side::Source, &run.source)
        .await;
    answer.map_err(
        |refusal| match refusal.clone().trouble(Side::Source, None) {
            Trouble::Missing => run.gone(Side::Source),
            _ => run.error(*refusal, Side::Source),
        },
    )
}

async fn create(run: &Run, metadata: &Metadata) -> Result<ContainerOutcome, BlobError> {
    match run.service.create_container(&run.replica, metadata).await {
        Ok(()) => Ok(ContainerOutcome::Created),
        Err(refusal) => match refusal.clone().trouble(Side::Replica, None) {
            Trouble::Exists => Ok(ContainerOutcome::Existed),
            _ => Err(run.error(*refusal, Side::Replica)),
        },
    }
}

/// The metadata key that says for whom a container was made.
const OWNER: &str = "mirrorowner";

/// What [`Copier::claim`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It was created, or had been created for this owner before.
    Ours,
    /// Somebody else's container has this name.
    Taken,
}

impl Copier {
    /// Makes the replica's container for an owner, with the metadata of the source's, or finds the one made for that owner before.
    /// Two calls, or three where a container of that name exists.
    ///
    /// `owner`: a text that a metadata value can hold (printable ASCII) and that is different for every asset.
    ///
    /// # Errors
    /// [`BlobError::ContainerGone`] if the source has no container; any other of the calls.
    pub async fn claim(
        &self,
        source: &Place,
        replica: &Place,
        owner: &str,
    ) -> Result<Claim, BlobError> {
        let run = self.run(source, replica, &Budget::unlimited())?;
        let mut metadata = source_metadata(&run).await?;
        metadata.insert(OWNER.to_owned(), owner.to_owned());
        if create(&run, &metadata).await? == ContainerOutcome::Created {
            return Ok(Claim::Ours);
        }
        let theirs = run
            .service
            .container_metadata(Side::Replica, &run.replica)
            .await
            .map_err(|refusal| run.error(*refusal, Side::Replica))?;
        Ok(if theirs.get(OWNER).is_some_and(|value| value == owner) {
            Claim::Ours
        } else {
            Claim::Taken
        })
    }
}
