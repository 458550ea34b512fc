//! One resource as the service keeps it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;

/// One resource. Its secrets stand in it in clear: it has no Debug, and only a dialect decides what is shown.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    /// The name, in the letter case of its creation.
    pub name: String,
    /// The service's own ID of it: an asset's `assetId`, a content key policy's `policyId`, a locator's
    /// `streamingLocatorId`.
    pub id: String,
    /// The properties that a client may set, normalised.
    pub fields: Map<String, Value>,
    /// A locator's content keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<ContentKey>,
    #[serde(with = "time::serde::rfc3339")]
    pub created: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub modified: OffsetDateTime,
    /// Where and by whom it was created, and by whom changed last.
    pub origin: Origin,
    /// Exists in every account, and is neither made nor deleted.
    #[serde(default)]
    pub predefined: bool,
}

/// Where a resource comes from.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Origin {
    pub subscription: String,
    pub resource_group: String,
    pub created_by: String,
    pub created_by_type: String,
    pub modified_by: String,
    pub modified_by_type: String,
}

/// One content key of a locator.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContentKey {
    /// Unique within the account's region.
    pub id: String,
    /// `EnvelopeEncryption`, `CommonEncryptionCenc` or `CommonEncryptionCbcs`.
    pub scheme: String,
    /// The label in the streaming policy.
    pub label: Option<String>,
    /// base64.
    pub value: String,
    pub policy_name: Option<String>,
    pub tracks: Value,
    /// The key server no longer delivers it: a locator that had it too was deleted.
    #[serde(default, skip_serializing_if = "is_false")]
    pub withdrawn: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "what serde wants of a condition to skip a field"
)]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Record {
    /// A text property.
    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field).and_then(Value::as_str)
    }
}
