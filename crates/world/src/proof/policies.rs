//! Policies: content key policies with their secrets, and streaming policies.

use anyhow::ensure;
use serde_json::Value;

use super::{Proof, compare};

/// The fields of a content key policy that nobody sees who may not, by what the type of their object ends with.
const SECRETS: [(&str, &[&str]); 4] = [
    ("SymmetricTokenKey", &["keyValue"]),
    ("RsaTokenKey", &["exponent", "modulus"]),
    ("X509CertificateTokenKey", &["rawBody"]),
    (
        "FairPlayConfiguration",
        &["ask", "fairPlayPfx", "fairPlayPfxPassword"],
    ),
];

impl Proof {
    /// A content key policy is the same on both sides, its secrets included. Returns it as the secondary has it.
    ///
    /// # Errors
    /// As [`Proof::asset`].
    pub async fn content_key_policy(&self, name: &str) -> anyhow::Result<Value> {
        let path = format!("contentKeyPolicies/{name}/getPolicyPropertiesWithSecrets");
        let policy = self.action(&path, without_generated).await?;
        ensure!(
            secrets(&policy).all(|secret| secret.as_str().is_some_and(|text| !text.is_empty())),
            "{path} does not show all secrets"
        );
        Ok(policy)
    }

    /// A streaming policy is the same on both sides. Returns it as the secondary has it.
    ///
    /// # Errors
    /// As [`Proof::asset`].
    pub async fn streaming_policy(&self, name: &str) -> anyhow::Result<Value> {
        let path = format!("streamingPolicies/{name}");
        self.resource(&path, &["created"]).await
    }

    /// How many URLs of a policy are on hosts of the secondary's region.
    #[must_use]
    pub fn hosts_mapped(&self, policy: &Value) -> usize {
        self.regions.mapped(policy)
    }

    /// How many secrets a content key policy holds.
    #[must_use]
    pub fn secrets_of(policy: &Value) -> usize {
        secrets(policy).count()
    }
}

fn secrets(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Array(items) => Box::new(items.iter().flat_map(secrets)),
        Value::Object(fields) => {
            let of_type = fields.get("@odata.type").and_then(Value::as_str);
            let own = SECRETS
                .iter()
                .filter(move |(ends, _)| of_type.is_some_and(|of| of.ends_with(ends)))
                .flat_map(|(_, names)| names.iter().map(|name| &value[*name]));
            Box::new(own.chain(fields.values().flat_map(secrets)))
        }
        _ => Box::new(std::iter::empty()),
    }
}

/// A policy without what every account makes for itself: IDs and dates.
///
/// Where Azure Media Services answers with the properties, MK.IO answers with the whole resource.
fn without_generated(mut answer: Value) -> Value {
    let mut policy = match answer.get_mut("properties") {
        Some(properties) => properties.take(),
        None => answer,
    };
    compare::remove(&mut policy, &["policyId", "created", "lastModified"]);
    for option in policy["options"].as_array_mut().into_iter().flatten() {
        compare::remove(option, &["policyOptionId"]);
    }
    policy
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bodies::content_key_policies::{Secrets, multi_drm, rotated};

    #[test]
    fn every_secret_is_counted() {
        let secrets = Secrets::generate("a certificate");
        // A symmetric key, an RSA key of two parts, a certificate, and three of FairPlay's.
        assert_eq!(Proof::secrets_of(&multi_drm(&secrets)), 7);
        // The old symmetric key beside the new one, and the new option's.
        assert_eq!(Proof::secrets_of(&rotated(&secrets, "new")), 9);
    }
}
