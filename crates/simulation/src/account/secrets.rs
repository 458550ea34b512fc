//! Where the secrets of content key policies are.

use serde_json::Value;

use super::Fields;

/// Fields that are masked, by the end of the `@odata.type` of the object that holds them.
const SECRETS: &[(&str, &[&str])] = &[
    ("SymmetricTokenKey", &["keyValue"]),
    ("RsaTokenKey", &["exponent", "modulus"]),
    ("X509CertificateTokenKey", &["rawBody"]),
    (
        "FairPlayConfiguration",
        &["ask", "fairPlayPfx", "fairPlayPfxPassword"],
    ),
];

/// With `mask` in place of every secret.
pub(crate) fn masked(properties: &Fields, mask: &Value) -> Fields {
    let mut properties = Value::Object(properties.clone());
    hide(&mut properties, mask);
    match properties {
        Value::Object(properties) => properties,
        _ => Fields::new(),
    }
}

fn hide(value: &mut Value, mask: &Value) {
    match value {
        Value::Object(map) => {
            let of_type = map
                .get("@odata.type")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let secrets = SECRETS.iter().find(|(end, _)| of_type.ends_with(end));
            for name in secrets.map_or(&[][..], |(_, fields)| fields) {
                map.insert((*name).to_owned(), mask.clone());
            }
            map.values_mut().for_each(|value| hide(value, mask));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| hide(value, mask)),
        _ => {}
    }
}
