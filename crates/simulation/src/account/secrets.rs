//! Where the secrets of content key policies are.

use serde_json::Value;

use super::Fields;

/// Fields that are masked, by the end of the `@odata.type` of the object that holds them.
const SECRETS: &[(&str, &[&str])] = &[
    ("SymmetricTokenKey", &["keyValue"]),
    ("RsaTokenKey", &["exponent", "modulus"]),
    ("X509CertificateTokenKey", &["rawBody"]),
    (FAIR_PLAY, &["ask", "fairPlayPfx", "fairPlayPfxPassword"]),
];

/// The end of the `@odata.type` of what FairPlay needs.
const FAIR_PLAY: &str = "FairPlayConfiguration";

/// With `mask` in place of every secret; without one the secrets are left out.
pub(crate) fn masked(properties: &Fields, mask: Option<&Value>) -> Fields {
    hidden(properties, &|_| true, mask)
}

/// The same of FairPlay's secrets alone.
pub(crate) fn without_fair_play(properties: &Fields) -> Fields {
    hidden(properties, &|end| end == FAIR_PLAY, Some(&Value::Null))
}

/// Whether a policy has secrets of FairPlay.
pub(crate) fn has_fair_play(policy: &Fields) -> bool {
    let options = policy.get("options").and_then(Value::as_array);
    options.into_iter().flatten().any(|option| {
        let of_type = option["configuration"]["@odata.type"].as_str();
        of_type.is_some_and(|of_type| of_type.ends_with(FAIR_PLAY))
    })
}

fn hidden(properties: &Fields, hides: &dyn Fn(&str) -> bool, mask: Option<&Value>) -> Fields {
    let mut properties = Value::Object(properties.clone());
    hide(&mut properties, hides, mask);
    match properties {
        Value::Object(properties) => properties,
        _ => Fields::new(),
    }
}

fn hide(value: &mut Value, hides: &dyn Fn(&str) -> bool, mask: Option<&Value>) {
    match value {
        Value::Object(map) => {
            let of_type = map
                .get("@odata.type")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let mut secrets = SECRETS.iter();
            let secrets = secrets.find(|(end, _)| of_type.ends_with(end) && hides(end));
            for name in secrets.map_or(&[][..], |(_, fields)| fields) {
                match mask {
                    Some(mask) => map.insert((*name).to_owned(), mask.clone()),
                    None => map.remove(*name),
                };
            }
            for value in map.values_mut() {
                hide(value, hides, mask);
            }
        }
        Value::Array(items) => {
            for value in items {
                hide(value, hides, mask);
            }
        }
        _ => {}
    }
}
