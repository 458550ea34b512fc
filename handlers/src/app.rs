//! What all functions share, built once from the settings.

use std::{error::Error, sync::Arc, time::Duration};

use async_trait::async_trait;

use azure_core::credentials::TokenCredential;
use blobs::{Access, Copier, EndpointTemplate, SasTokens, StorageSide};
use cloud::{Identity, QueueError, Queues};
use media::{
    Ams, Authorize, Entra, MediaService, Mkio, Pace, Primary, Rates, Secondary, Side, StaticToken,
    Wire, WireOptions,
};
use mirror::{Maps, Mirror, MirrorOptions, rules::Backend};
use settings::{
    AccountIdentity, Credential, EventTopics, Service, Settings, SourceAuth, StorageAccess, Webhook,
};
use state::{BlobDocuments, Documents, Exceptions};
use time::OffsetDateTime;

use crate::backoff;

/// Puts messages into the app's queues.
#[async_trait]
pub trait Enqueue: Send + Sync {
    /// Puts a text into a queue, never to expire, invisible for `delay`.
    ///
    /// # Errors
    /// [`QueueError`]; the message may or may not be in the queue then.
    async fn send(&self, queue: &str, text: &str, delay: Duration) -> Result<(), QueueError>;
}

#[async_trait]
impl Enqueue for Queues {
    async fn send(&self, queue: &str, text: &str, delay: Duration) -> Result<(), QueueError> {
        Self::send(self, queue, text, delay).await
    }
}

/// What all functions share.
pub struct App {
    /// Carries out changes.
    pub mirror: Mirror,
    /// The app's queues.
    pub queues: Box<dyn Enqueue>,
    /// What failed, or has waited for more than a minute.
    pub exceptions: Exceptions,
    /// The account whose events count.
    pub primary: AccountIdentity,
    /// Who may send webhooks.
    pub webhook: Webhook,
    /// Whose events are accepted.
    pub event_topics: EventTopics,
    /// What time it is.
    pub clock: fn() -> OffsetDateTime,
    /// Numbers between 0 and 1, different from call to call: they spread out what is put back into a queue.
    pub jitter: Box<dyn Fn() -> f64 + Send + Sync>,
}

impl App {
    /// Builds the real thing.
    ///
    /// # Errors
    /// When a client cannot be built; the error says why.
    pub fn from_settings(settings: &Settings) -> Result<Self, Box<dyn Error>> {
        // A provider that is installed already is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = cloud::http_client()?;
        let credential = cloud::credential(
            &match &settings.credential {
                Credential::ManagedIdentity { client_id } => Identity::Managed {
                    client_id: client_id.clone(),
                },
                Credential::DeveloperTools => Identity::DeveloperTools,
            },
            &client,
        )?;
        let storage = |access: &StorageAccess| -> Result<StorageSide, Box<dyn Error>> {
            let sas = access.sas.as_ref();
            Ok(StorageSide {
                endpoint: EndpointTemplate::new(&access.endpoint)?,
                access: match sas {
                    Some(sas) => Access::Sas(SasTokens::one(sas.secret())),
                    None => Access::Identity(Arc::clone(&credential)),
                },
                transport: cloud::transport(&client),
                retry: blobs::short_retries(),
            })
        };
        let copier = Copier::new(
            storage(&settings.primary_storage)?,
            storage(&settings.secondary_storage)?,
            source_auth(settings)?,
            blobs::Settings {
                settle: settings.settle,
                ..blobs::Settings::default()
            },
        )?;
        let documents: Arc<dyn Documents> = Arc::new(BlobDocuments::new(
            settings.app_storage.blob_service.clone(),
            &settings.app_storage.state_container,
            Arc::clone(&credential),
            &client,
        )?);
        let queues = Queues::new(
            settings.app_storage.queue_service.clone(),
            Arc::clone(&credential),
            &client,
        )?;
        let mirror = Mirror::new(
            Primary::new(account(settings, Side::Primary, &credential, &client)?),
            Secondary::new(account(settings, Side::Secondary, &credential, &client)?),
            Arc::new(copier),
            Arc::clone(&documents),
            mirror_options(settings),
        );
        Ok(Self {
            mirror,
            queues: Box::new(queues),
            exceptions: Exceptions::new(documents),
            primary: settings.primary.identity.clone(),
            webhook: settings.webhook.clone(),
            event_topics: settings.event_topics.clone(),
            clock: OffsetDateTime::now_utc,
            jitter: Box::new(backoff::jitter),
        })
    }
}

/// How long before it expires a token is warned about.
const WARNING: time::Duration = time::Duration::days(30);

/// The client of one account.
fn account(
    settings: &Settings,
    side: Side,
    credential: &Arc<dyn TokenCredential>,
    client: &reqwest::Client,
) -> Result<Arc<dyn MediaService>, Box<dyn Error>> {
    let account = match side {
        Side::Primary => &settings.primary,
        Side::Secondary => &settings.secondary,
    };
    let rates = match settings.backend {
        Service::Ams => Rates::ARM,
        Service::Mkio => Rates::MKIO,
    };
    let pace = match account.share {
        Some(share) => Pace::new(rates.scaled(share)),
        None => Pace::unlimited(),
    };
    let options = WireOptions {
        timeout: settings.call_timeout,
        ..WireOptions::default()
    };
    let wire = |token: Arc<dyn Authorize>| Wire::new(side, client.clone(), token, pace, options);
    Ok(match &account.identity {
        AccountIdentity::Ams { id, audience } => {
            let wire = wire(Arc::new(Entra::new(Arc::clone(credential), audience)));
            Arc::new(Ams::new(
                wire,
                &account.endpoint,
                id,
                &settings.api_version,
            )?)
        }
        AccountIdentity::Mkio { project, token } => {
            let token = StaticToken::new(token.secret())?;
            warn_of_expiry(side, &token);
            Arc::new(Mkio::new(
                wire(Arc::new(token)),
                &account.endpoint,
                project,
            )?)
        }
    })
}

fn warn_of_expiry(side: Side, token: &StaticToken) {
    let left = token
        .expires()
        .map(|expires| expires - OffsetDateTime::now_utc());
    if let Some(left) = left.filter(|left| *left < WARNING) {
        tracing::warn!(
            target: "handler",
            side = side.as_str(),
            days_left = left.whole_days(),
            "the token expires soon; make a new one and put it into the app's settings"
        );
    }
}

fn mirror_options(settings: &Settings) -> MirrorOptions {
    let map = |pairs: &[(String, String)]| pairs.iter().cloned().collect();
    let storage_map = settings.storage_map.pairs();
    MirrorOptions {
        backend: match settings.backend {
            Service::Ams => Backend::Ams,
            Service::Mkio => Backend::Mkio,
        },
        maps: Maps {
            storage: storage_map
                .map(|(from, to)| (from.to_owned(), to.to_owned()))
                .collect(),
            encryption_scopes: map(&settings.encryption_scope_map),
            hosts: map(&settings.host_map),
        },
        scope: settings.scope.clone(),
        policy: settings.policy.clone(),
        grace: settings.delete_grace,
        delete_cap: settings.delete_cap,
        copy_budget: settings.copy_budget,
        ..MirrorOptions::default()
    }
}

fn source_auth(settings: &Settings) -> Result<blobs::SourceAuth, Box<dyn Error>> {
    Ok(match settings.source_auth {
        SourceAuth::Bearer => blobs::SourceAuth::Bearer,
        SourceAuth::DelegationSas => blobs::SourceAuth::DelegationSas,
        SourceAuth::Sas => {
            let sas = settings.primary_storage.sas.as_ref();
            let sas = sas.ok_or("MIRROR_SOURCE_AUTH=sas needs MIRROR_PRIMARY_STORAGE_SAS")?;
            blobs::SourceAuth::Sas(SasTokens::one(sas.secret()))
        }
    })
}
