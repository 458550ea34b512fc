//! Filters, of the account and of assets: the same on both services.

use change::{Kind, Name, ResourceId};
use serde_json::{Value, json};

use super::{Account, Fields, Refused, Unknown, text};

const KNOWN: &[&str] = &["presentationTimeRange", "firstQuality", "tracks"];

pub(crate) fn write(
    account: &Account,
    id: &ResourceId,
    wanted: &Fields,
) -> Result<Fields, Refused> {
    let parent = id.parent().map(Name::as_str);
    if !account.has(Kind::Assets, parent) {
        return Err(Refused::NOT_FOUND);
    }
    let knows = |name: &String| KNOWN.contains(&name.as_str());
    if account.unknown == Unknown::Refused && !wanted.keys().all(knows) {
        return Err(Refused::BAD_REQUEST);
    }
    let mut kept: Fields = wanted
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    kept.entry("tracks").or_insert_with(|| json!([]));
    Ok(kept)
}

/// The filters that a locator names.
pub(crate) fn named(locator: &Fields) -> impl Iterator<Item = &str> {
    let filters = locator.get("filters").and_then(Value::as_array);
    filters.into_iter().flatten().filter_map(Value::as_str)
}

/// Whether a locator names this filter.
pub(super) fn is_named(account: &Account, id: &ResourceId) -> bool {
    let is_filter = matches!(id.kind(), Kind::AccountFilters | Kind::AssetFilters);
    let of_parent = |locator: &Fields| {
        id.parent()
            .is_none_or(|asset| text(locator, "assetName") == Some(asset.as_str()))
    };
    is_filter
        && account
            .of_kind(Kind::StreamingLocators)
            .any(|(_, locator)| {
                of_parent(&locator.properties)
                    && named(&locator.properties).any(|name| name == id.name().as_str())
            })
}
