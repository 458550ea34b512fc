use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use azure_core::{
    credentials::{AccessToken, TokenCredential},
    time::{Duration, OffsetDateTime},
};

/// Why there is no token. The text holds no secret.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NoToken {
    /// The identity service did not answer, or refused. Remedy: none while it passes; else the text says what the machine lacks.
    #[error("{0}")]
    Unavailable(String),
    /// The token that is configured cannot be used any more. Remedy: put a new one into the app's settings.
    #[error("{0}")]
    Unusable(String),
}

/// Where the bearer token of a call comes from.
#[async_trait]
pub trait Authorize: Send + Sync {
    /// The token, without the word `Bearer`.
    ///
    /// # Errors
    /// [`NoToken`] when there is none.
    async fn token(&self) -> Result<String, NoToken>;
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
    async fn token(&self) -> Result<String, NoToken> {
        if let Some(token) = self.kept() {
            return Ok(token);
        }
        let token = self
            .credential
            .get_token(&[&self.scope], None)
            .await
            .map_err(|error| {
                NoToken::Unavailable(format!("no token for {}: {error}", self.scope))
            })?;
        let secret = token.token.secret().to_owned();
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
        Ok(secret)
    }
}
