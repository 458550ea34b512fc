//! Lets the storage service read the source when it copies.

use super::{clients::Clients, convert::unreadable, fault::refusal};
use crate::{
    Access, BlobError, Place, SourceAuth, StorageSide,
    refusal::{BelowHttp, Refusal},
    service::Answer,
};
use azure_core::{
    credentials::{Secret, TokenCredential},
    http::{RequestContent, XmlFormat},
    time::{Duration, OffsetDateTime},
};
use azure_storage_blob::models::KeyInfo;
use azure_storage_common::models::UserDelegationKey;
use azure_storage_sas::SasBuilder;
use std::{collections::HashMap, sync::Arc};
use tokio::sync::Mutex;
use url::Url;

const STORAGE_SCOPE: &str = "https://storage.azure.com/.default";
/// How long a delegation key lives: longer than any copy, shorter than the service's 7 days.
const KEY_LIFE: Duration = Duration::hours(12);
/// A key this close to its end is replaced, so that a copy that has just begun can end.
const KEY_RESERVE: Duration = Duration::hours(2);
/// Clocks of this machine and the service may differ by this much.
const CLOCK_SKEW: Duration = Duration::minutes(15);

/// The source as a copy call needs it. No Debug: either part may be a secret.
pub(crate) struct CopySource {
    /// The URL to read, with its SAS if that is the way.
    pub url: String,
    /// The value of `x-ms-copy-source-authorization`.
    pub authorization: Option<String>,
}

pub(crate) enum SourceReader {
    Bearer(Arc<dyn TokenCredential>),
    Delegation(DelegationKeys),
    Sas(crate::SasTokens),
}

#[derive(Default)]
pub(crate) struct DelegationKeys {
    by_account: Mutex<HashMap<String, (UserDelegationKey, OffsetDateTime)>>,
}

impl SourceReader {
    pub(crate) fn new(source: &StorageSide, auth: SourceAuth) -> Result<Self, BlobError> {
        let needs_identity = |auth: &str| BlobError::Configuration {
            what: format!("the source authorisation {auth} needs an identity on the source side"),
        };
        match (auth, &source.access) {
            (SourceAuth::Bearer, Access::Identity(credential)) => {
                Ok(Self::Bearer(credential.clone()))
            }
            (SourceAuth::Bearer, Access::Sas(_)) => Err(needs_identity("bearer")),
            (SourceAuth::DelegationSas, Access::Identity(_)) => {
                Ok(Self::Delegation(DelegationKeys::default()))
            }
            (SourceAuth::DelegationSas, Access::Sas(_)) => Err(needs_identity("delegation-sas")),
            (SourceAuth::Sas(tokens), _) => Ok(Self::Sas(tokens)),
        }
    }

    /// The blob `name` of `place`, readable by the storage service.
    pub(crate) async fn source(
        &self,
        clients: &Clients,
        place: &Place,
        name: &str,
    ) -> Answer<CopySource> {
        let url = clients.plain_url(place, name)?;
        match self {
            Self::Bearer(credential) => {
                let token = credential
                    .get_token(&[STORAGE_SCOPE], None)
                    .await
                    .map_err(refusal)?;
                Ok(CopySource {
                    url: url.into(),
                    authorization: Some(format!("Bearer {}", token.token.secret())),
                })
            }
            Self::Delegation(keys) => Ok(signed(url, &keys.sas(clients, place).await?)),
            Self::Sas(tokens) => {
                let token = tokens
                    .token(&place.account)
                    .map_err(|error| Refusal::below(BelowHttp::Request(error.to_string())))?;
                Ok(signed(url, token))
            }
        }
    }
}

fn signed(mut url: Url, sas: &Secret) -> CopySource {
    url.set_query(Some(sas.secret()));
    CopySource {
        url: url.into(),
        authorization: None,
    }
}

impl DelegationKeys {
    /// A SAS to read the place's container. Signing is arithmetic; only the key is asked for, and
    /// by one task at a time.
    async fn sas(&self, clients: &Clients, place: &Place) -> Answer<Secret> {
        let now = OffsetDateTime::now_utc();
        let mut keys = self.by_account.lock().await;
        let (key, expiry) = match keys.get(&place.account) {
            Some((key, expiry)) if *expiry - now > KEY_RESERVE => (key.clone(), *expiry),
            _ => {
                let (key, expiry) = request_key(clients, &place.account, now).await?;
                keys.insert(place.account.clone(), (key.clone(), expiry));
                (key, expiry)
            }
        };
        drop(keys);
        let sas = SasBuilder::new(&place.account, &key, expiry)
            .map_err(|_| unreadable("the user delegation key is incomplete"))?
            .container(&place.container)
            .read()
            .build();
        Ok(Secret::new(sas))
    }
}

async fn request_key(
    clients: &Clients,
    account: &str,
    now: OffsetDateTime,
) -> Answer<(UserDelegationKey, OffsetDateTime)> {
    let expiry = now + KEY_LIFE;
    let wanted = KeyInfo {
        start: Some(now - CLOCK_SKEW),
        expiry: Some(expiry),
        ..KeyInfo::default()
    };
    let wanted: RequestContent<KeyInfo, XmlFormat> = wanted.try_into().map_err(refusal)?;
    let key = clients
        .account(account)?
        .get_user_delegation_key(wanted, None)
        .await
        .map_err(refusal)?
        .into_model()
        .map_err(refusal)?;
    let expiry = key.signed_expiry.unwrap_or(expiry);
    Ok((key, expiry))
}
