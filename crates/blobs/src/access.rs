//! How the copier reaches a storage account, and how the storage service may read the source.

use crate::BlobError;
use azure_core::{
    credentials::{Secret, TokenCredential},
    http::{RetryOptions, Transport},
};
use std::{collections::HashMap, fmt, sync::Arc};
use url::Url;

/// The address of a storage account's blob service, with `{account}` in place of its name:
/// `https://{account}.blob.core.windows.net`, or `https://127.0.0.1:10000/{account}` for an
/// emulator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointTemplate(String);

impl EndpointTemplate {
    /// Checks the template.
    ///
    /// # Errors
    /// [`BlobError::Configuration`] if `{account}` is missing or what remains is no http(s) URL, or has
    /// a query or a user name.
    pub fn new(template: impl Into<String>) -> Result<Self, BlobError> {
        let template = Self(template.into());
        if !template.0.contains("{account}") {
            return Err(template.wrong("has no {account} in it"));
        }
        template.url("account")?;
        Ok(template)
    }

    /// The public Azure cloud.
    #[must_use]
    pub fn azure() -> Self {
        Self("https://{account}.blob.core.windows.net".to_owned())
    }

    pub(crate) fn url(&self, account: &str) -> Result<Url, BlobError> {
        let url = Url::parse(&self.0.replace("{account}", account))
            .map_err(|_| self.wrong("is no URL"))?;
        let plain = matches!(url.scheme(), "https" | "http")
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if plain {
            Ok(url)
        } else {
            Err(self.wrong("must be an http(s) URL without query and user"))
        }
    }

    fn wrong(&self, what: &str) -> BlobError {
        // The template itself stays out of the message: somebody may have put a SAS into it.
        BlobError::Configuration {
            what: format!("the blob endpoint template {what}"),
        }
    }
}

/// SAS tokens, one for all accounts or one for each. Debug shows none of them.
#[derive(Clone, Default)]
pub struct SasTokens {
    by_account: HashMap<String, Secret>,
    any: Option<Secret>,
}

impl SasTokens {
    /// One token for every account.
    pub fn one(token: impl Into<String>) -> Self {
        Self {
            any: Some(secret(token)),
            ..Self::default()
        }
    }

    /// Adds the token of one account, which goes before the one for all.
    #[must_use]
    pub fn with(mut self, account: impl Into<String>, token: impl Into<String>) -> Self {
        self.by_account.insert(account.into(), secret(token));
        self
    }

    /// The token for an account, as a query without the question mark.
    ///
    /// # Errors
    /// [`BlobError::Configuration`] naming the account.
    pub(crate) fn token(&self, account: &str) -> Result<&Secret, BlobError> {
        self.by_account
            .get(account)
            .or(self.any.as_ref())
            .ok_or_else(|| BlobError::Configuration {
                what: format!("there is no SAS for the storage account {account:?}"),
            })
    }
}

fn secret(token: impl Into<String>) -> Secret {
    let token = token.into();
    let token = token.trim();
    Secret::new(token.strip_prefix('?').unwrap_or(token).to_owned())
}

impl fmt::Debug for SasTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SasTokens")
            .field("accounts", &self.by_account.len())
            .field("for_any", &self.any.is_some())
            .finish()
    }
}

/// How the copier itself is let in.
#[derive(Clone)]
pub enum Access {
    /// With tokens of an Entra identity. The endpoint must be https.
    Identity(Arc<dyn TokenCredential>),
    /// With a SAS. The source needs list and read; the replica read, list, create, write and add.
    Sas(SasTokens),
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identity(_) => f.write_str("Identity"),
            Self::Sas(tokens) => tokens.fmt(f),
        }
    }
}

/// One of the two storage sides. Which account is meant stands in each [`Place`](crate::Place).
#[derive(Clone)]
pub struct StorageSide {
    /// Where its accounts are.
    pub endpoint: EndpointTemplate,
    /// How the copier is let in.
    pub access: Access,
    /// The shared HTTP transport. Its read timeout must be longer than the service may take to
    /// copy [`one_call_limit`](crate::Settings::one_call_limit) or one block; automatic
    /// decompression must be off.
    pub transport: Transport,
    /// Retries inside one call. See [`short_retries`].
    pub retry: RetryOptions,
}

impl fmt::Debug for StorageSide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StorageSide")
            .field("endpoint", &self.endpoint)
            .field("access", &self.access)
            .finish_non_exhaustive()
    }
}

/// Three retries within some seconds: whatever takes longer belongs into the queue.
#[must_use]
pub fn short_retries() -> RetryOptions {
    use azure_core::{http::ExponentialRetryOptions, time::Duration};
    RetryOptions::exponential(ExponentialRetryOptions {
        max_retries: 3,
        initial_delay: Duration::milliseconds(200),
        max_delay: Duration::seconds(2),
        max_total_elapsed: Duration::seconds(30),
    })
}

/// How the storage service is let in to the source when it copies.
#[derive(Clone, Debug)]
pub enum SourceAuth {
    /// A token of the source's identity, sent along with each copy.
    Bearer,
    /// A SAS for reading the one container, signed with a user delegation key of the source
    /// account; the identity needs the right to ask for such keys.
    DelegationSas,
    /// A given SAS with the right to read.
    Sas(SasTokens),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_stands_where_the_template_says() {
        let url = |template: &str| {
            EndpointTemplate::new(template)
                .unwrap()
                .url("acc")
                .unwrap()
                .to_string()
        };
        assert_eq!(
            url("https://{account}.blob.core.windows.net"),
            "https://acc.blob.core.windows.net/"
        );
        assert_eq!(
            url("https://127.0.0.1:1/{account}"),
            "https://127.0.0.1:1/acc"
        );
        for wrong in [
            "https://acc.blob.core.windows.net",
            "{account}",
            "ftp://{account}",
            "https://{account}.x?sig=secret",
            "https://u:secret@{account}.x",
        ] {
            let error = EndpointTemplate::new(wrong).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("secret"));
        }
    }

    #[test]
    fn an_accounts_own_sas_goes_before_the_common_one() {
        let tokens = SasTokens::one("?sig=common").with("a", " sig=own ");
        assert_eq!(tokens.token("a").unwrap().secret(), "sig=own");
        assert_eq!(tokens.token("b").unwrap().secret(), "sig=common");
        assert!(SasTokens::default().token("a").is_err());
    }

    #[test]
    fn debug_shows_no_secret() {
        let tokens = SasTokens::one("sig=verysecret").with("a", "sig=verysecret");
        let shown = format!(
            "{tokens:?} {:?} {:?}",
            Access::Sas(tokens.clone()),
            SourceAuth::Sas(tokens.clone())
        );
        assert!(!shown.contains("verysecret"), "{shown}");
    }
}
