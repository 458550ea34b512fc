//! Hides the secrets of a content key policy's options.

use serde_json::{Value, json};

use super::settings::Secrets;

/// Secret fields by the `@odata.type` that has them.
type Fields = &'static [(&'static str, &'static [&'static str])];

const FAIR_PLAY_FIELDS: (&str, &[&str]) = (
    "#Microsoft.Media.ContentKeyPolicyFairPlayConfiguration",
    &["ask", "fairPlayPfxPassword", "fairPlayPfx"],
);

/// All of them.
pub(super) const EVERY: Fields = &[
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
    FAIR_PLAY_FIELDS,
];

/// FairPlay's alone.
pub(super) const FAIR_PLAY: Fields = &[FAIR_PLAY_FIELDS];

/// Masks in place.
pub(super) fn mask(value: &mut Value, how: Secrets, which: Fields) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, how, which)),
        Value::Object(fields) => {
            let secret = fields
                .get("@odata.type")
                .and_then(Value::as_str)
                .and_then(|of| which.iter().find(|(name, _)| *name == of))
                .map_or(&[][..], |(_, secret)| *secret);
            for name in secret {
                match how {
                    Secrets::Shown => continue,
                    Secrets::Absent => fields.shift_remove(*name),
                    Secrets::Blank => fields.insert((*name).to_owned(), json!("")),
                    Secrets::Null => fields.insert((*name).to_owned(), Value::Null),
                    Secrets::Asterisks => fields.insert((*name).to_owned(), json!("********")),
                };
            }
            fields
                .values_mut()
                .for_each(|field| mask(field, how, which));
        }
        _ => {}
    }
}
