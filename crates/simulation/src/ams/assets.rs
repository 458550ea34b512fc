//! Assets: a container belongs to one of them, for good.

use change::ResourceId;
use serde_json::json;

use crate::account::{Account, Fields, Refused, Unknown, Writing, text};

const KNOWN: &[&str] = &[
    "alternateId",
    "description",
    "container",
    "storageAccountName",
    "encryptionScope",
    "assetId",
    "created",
    "lastModified",
    "storageEncryptionFormat",
];

pub(super) fn write(
    account: &Account,
    id: &ResourceId,
    wanted: &Fields,
    writing: &mut Writing<'_>,
) -> Result<Fields, Refused> {
    let knows = |name: &String| KNOWN.contains(&name.as_str());
    if account.unknown == Unknown::Refused && !wanted.keys().all(knows) {
        return Err(Refused::BAD_REQUEST);
    }
    let mut kept: Fields = wanted
        .iter()
        .filter(|(name, value)| {
            !value.is_null()
                && ![
                    "assetId",
                    "created",
                    "lastModified",
                    "storageEncryptionFormat",
                ]
                .contains(&name.as_str())
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let owned = if let Some(old) = account.get(id) {
        let of = |name| text(&old.properties, name);
        for name in ["container", "storageAccountName"] {
            let same = text(wanted, name).is_none_or(|new| Some(new) == of(name));
            if !same {
                return Err(Refused::BAD_REQUEST);
            }
        }
        [
            "container",
            "storageAccountName",
            "assetId",
            "storageEncryptionFormat",
        ]
        .map(|name| (name, of(name).unwrap_or_default().to_owned()))
    } else {
        let asset_id = writing.chance.uuid().to_string();
        let storage = text(wanted, "storageAccountName").unwrap_or(account.storage[0].0);
        if account.storage_account(storage).is_none() {
            return Err(Refused::BAD_REQUEST);
        }
        let named = text(wanted, "container").map(ToOwned::to_owned);
        let container = named.unwrap_or_else(|| format!("asset-{asset_id}"));
        if account.is_bound(storage, &container) {
            return Err(Refused::CONTAINER_TAKEN);
        }
        writing.storage.provide_container(storage, &container);
        [
            ("container", container),
            ("storageAccountName", storage.to_owned()),
            ("assetId", asset_id),
            ("storageEncryptionFormat", "None".to_owned()),
        ]
    };
    for (name, value) in owned {
        kept.insert(name.to_owned(), json!(value));
    }
    Ok(kept)
}
