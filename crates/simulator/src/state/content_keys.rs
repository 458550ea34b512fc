//! Which content keys a locator has: those the client gives, and a new one for every other label of its policy.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::ContentKey;

/// A content key as the client gave it.
pub(crate) struct GivenKey {
    pub id: String,
    pub label: Option<String>,
    pub value: Option<String>,
}

/// A place for a key in a streaming policy.
pub(crate) struct PolicyLabel {
    pub scheme: &'static str,
    pub label: Option<String>,
    policy_name: Option<String>,
    tracks: Value,
}

/// The schemes in the order in which the service shows them, and the property of the policy that holds each.
const SCHEMES: [(&str, &str); 3] = [
    ("envelopeEncryption", "EnvelopeEncryption"),
    ("commonEncryptionCenc", "CommonEncryptionCenc"),
    ("commonEncryptionCbcs", "CommonEncryptionCbcs"),
];

/// The labels of a streaming policy: for each scheme the default key, then the keys mapped to tracks.
pub(crate) fn policy_labels(policy: &Map<String, Value>) -> Vec<PolicyLabel> {
    let mut labels = Vec::new();
    for (field, scheme) in SCHEMES {
        let Some(encryption) = policy.get(field) else {
            continue;
        };
        let keys = &encryption["contentKeys"];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        labels.push(PolicyLabel {
            scheme,
            label: text(&keys["defaultKey"]["label"]),
            policy_name: text(&keys["defaultKey"]["policyName"]),
            tracks: json!([]),
        });
        for mapping in keys["keyToTrackMappings"].as_array().into_iter().flatten() {
            labels.push(PolicyLabel {
                scheme,
                label: text(&mapping["label"]),
                policy_name: text(&mapping["policyName"]),
                tracks: match &mapping["tracks"] {
                    Value::Null => json!([]),
                    tracks => tracks.clone(),
                },
            });
        }
    }
    labels
}

/// The keys of a new locator. Err: the label of the first given key that the policy does not have.
pub(crate) fn with_keys(
    labels: Vec<PolicyLabel>,
    given: Vec<GivenKey>,
    default_policy: Option<&str>,
) -> Result<Vec<ContentKey>, String> {
    let known = |label: &Option<String>| labels.iter().any(|place| place.label == *label);
    if let Some(key) = given.iter().find(|key| !known(&key.label)) {
        return Err(key.label.clone().unwrap_or_default());
    }
    Ok(labels
        .into_iter()
        .map(|place| {
            let from_client = given.iter().find(|key| key.label == place.label);
            ContentKey {
                id: from_client.map_or_else(|| Uuid::new_v4().to_string(), |key| key.id.clone()),
                scheme: place.scheme.to_owned(),
                label: place.label,
                value: from_client
                    .and_then(|key| key.value.clone())
                    .unwrap_or_else(random_value),
                policy_name: place
                    .policy_name
                    .or_else(|| default_policy.map(str::to_owned)),
                tracks: place.tracks,
                withdrawn: false,
            }
        })
        .collect())
}

fn random_value() -> String {
    STANDARD.encode(rand::random::<[u8; 16]>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Map<String, Value> {
        let Value::Object(policy) = json!({
            "commonEncryptionCbcs": { "contentKeys": { "defaultKey": { "label": "b" } } },
            "commonEncryptionCenc": { "contentKeys": {
                "defaultKey": { "label": "a" },
                "keyToTrackMappings": [{ "label": "audio", "policyName": "p", "tracks": [{ "trackSelections": [] }] }],
            } },
        }) else {
            panic!("an object");
        };
        policy
    }

    #[test]
    fn every_label_gets_a_key_and_given_ones_are_kept() {
        let given = vec![GivenKey {
            id: "K".into(),
            label: Some("b".into()),
            value: Some("dmFsdWU=".into()),
        }];
        let keys = with_keys(policy_labels(&policy()), given, Some("default")).unwrap_or_default();
        let shown: Vec<_> = keys
            .iter()
            .map(|key| {
                (
                    key.scheme.as_str(),
                    key.label.as_deref().unwrap_or(""),
                    key.policy_name.as_deref().unwrap_or(""),
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("CommonEncryptionCenc", "a", "default"),
                ("CommonEncryptionCenc", "audio", "p"),
                ("CommonEncryptionCbcs", "b", "default"),
            ]
        );
        assert_eq!(
            (keys[2].id.as_str(), keys[2].value.as_str()),
            ("K", "dmFsdWU=")
        );
        assert_eq!(STANDARD.decode(&keys[0].value).unwrap().len(), 16);
    }

    #[test]
    fn a_label_the_policy_lacks_is_named() {
        let given = vec![GivenKey {
            id: "K".into(),
            label: Some("c".into()),
            value: None,
        }];
        assert_eq!(
            with_keys(policy_labels(&policy()), given, None)
                .err()
                .as_deref(),
            Some("c")
        );
    }
}
