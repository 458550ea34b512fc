//! How far the service is with a resource.

use change::Kind;
use serde_json::{Map, Value};

/// The state in a resource's own body, as a locator has it.
pub(super) fn state_of(resource: &Map<String, Value>) -> Option<String> {
    let properties = resource.get("properties")?;
    let state = properties["resourceState"].as_str();
    let supplemental = resource
        .get("supplemental")
        .and_then(|s| s["state"].as_str());
    state.or(supplemental).map(ToOwned::to_owned)
}

/// Kinds of which the service tells the state (media API, "resource states").
pub(super) const fn has_state(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Assets | Kind::ContentKeyPolicies | Kind::StreamingLocators
    )
}

/// The states that pass by themselves, of those that the documentation names.
pub(super) fn is_unfinished(state: &str) -> bool {
    matches!(state, "Creating" | "Pending" | "Updating" | "Deleting")
}

pub(super) fn is_usable(state: &str) -> bool {
    matches!(state, "Created" | "Ready")
}
