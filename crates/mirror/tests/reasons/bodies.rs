//! Resources as the accounts hold them.

use change::{Kind, Name, ResourceId};
use media::Body;
use serde_json::{Value, json};

pub(crate) const PRIMARY_STORAGE: &str = "primarystore";
pub(crate) const SECONDARY_STORAGE: &str = "secondarystore";

pub(crate) fn id(kind: Kind, name: &str) -> ResourceId {
    ResourceId::new(kind, Name::new(name).unwrap())
}

pub(crate) fn body(id: ResourceId, properties: Value) -> Body {
    let Value::Object(value) = json!({"properties": properties}) else {
        unreachable!()
    };
    Body::new(id, value)
}

pub(crate) fn filter_id() -> ResourceId {
    id(Kind::AccountFilters, "mobile")
}

/// A filter as it stood at some time.
pub(crate) fn filter(bitrate: u32) -> Body {
    body(filter_id(), json!({"firstQuality": {"bitrate": bitrate}}))
}

pub(crate) fn policy_id() -> ResourceId {
    id(Kind::StreamingPolicies, "house")
}

pub(crate) fn policy(dash: bool) -> Body {
    let protocols = json!({"download": false, "dash": dash, "hls": true, "smoothStreaming": false});
    let properties = json!({"noEncryption": {"enabledProtocols": protocols}});
    body(policy_id(), properties)
}

pub(crate) fn asset_id() -> ResourceId {
    id(Kind::Assets, "film")
}

pub(crate) fn asset(storage: &str) -> Body {
    let properties = json!({"container": "asset-1", "storageAccountName": storage});
    body(asset_id(), properties)
}

pub(crate) fn locator_id() -> ResourceId {
    id(Kind::StreamingLocators, "play")
}

/// A locator without content keys.
pub(crate) fn locator() -> Body {
    locator_on("Predefined_ClearStreamingOnly", json!([]))
}

/// A locator with one content key.
pub(crate) fn locator_with_key(value: &str) -> Body {
    let keys = json!([{"id": "00000000-0000-0000-0000-00000000000a", "value": value}]);
    locator_on("Predefined_ClearKey", keys)
}

pub(crate) fn locator_on(policy: &str, keys: Value) -> Body {
    let properties = json!({
        "assetName": "film",
        "streamingPolicyName": policy,
        "streamingLocatorId": "00000000-0000-0000-0000-000000000001",
        "contentKeys": keys,
    });
    body(locator_id(), properties)
}
