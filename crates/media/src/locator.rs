//! A streaming locator is read with two calls: itself, and the values of its content keys.
//!
//! Between the two somebody can delete the locator and create another of that name, and one locator's streaming locator ID must not
//! be put together with another's keys. The first call shows the IDs of the keys on both services, so comparing them costs no call. (A
//! content key ID stands for one value: players and licence servers know a key by nothing else. A locator made anew with the same keys
//! is therefore no danger: what was read is what the first one was.)

use serde_json::Value;

use crate::{Body, ServiceError, resource::unlike};

/// What `operation` answered with are keys of another locator than the one that was read before.
pub(crate) fn torn(operation: &str) -> ServiceError {
    unlike(operation, "keys-of-another-locator")
}

/// Whether both are the same keys, by their IDs, and by their labels where both calls show them. Other fields are not shown by every call.
pub(crate) fn same_keys(a: Option<&Value>, b: Option<&Value>) -> bool {
    let (a, b) = (identities(a), identities(b));
    let same = |((a, one), (b, other)): (&(String, &str), &(String, &str))| {
        a == b && (one == other || one.is_empty() || other.is_empty())
    };
    a.len() == b.len() && a.iter().zip(&b).all(same)
}

/// Whether two reads saw one locator, rather than one and its successor of the same name.
pub(crate) fn same_locator(a: &Body, b: &Body) -> bool {
    let id = |body: &Body| body.text("streamingLocatorId").map(str::to_owned);
    let made = |body: &Body| {
        let system = body.expose().get("systemData");
        system.map(|system| system["createdAt"].clone())
    };
    id(a) == id(b) && made(a) == made(b)
}

/// Whether there is any.
pub(crate) fn has_keys(keys: Option<&Value>) -> bool {
    keys.and_then(Value::as_array)
        .is_some_and(|keys| !keys.is_empty())
}

/// IDs and labels, in an order of their own: that of the services is not stable.
fn identities(keys: Option<&Value>) -> Vec<(String, &str)> {
    let keys = keys.and_then(Value::as_array).into_iter().flatten();
    let text = |value: &'_ Value| value.as_str().unwrap_or_default().to_ascii_lowercase();
    let mut identities: Vec<(String, &str)> = keys
        .map(|key| {
            let label = key["labelReferenceInStreamingPolicy"].as_str();
            (text(&key["id"]), label.unwrap_or_default())
        })
        .collect();
    identities.sort_unstable();
    identities
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_of_another_locator_are_told_apart() {
        let label = "labelReferenceInStreamingPolicy";
        let shown = json!([{"id": "A1", label: "one", "type": "t"}, {"id": "b2"}]);
        let same = json!([{"id": "B2", "value": "v"}, {"id": "a1", label: "one", "value": "v"}]);
        assert!(same_keys(Some(&shown), Some(&same)));
        for other in [
            json!([{"id": "c3"}]),
            json!([{"id": "A1", label: "two"}, {"id": "b2"}]),
            json!([]),
        ] {
            assert!(!same_keys(Some(&shown), Some(&other)), "{other}");
        }
        let unlabelled = json!([{"id": "b2"}, {"id": "a1"}]);
        assert!(same_keys(Some(&shown), Some(&unlabelled)));
        assert!(same_keys(None, Some(&json!([]))));
        assert!(has_keys(Some(&shown)) && !has_keys(Some(&json!([]))) && !has_keys(None));
    }
}
