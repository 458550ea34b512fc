//! The content keys that a client gives with a locator.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::call::Call;
use super::predefined;
use super::reply::Reply;
use super::settings::{ExplicitKeys, Requirement};
use super::shape::{Shape, TEXT, field, needed};
use crate::state::GivenKey;

/// The keys, and what else is said of each.
#[derive(Default)]
pub(super) struct GivenKeys {
    pub keys: Vec<GivenKey>,
    pub details: Vec<Detail>,
}

/// What else is said of a key.
pub(super) struct Detail {
    pub id: String,
    pub scheme: Option<String>,
    pub policy_name: Option<String>,
}

/// A key, but for its tracks, which the service sets.
pub(super) const KEY: Shape = Shape::Fields(&[
    needed("id", TEXT),
    field("labelReferenceInStreamingPolicy", TEXT),
    field("policyName", TEXT),
    field(
        "type",
        Shape::OneOf(&[
            "CommonEncryptionCenc",
            "CommonEncryptionCbcs",
            "EnvelopeEncryption",
        ]),
    ),
    field("value", TEXT),
]);

/// Takes the keys out of a locator's properties. Those given with a predefined streaming policy are refused, forgotten
/// or taken, as the setting says.
pub(super) fn given(call: &Call<'_>, fields: &mut Map<String, Value>) -> Result<GivenKeys, Reply> {
    let Some(Value::Array(keys)) = fields.shift_remove("contentKeys") else {
        return Ok(GivenKeys::default());
    };
    let policy = fields.get("streamingPolicyName").and_then(Value::as_str);
    if !keys.is_empty() && policy.is_some_and(predefined::is_predefined) {
        match call.mkio().explicit_keys_on_predefined {
            ExplicitKeys::Accept => {}
            ExplicitKeys::Strip => return Ok(GivenKeys::default()),
            ExplicitKeys::Refuse => {
                return Err(Reply::bad_request(
                    "'contentKeys' cannot be set with a predefined streaming policy.",
                ));
            }
        }
    }
    let mut given = GivenKeys::default();
    for key in &keys {
        let (key, detail) = read(key, call.mkio().key_type_and_policy)?;
        given.keys.push(key);
        given.details.push(detail);
    }
    Ok(given)
}

/// The documentation requires all five, the schema the ID only. Type and policy would follow from the streaming policy
/// where they are left out; label and value follow from nothing.
fn read(key: &Value, type_and_policy: Requirement) -> Result<(GivenKey, Detail), Reply> {
    let text = |name: &str| {
        key[name]
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let required = |name: &str| {
        text(name)
            .ok_or_else(|| Reply::bad_request(format!("'{name}' of a content key is required.")))
    };
    if type_and_policy == Requirement::Required {
        required("type")?;
        required("policyName")?;
    }
    let id = required("id")?;
    let value = required("value")?;
    if !STANDARD.decode(&value).is_ok_and(|bytes| bytes.len() == 16) {
        return Err(Reply::bad_request(
            "'value' of a content key is not base64 of 16 bytes.",
        ));
    }
    let key = GivenKey {
        id: id.clone(),
        label: Some(required("labelReferenceInStreamingPolicy")?),
        value: Some(value),
    };
    let detail = Detail {
        id,
        scheme: text("type"),
        policy_name: text("policyName"),
    };
    Ok((key, detail))
}
