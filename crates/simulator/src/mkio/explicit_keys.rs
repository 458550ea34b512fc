//! The content keys that a client gives with a locator.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::call::Call;
use super::predefined;
use super::reply::Reply;
use super::settings::ExplicitKeys;
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

const SCHEMES: [&str; 3] = [
    "CommonEncryptionCenc",
    "CommonEncryptionCbcs",
    "EnvelopeEncryption",
];

/// Takes the keys out of a locator's properties. Those given with a predefined streaming policy are refused, forgotten
/// or taken, as the setting says.
pub(super) fn given(call: &Call<'_>, fields: &mut Map<String, Value>) -> Result<GivenKeys, Reply> {
    let Some(Value::Array(keys)) = fields.shift_remove("contentKeys") else {
        return Ok(GivenKeys::default());
    };
    let policy = fields.get("streamingPolicyName").and_then(Value::as_str);
    if !keys.is_empty() && policy.is_some_and(|name| name.starts_with(predefined::PREFIX)) {
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
        let (key, detail) = read(key)?;
        given.keys.push(key);
        given.details.push(detail);
    }
    Ok(given)
}

/// The documentation requires `id`, `labelReferenceInStreamingPolicy` and `value` (and type and policy, which follow
/// from the streaming policy where they are left out).
fn read(key: &Value) -> Result<(GivenKey, Detail), Reply> {
    let text = |name: &str| match &key[name] {
        Value::Null => Ok(None),
        Value::String(text) if !text.is_empty() => Ok(Some(text.clone())),
        _ => Err(Reply::bad_request(format!(
            "'{name}' of a content key is not a text."
        ))),
    };
    let required = |name: &str| {
        text(name)?
            .ok_or_else(|| Reply::bad_request(format!("'{name}' of a content key is required.")))
    };
    let id = required("id")?;
    let value = required("value")?;
    if !STANDARD.decode(&value).is_ok_and(|bytes| bytes.len() == 16) {
        return Err(Reply::bad_request(
            "'value' of a content key is not base64 of 16 bytes.",
        ));
    }
    let scheme = text("type")?;
    if scheme
        .as_deref()
        .is_some_and(|scheme| !SCHEMES.contains(&scheme))
    {
        return Err(Reply::bad_request(format!(
            "'type' of a content key is not one of {}.",
            SCHEMES.join(", ")
        )));
    }
    let key = GivenKey {
        id: id.clone(),
        label: Some(required("labelReferenceInStreamingPolicy")?),
        value: Some(value),
    };
    let detail = Detail {
        id,
        scheme,
        policy_name: text("policyName")?,
    };
    Ok((key, detail))
}
