use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use azure_core::{
    credentials::{AccessToken, TokenCredential},
    time::{Duration, OffsetDateTime},
};

/// Where the bearer token of a call comes from.
#[async_trait]
pub trait Authorize: Send + Sync {
    /// The token, without the word `Bearer`.
    ///
    /// # Errors
    /// A text that says what is missing, without any secret.
    async fn token(&self) -> Result<String, String>;
}

/// Tokens of Microsoft Entra ID for one audience.
///
/// Keeps the token until five minutes before it expires, because the credentials of the developer tools do not.
pub struct Entra {
    credential: Arc<dyn TokenCredential>,
    scope: String,
    kept: Mutex<Option<AccessToken>>,
}

impl Entra {
    /// Tokens for an audience such as `https://management.azure.com`.
    #[must_use]
    pub fn new(credential: Arc<dyn TokenCredential>, audience: &str) -> Self {
        Self {
            credential,
            scope: format!("{}/.default", audience.trim_end_matches('/')),
            kept: Mutex::new(None),
        }
    }

    fn kept(&self) -> Option<String> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref()
            .filter(|token| token.expires_on > OffsetDateTime::now_utc() + Duration::minutes(5))
            .map(|token| token.token.secret().to_owned())
    }
}

#[async_trait]
impl Authorize for Entra {
    async fn token(&self) -> Result<String, String> {
        if let Some(token) = self.kept() {
            return Ok(token);
        }
        let token = self
            .credential
            .get_token(&[&self.scope], None)
            .await
            .map_err(|error| format!("no token for {}: {error}", self.scope))?;
        let secret = token.token.secret().to_owned();
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
        Ok(secret)
    }
}
