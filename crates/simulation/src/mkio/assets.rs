//! Assets: on a container that belongs to no other asset of the project, with labels and a policy for the end.

use change::ResourceId;
use serde_json::{Value, json};

use super::{AssetUpdates, Switches};
use crate::account::{Account, Fields, Refused, Unknown, Writing, of_names, text};

/// Where the bytes are: never changed.
const PLACEMENT: [&str; 2] = ["storageAccountName", "container"];

/// What the documentation says that an update changes.
const DOCUMENTED: [&str; 2] = ["description", "containerDeletionPolicy"];

const GIVEN: &[&str] = &[
    "alternateId",
    "description",
    "container",
    "storageAccountName",
    "containerDeletionPolicy",
    "labels",
];

/// The service's own: unknown to it in a request.
const OWN: &[&str] = &["assetId", "created", "lastModified"];

pub(super) fn write(
    account: &Account,
    switches: Switches,
    id: &ResourceId,
    wanted: &Fields,
    writing: &mut Writing<'_>,
) -> Result<Fields, Refused> {
    let knows = |name: &String| GIVEN.contains(&name.as_str());
    if account.unknown == Unknown::Refused && !wanted.keys().all(knows) {
        return Err(Refused::BAD_REQUEST);
    }
    let mut kept: Fields = wanted
        .iter()
        .filter(|(name, value)| !OWN.contains(&name.as_str()) && !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let storage = text(wanted, "storageAccountName").ok_or(Refused::BAD_REQUEST)?;
    if !labels_fit(wanted) {
        return Err(Refused::BAD_REQUEST);
    }
    if let Some(old) = account.get(id) {
        let differs = |name: &&str| {
            text(wanted, name).is_some_and(|new| Some(new) != text(&old.properties, name))
        };
        if PLACEMENT.iter().any(differs) {
            return Err(Refused::BAD_REQUEST);
        }
        if switches.asset_updates == AssetUpdates::Documented {
            kept.retain(|name, _| DOCUMENTED.contains(&name.as_str()));
        }
        let merges = switches.asset_updates != AssetUpdates::All;
        // The policy for the end can be changed, not unset.
        let stays = |name: &str| {
            merges
                || PLACEMENT.contains(&name)
                || ["containerDeletionPolicy", "assetId"].contains(&name)
        };
        for (name, value) in old.properties.iter().filter(|(name, _)| stays(name)) {
            kept.entry(name).or_insert_with(|| value.clone());
        }
        return Ok(kept);
    }
    let behind = account
        .storage_account(storage)
        .ok_or(Refused::BAD_REQUEST)?;
    let asset_id = writing.chance.uuid().to_string();
    let container = match text(wanted, "container") {
        Some(named) => named.to_owned(),
        None => format!("asset-{asset_id}"),
    };
    if switches.containers_checked && account.is_bound(storage, &container) {
        return Err(Refused::CONFLICT);
    }
    // Lest what others have there be deleted with the asset one day.
    let careless = switches.containers_checked && !kept.contains_key("containerDeletionPolicy");
    if careless && writing.storage.container(behind, &container).is_some() {
        return Err(Refused::CONFLICT);
    }
    writing.storage.provide_container(behind, &container);
    kept.insert("container".to_owned(), json!(container));
    kept.insert("assetId".to_owned(), json!(asset_id));
    Ok(kept)
}

/// At most 32, each a text.
fn labels_fit(wanted: &Fields) -> bool {
    match of_names(wanted, &["labels"]).get("labels") {
        None => true,
        Some(Value::Object(labels)) => labels.len() <= 32 && labels.values().all(Value::is_string),
        Some(_) => false,
    }
}
