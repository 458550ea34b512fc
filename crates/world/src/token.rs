//! Tokens as Microsoft Entra issues them, except that nobody signed them.

use std::sync::Mutex;

use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use time::{Duration, OffsetDateTime};

/// The tenant every local token comes from: a constant, because nobody checks it.
const TENANT: &str = "ab1f708d-50f6-404c-a006-d71b2ac7a606";
/// The service principal every local token speaks for.
const PRINCIPAL: &str = "11059fcc-5514-4800-b5f8-49808b9cfab6";

/// Mints an unsigned JWT for `resource` (its `aud`), valid from a minute ago until `expires_on`.
///
/// Azurite (`--oauth basic`) checks audience, issuer and times, and wants `oid` and `tid` for a user
/// delegation key; it checks neither signature nor permissions.
#[must_use]
pub fn mint_token(resource: &str, expires_on: OffsetDateTime) -> String {
    let issued = (OffsetDateTime::now_utc() - Duration::minutes(1)).unix_timestamp();
    let claims = json!({
        "aud": resource,
        "iss": format!("https://sts.windows.net/{TENANT}/"),
        "iat": issued,
        "nbf": issued,
        "exp": expires_on.unix_timestamp(),
        "oid": PRINCIPAL,
        "sub": PRINCIPAL,
        "tid": TENANT,
    });
    let header = json!({"alg": "none", "typ": "JWT"});
    let part = |text: String| URL_SAFE_NO_PAD.encode(text);
    format!(
        "{}.{}.{}",
        part(header.to_string()),
        part(claims.to_string()),
        part("unsigned".to_owned())
    )
}

/// The resource a scope such as `https://storage.azure.com/.default` stands for.
pub(crate) fn resource_of(scope: &str) -> &str {
    scope.strip_suffix("/.default").unwrap_or(scope)
}

/// A [`TokenCredential`] for use inside a process: the same tokens as [`crate::IdentityEndpoint`] serves,
/// without a request. It remembers the scopes it was asked for.
#[derive(Debug, Default)]
pub struct LocalCredential {
    scopes: Mutex<Vec<String>>,
}

impl LocalCredential {
    /// A credential that answers every scope with a token for one hour.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The scope of every call so far, in order.
    #[must_use]
    pub fn scopes(&self) -> Vec<String> {
        crate::error::lock(&self.scopes).clone()
    }
}

#[async_trait::async_trait]
impl TokenCredential for LocalCredential {
    async fn get_token(
        &self,
        scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let [scope] = scopes else {
            // Managed identity takes one scope per call as well.
            return Err(azure_core::Error::with_message(
                azure_core::error::ErrorKind::Credential,
                "a managed identity answers exactly one scope per call",
            ));
        };
        crate::error::lock(&self.scopes).push((*scope).to_owned());
        let expires_on = OffsetDateTime::now_utc() + Duration::hours(1);
        Ok(AccessToken::new(
            Secret::new(mint_token(resource_of(scope), expires_on)),
            expires_on,
        ))
    }
}
