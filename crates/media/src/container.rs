//! Which assets a container of blobs belongs to.

use change::{Kind, Name};

use crate::{ListRequest, MediaService, ServiceError, Storage, resource::unlike};

/// How many pages are looked through. An account may have a million assets, and a page has hundreds.
pub(crate) const MAX_PAGES: usize = 10_000;

/// The assets whose blobs are in this container of this storage account, among those on the page `first` and the pages after it (`None`:
/// the whole list). Each is checked, whatever the service made of a filter.
pub(crate) async fn assets_in<S: MediaService + ?Sized>(
    service: &S,
    account: &str,
    container: &str,
    first: Option<String>,
) -> Result<Vec<Name>, ServiceError> {
    let mut names: Vec<Name> = Vec::new();
    let mut next = first;
    for _ in 0..MAX_PAGES {
        let request = ListRequest {
            next,
            ..ListRequest::all(Kind::Assets)
        };
        let page = service.list(&request).await?;
        for asset in &page.items {
            // Pages can shift while they are read, and then repeat an asset.
            if asset.text("container") != Some(container) || names.contains(asset.id().name()) {
                continue;
            }
            let Some(storage) = asset.text("storageAccountName") else {
                continue;
            };
            // Containers of one name can be in several accounts.
            if let Some(Storage::Azure(found)) = service.storage(storage).await?
                && found == account
            {
                names.push(asset.id().name().clone());
            }
        }
        next = page.next;
        if next.is_none() {
            return Ok(names);
        }
    }
    Err(unlike("GET assets", "list-without-end"))
}

/// The asset ID in the name that the service gives a container, `asset-<asset ID>`.
pub(crate) fn asset_id_in(container: &str) -> Option<&str> {
    let id = container.strip_prefix("asset-")?;
    let parts: Vec<&str> = id.split('-').collect();
    let fits = parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts
            .iter()
            .all(|part| part.bytes().all(|b| b.is_ascii_hexdigit()));
    fits.then_some(id)
}

/// Whether the service says that it does not know the filter.
pub(crate) fn is_filter_refused(error: &ServiceError) -> bool {
    error.status == Some(400)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_asset_id_is_read_from_the_usual_name_only() {
        let id = "01234567-89ab-cdef-0123-456789abcdef";
        assert_eq!(asset_id_in(&format!("asset-{id}")), Some(id));
        for other in [
            id,
            "asset-",
            "asset-film",
            "asset-01234567-89ab-cdef-0123-456789abcdeg",
            "asset-01234567-89ab-cdef-0123-456789abcdef0",
            "asset-0123456789ab-cdef-0123-456789abcdef",
        ] {
            assert_eq!(asset_id_in(other), None, "{other}");
        }
    }
}
