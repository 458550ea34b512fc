//! Streaming locators: what publishes an asset. Further properties are the caller's to add.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use uuid::Uuid;

/// Without encryption.
#[must_use]
pub fn clear(asset: &str) -> Value {
    json!({"assetName": asset, "streamingPolicyName": "Predefined_ClearStreamingOnly"})
}

/// Encrypted with keys that the service makes and hands out in the clear, to whom the content key policy lets.
#[must_use]
pub fn clear_key(asset: &str, content_key_policy: &str) -> Value {
    json!({
        "assetName": asset,
        "streamingPolicyName": "Predefined_ClearKey",
        "defaultContentKeyPolicyName": content_key_policy
    })
}

/// Encrypted as a streaming policy of the platform's says, with keys that the platform made: one for each label.
#[must_use]
pub fn with_keys(asset: &str, streaming_policy: &str, labels: &[&str]) -> Value {
    let keys: Vec<Value> = labels.iter().map(|label| content_key(label)).collect();
    json!({"assetName": asset, "streamingPolicyName": streaming_policy, "contentKeys": keys})
}

/// A new content key of 16 bytes.
fn content_key(label: &str) -> Value {
    json!({
        "id": Uuid::new_v4().to_string(),
        "labelReferenceInStreamingPolicy": label,
        "value": STANDARD.encode(rand::random::<[u8; 16]>())
    })
}
