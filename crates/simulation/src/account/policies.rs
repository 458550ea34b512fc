//! Streaming policies: the shape that both services have in common.

use serde_json::{Value, json};

use super::Fields;

/// The encryption schemes, as fields of a policy and as types of a locator's keys.
pub(crate) const SCHEMES: [(&str, &str); 3] = [
    ("envelopeEncryption", "EnvelopeEncryption"),
    ("commonEncryptionCenc", "CommonEncryptionCenc"),
    ("commonEncryptionCbcs", "CommonEncryptionCbcs"),
];

/// What the names of the policies begin with that every account has.
pub(crate) const PREDEFINED: &str = "Predefined_";

/// The content key policies that a streaming policy names.
pub(crate) fn policies_named(policy: &Fields) -> Vec<&str> {
    let mut named: Vec<&str> = Vec::new();
    named.extend(
        policy
            .get("defaultContentKeyPolicyName")
            .and_then(Value::as_str),
    );
    for keys in SCHEMES.iter().filter_map(|(scheme, _)| policy.get(*scheme)) {
        let keys = &keys["contentKeys"];
        named.extend(keys["defaultKey"]["policyName"].as_str());
        let mappings = keys["keyToTrackMappings"].as_array();
        named.extend(
            mappings
                .into_iter()
                .flatten()
                .filter_map(|mapping| mapping["policyName"].as_str()),
        );
    }
    named
}

/// What every account has.
pub(crate) fn predefined(name: &str) -> Option<Fields> {
    let scheme = |label: &str| json!({"contentKeys": {"defaultKey": {"label": label}, "keyToTrackMappings": []}});
    let policy = match name {
        "Predefined_ClearStreamingOnly" | "Predefined_DownloadOnly" => json!({"noEncryption": {}}),
        "Predefined_ClearKey" => json!({"envelopeEncryption": scheme("clearKeyDefault")}),
        "Predefined_MultiDrmCencStreaming" => {
            json!({"commonEncryptionCenc": scheme("cencKeyDefault")})
        }
        "Predefined_MultiDrmStreaming" => {
            json!({"commonEncryptionCenc": scheme("cencKeyDefault"), "commonEncryptionCbcs": scheme("cbcsKeyDefault")})
        }
        _ => return None,
    };
    match policy {
        Value::Object(policy) => Some(policy),
        _ => None,
    }
}

/// The keys that a locator with this policy has: label and type.
pub(crate) fn labels_of(policy: &Fields) -> Vec<(String, &'static str)> {
    let mut labels = Vec::new();
    for (scheme, kind) in SCHEMES {
        let Some(scheme) = policy.get(scheme) else {
            continue;
        };
        let keys = &scheme["contentKeys"];
        labels.extend(
            keys["defaultKey"]["label"]
                .as_str()
                .map(|label| (label.to_owned(), kind)),
        );
        for mapping in keys["keyToTrackMappings"].as_array().into_iter().flatten() {
            labels.extend(
                mapping["label"]
                    .as_str()
                    .map(|label| (label.to_owned(), kind)),
            );
        }
    }
    labels
}
