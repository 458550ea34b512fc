//! Where the blobs of assets are.

use blobs::Place;
use change::{Kind, Name, ResourceId};
use media::{Body, Side, Storage};

use super::Mirror;
use crate::{Reason, problem::Problem};

impl Mirror {
    /// Where the blobs of an asset and of its replica are; `None` unless both are there.
    ///
    /// # Errors
    /// The reason for which it cannot be told, and a detail.
    pub async fn places(&self, asset: &Name) -> Result<Option<(Place, Place)>, (Reason, String)> {
        let places = async {
            let id = ResourceId::new(Kind::Assets, asset.clone());
            let source = self.primary.read(&id).await.map_err(Problem::source)?;
            let replica = self.secondary.read(&id).await.map_err(Problem::replica)?;
            let (Some(source), Some(replica)) = (source, replica) else {
                return Ok(None);
            };
            let source = self.place(Side::Primary, &source).await?;
            Ok(Some((source, self.place(Side::Secondary, &replica).await?)))
        };
        places
            .await
            .map_err(|problem: Problem| (problem.reason, problem.detail))
    }

    /// Where an asset of an account says that its blobs are.
    pub(super) async fn place(&self, side: Side, asset: &Body) -> Result<Place, Problem> {
        Ok(Place {
            account: self
                .storage_account(side, field(asset, "storageAccountName")?)
                .await?,
            container: field(asset, "container")?.to_owned(),
            prefix: asset.text("subPath").map(ToOwned::to_owned),
        })
    }

    /// Bytes go from the primary's storage accounts to the secondary's, as the map names them, and nowhere else. They need not be
    /// counterparts: an asset that was made anew elsewhere keeps the replica's place. No call where names are the storage accounts' own; else
    /// one for each name that this process has not seen.
    pub(super) async fn expect_mapped(&self, from: &Place, to: &Place) -> Result<(), Problem> {
        let maps = &self.options.maps.storage;
        self.expect_among(Side::Primary, &from.account, maps.keys())
            .await?;
        self.expect_among(Side::Secondary, &to.account, maps.values())
            .await?;
        expect_apart(from, to)
    }

    async fn expect_among(
        &self,
        side: Side,
        account: &str,
        names: impl Iterator<Item = &String>,
    ) -> Result<(), Problem> {
        let mut untold = None;
        for name in names {
            match self.storage_account(side, name).await {
                Ok(named) if named == account => return Ok(()),
                Ok(_) => {}
                Err(problem) => untold = Some(problem),
            }
        }
        let untold = untold.filter(|problem| problem.reason.is_transient());
        Err(untold.unwrap_or_else(|| {
            Problem::new(
                Reason::Configuration,
                format!(
                    "MIRROR_STORAGE_MAP does not name the storage account {account} of the {side}"
                ),
            )
        }))
    }

    /// The storage account behind the name that an account of media services gives it.
    pub(super) async fn storage_account(&self, side: Side, name: &str) -> Result<String, Problem> {
        let storage = match side {
            Side::Primary => self.primary.storage(name).await.map_err(Problem::source)?,
            Side::Secondary => self
                .secondary
                .storage(name)
                .await
                .map_err(Problem::replica)?,
        };
        match storage {
            Some(Storage::Azure(account)) => Ok(account),
            // What the primary has is as it is; what takes its place in the secondary is what the map says.
            Some(Storage::Other(kind)) => Err(match side {
                Side::Primary => Problem::new(
                    Reason::SourceUnsupported,
                    format!(
                        "the storage {name:?} of the {side} is of the kind {kind}; only Azure storage is mirrored"
                    ),
                ),
                Side::Secondary => Problem::new(
                    Reason::Configuration,
                    format!(
                        "the storage {name:?} of the {side} is of the kind {kind}; name one of Azure in MIRROR_STORAGE_MAP"
                    ),
                ),
            }),
            None => Err(Problem::new(
                Reason::Configuration,
                format!(
                    "the {side} has no storage {name:?}; add it there, or correct MIRROR_STORAGE_MAP"
                ),
            )),
        }
    }
}

/// The primary's containers are only read. Where both sides have the same one they are one account, whatever the settings call them, or
/// share their storage.
pub(super) fn expect_apart(from: &Place, to: &Place) -> Result<(), Problem> {
    if from.account == to.account && from.container == to.container {
        return Err(Problem::new(
            Reason::Configuration,
            format!(
                "the container {} of {} is the asset's in the primary and in the secondary; see that MIRROR_SECONDARY is another account, with storage of its own",
                from.container, from.account
            ),
        ));
    }
    Ok(())
}

fn field<'a>(asset: &'a Body, name: &str) -> Result<&'a str, Problem> {
    asset
        .text(name)
        .filter(|text| !text.is_empty())
        .ok_or_else(|| {
            Problem::new(
                Reason::SourceUnsupported,
                format!("{} has no {name}", asset.id()),
            )
        })
}
