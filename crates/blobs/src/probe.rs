//! Whether the storage accounts let the copier in, asked without copying anything.

use crate::{
    BlobError, Budget, Copier, Place, Presence, Side, refusal::Trouble, service::BlobService,
};

impl Copier {
    /// Asks one side for the first page of a place's blobs, and says whether its container is there. One call; writes nothing. Where the
    /// right to list is missing the service says so, also of a container that does not exist.
    ///
    /// # Errors
    /// Any [`BlobError`] of a listing; of a refusal it names the account and the cause.
    pub async fn reach(&self, side: Side, place: &Place) -> Result<Presence, BlobError> {
        let run = self.run(place, place, &Budget::unlimited())?;
        match run.service.list(side, place, None).await {
            Ok(_) => Ok(Presence::Exists),
            Err(refusal) => match refusal.clone().trouble(side, None) {
                Trouble::Gone(_) | Trouble::Missing => Ok(Presence::Absent),
                _ => Err(run.error(*refusal, side)),
            },
        }
    }

    /// Gets what a copy call would be let into the source with: for `delegation-sas` a user delegation key (one call, unless there is
    /// one already), for `bearer` a token. Whether the storage service is then let in, only a copy shows.
    ///
    /// # Errors
    /// Any [`BlobError`], always of the source.
    pub async fn open_source(&self, source: &Place) -> Result<(), BlobError> {
        let run = self.run(source, source, &Budget::unlimited())?;
        let opened = run.service.open_source(source).await;
        opened.map_err(|refusal| run.error(*refusal, Side::Source))
    }
}
