//! Where an asset's bytes lie: a storage record of the project, a container, perhaps a folder.

use super::call::Call;
use super::reply::Reply;
use super::settings::AssetPlaces;
use crate::shared::Core;
use crate::state::{Kind, Record};
use crate::storage::Blob;

/// A storage record as assets need it.
#[derive(Debug)]
pub(super) struct Storage {
    /// Azure Storage, and not a bucket of another cloud.
    pub is_azure: bool,
    /// The storage account behind it, if the simulator knows one.
    pub account: Option<String>,
}

/// Where the bytes of an asset in Azure Storage lie.
#[derive(Debug)]
pub(super) struct Place {
    /// The storage account; the storage record's name where nothing is behind it.
    pub account: String,
    pub container: String,
    /// Without a slash at its end; empty: the whole container.
    pub folder: String,
}

/// The storage record of that name.
pub(super) fn storage(call: &Call<'_>, name: &str) -> Result<Storage, Reply> {
    let record = call
        .find_if_there(Kind::StorageRecords, None, name)
        .ok_or_else(|| {
            Reply::bad_request(format!(
                "The storage '{name}' does not exist in the project '{}'.",
                call.project
            ))
        })?;
    Ok(Storage {
        is_azure: record.text("type") == Some("Microsoft.Storage"),
        account: record.text("account").map(str::to_owned),
    })
}

/// The place of an asset. `None`: its storage record is gone, or is of another cloud.
pub(super) fn of(call: &Call<'_>, asset: &Record) -> Option<Place> {
    let name = asset.text("storageAccountName")?;
    let storage = storage(call, name).ok()?;
    Some(Place {
        account: storage.account.unwrap_or_else(|| name.to_owned()),
        container: asset.text("container")?.to_owned(),
        folder: asset.text("subPath").unwrap_or_default().to_owned(),
    })
    .filter(|_| storage.is_azure)
}

impl Place {
    /// The blobs of the asset, their names without the folder.
    pub(super) async fn blobs(&self, call: &Call<'_>) -> Result<Vec<Blob>, Reply> {
        let found = call
            .core
            .storage
            .blobs(&self.account, &self.container, &self.folder)
            .await
            .map_err(|error| unreachable(&self.account, &error))?;
        let skipped = if self.folder.is_empty() {
            0
        } else {
            self.folder.len() + 1
        };
        Ok(found
            .into_iter()
            .map(|blob| Blob {
                name: blob.name.get(skipped..).unwrap_or_default().to_owned(),
                size: blob.size,
            })
            .collect())
    }
}

/// Err: another asset of the project lies there.
pub(super) fn check_free(call: &Call<'_>, asset: &Record) -> Result<(), Reply> {
    let storage = asset.text("storageAccountName").unwrap_or_default();
    let container = asset.text("container").unwrap_or_default();
    let world = call.core.world();
    // Assets in the buckets of other clouds have no container, only folders.
    let by_folder = container.is_empty() || call.mkio().asset_places == AssetPlaces::SubPath;
    let taken = call
        .account(&world)?
        .assets_in(storage, container)
        .any(|other| !by_folder || other.text("subPath") == asset.text("subPath"));
    if taken {
        return Err(Reply::conflict(format!(
            "An asset with the container '{container}' in the storage '{storage}' already exists."
        )));
    }
    Ok(())
}

/// Notes the containers of all assets that were kept, for the accounts with no storage behind them.
pub(crate) fn imagine_containers(core: &Core) {
    let world = core.world();
    for account in world.accounts() {
        for asset in account.list(Kind::Assets, None) {
            let (Some(name), Some(container)) =
                (asset.text("storageAccountName"), asset.text("container"))
            else {
                continue;
            };
            let record = account.get(Kind::StorageRecords, None, name);
            let behind = record.and_then(|record| record.text("account"));
            core.storage.imagine(behind.unwrap_or(name), container);
        }
    }
}

/// The storage account cannot be got at. No source says how the service puts it.
pub(super) fn unreachable(storage: &str, error: &dyn std::error::Error) -> Reply {
    tracing::warn!(storage.account = storage, %error, "the storage account cannot be used");
    Reply::bad_request(format!("The storage '{storage}' cannot be accessed."))
}
