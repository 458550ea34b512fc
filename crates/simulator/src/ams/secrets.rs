//! Hides the secrets of a content key policy's options.

use serde_json::Value;

/// The fields that are secrets, by the `@odata.type` that has them.
const SECRETS: [(&str, &[&str]); 4] = [
    (
        "#Microsoft.Media.ContentKeyPolicySymmetricTokenKey",
        &["keyValue"],
    ),
    (
        "#Microsoft.Media.ContentKeyPolicyRsaTokenKey",
        &["exponent", "modulus"],
    ),
    (
        "#Microsoft.Media.ContentKeyPolicyX509CertificateTokenKey",
        &["rawBody"],
    ),
    (
        "#Microsoft.Media.ContentKeyPolicyFairPlayConfiguration",
        &["ask", "fairPlayPfxPassword", "fairPlayPfx"],
    ),
];

/// Masks in place: an explicit null, or (in old versions) nothing at all. PlayReady licences and Widevine templates
/// are shown.
pub(super) fn mask(value: &mut Value, with_null: bool) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, with_null)),
        Value::Object(fields) => {
            let secret = fields
                .get("@odata.type")
                .and_then(Value::as_str)
                .and_then(|of| SECRETS.iter().find(|(name, _)| *name == of))
                .map_or(&[][..], |(_, secret)| *secret);
            for name in secret {
                if with_null {
                    fields.insert((*name).to_owned(), Value::Null);
                } else {
                    fields.shift_remove(*name);
                }
            }
            fields.values_mut().for_each(|field| mask(field, with_null));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_secret_is_hidden_and_nothing_else() {
        let key = |kind: &str, secret: Value| {
            let mut key = secret;
            key["@odata.type"] = json!(format!("#Microsoft.Media.ContentKeyPolicy{kind}"));
            key
        };
        let mut options = json!([{
            "configuration": key("FairPlayConfiguration", json!({
                "ask": "s", "fairPlayPfx": "s", "fairPlayPfxPassword": "s", "rentalDuration": 60,
            })),
            "restriction": {
                "issuer": "i",
                "primaryVerificationKey": key("X509CertificateTokenKey", json!({ "rawBody": "s" })),
                "alternateVerificationKeys": [
                    key("RsaTokenKey", json!({ "exponent": "s", "modulus": "s" })),
                    key("SymmetricTokenKey", json!({ "keyValue": "s" })),
                ],
            },
        }, { "configuration": key("WidevineConfiguration", json!({ "widevineTemplate": "{}" })) }]);
        let mut omitted = options.clone();
        mask(&mut options, true);
        mask(&mut omitted, false);
        assert!(!options.to_string().contains("\"s\""), "{options}");
        assert_eq!(
            options[0]["restriction"]["primaryVerificationKey"]["rawBody"],
            Value::Null
        );
        assert_eq!(options[0]["configuration"]["rentalDuration"], 60);
        assert_eq!(options[1]["configuration"]["widevineTemplate"], "{}");
        assert!(!omitted.to_string().contains("null"), "{omitted}");
    }
}
