//! Filters, of the account and of assets.

use change::{Kind, Name, ResourceId};
use serde_json::json;

use super::{Account, Fields, Refused, Unknown};

const KNOWN: &[&str] = &["presentationTimeRange", "firstQuality", "tracks"];

pub(super) fn write(
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
