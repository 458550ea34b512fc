//! The replica's container.

use crate::{BlobError, Side, refusal::Trouble, run::Run, service::BlobService};

/// What [`ensure_container`](crate::Copier::ensure_container) found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerOutcome {
    /// It was there. Its metadata were left as they are.
    Existed,
    /// It was created, with the source container's metadata.
    Created,
}

pub(crate) async fn ensure(run: &Run) -> Result<ContainerOutcome, BlobError> {
    let metadata = run
        .service
        .container_metadata(Side::Source, &run.source)
        .await
        .map_err(
            |refusal| match refusal.clone().trouble(Side::Source, None) {
                Trouble::Missing => run.gone(Side::Source),
                _ => run.error(refusal, Side::Source),
            },
        )?;
    match run.service.create_container(&run.replica, &metadata).await {
        Ok(()) => Ok(ContainerOutcome::Created),
        Err(refusal) => match refusal.clone().trouble(Side::Replica, None) {
            Trouble::Exists => Ok(ContainerOutcome::Existed),
            _ => Err(run.error(refusal, Side::Replica)),
        },
    }
}
