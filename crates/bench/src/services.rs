//! The services that the handler calls, in this process: both media-services accounts, all storage, managed identity.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context, ensure};
use fake_storage::{AccountHandle, FakeStorage};
use functions_host::AzureQueues;
use reqwest::Method;
use serde_json::{Value, json};
use simulator::{AccountOptions, Simulator, SimulatorOptions, StorageOptions, TlsFiles};
use time::{Duration, OffsetDateTime};
use url::Url;
use world::{IdentityEndpoint, LocalCredential, Storage, Tls, World, mint_token};

use crate::envelope;

/// The container of the state documents.
pub(crate) const STATE: &str = "mirror-state";

/// Everything around the handler, on loopback, https where Azure has https.
pub(crate) struct Services {
    tls: Tls,
    /// All three storage accounts.
    pub(crate) storage: FakeStorage,
    identity: IdentityEndpoint,
    /// Both media-services accounts.
    pub(crate) simulator: Simulator,
    token: String,
}

impl Services {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let tls = Tls::generate()?;
        let accounts = [Storage::PRIMARY, Storage::SECONDARY, Storage::APP];
        let storage = FakeStorage::start_tls(&tls, &accounts).await?;
        let identity = IdentityEndpoint::start().await?;
        // Containers are made in the fake itself, so the simulator needs no way to it.
        let account = |name: &str, region: &str, storage: &str| AccountOptions {
            name: name.to_owned(),
            region: region.to_owned(),
            storage: vec![StorageOptions {
                account: storage.to_owned(),
                key: "a2V5".to_owned(),
                blob_endpoint: None,
            }],
        };
        let simulator = Simulator::start(SimulatorOptions {
            accounts: vec![
                account(World::PRIMARY, "westeurope", Storage::PRIMARY),
                account(World::SECONDARY, "northeurope", Storage::SECONDARY),
            ],
            https: Some((
                SocketAddr::from(([127, 0, 0, 1], 0)),
                TlsFiles {
                    cert_pem_path: tls.certificate_path(),
                    key_pem_path: tls.key_path(),
                },
            )),
            ..SimulatorOptions::default()
        })
        .await?;
        let token = mint_token(
            "https://management.azure.com",
            OffsetDateTime::now_utc() + Duration::hours(1),
        );
        Ok(Self {
            tls,
            storage,
            identity,
            simulator,
            token,
        })
    }

    /// The settings of the app, as Azure would give them to the handler: managed identity, tokens for everything. Its own rate limits
    /// are off, since they would be all that is measured.
    pub(crate) fn settings(&self) -> anyhow::Result<Vec<(String, String)>> {
        let media = self.media()?.to_string();
        let blobs = self
            .storage
            .blob_endpoint("account")
            .to_string()
            .replace("/account", "/{account}");
        let settings = [
            (
                "SSL_CERT_FILE",
                self.tls.certificate_path().display().to_string(),
            ),
            ("IDENTITY_ENDPOINT", self.identity.endpoint()),
            ("IDENTITY_HEADER", self.identity.header().to_owned()),
            (
                "AzureWebJobsStorage__queueServiceUri",
                self.storage.queue_endpoint(Storage::APP).to_string(),
            ),
            (
                "AzureWebJobsStorage__blobServiceUri",
                self.storage.blob_endpoint(Storage::APP).to_string(),
            ),
            ("MIRROR_STATE_CONTAINER", STATE.to_owned()),
            ("MIRROR_PRIMARY", World::account_id(World::PRIMARY)),
            ("MIRROR_SECONDARY", World::account_id(World::SECONDARY)),
            ("MIRROR_PRIMARY_ENDPOINT", media.clone()),
            ("MIRROR_SECONDARY_ENDPOINT", media),
            ("MIRROR_PRIMARY_SHARE", "unlimited".to_owned()),
            ("MIRROR_SECONDARY_SHARE", "unlimited".to_owned()),
            (
                "MIRROR_STORAGE_MAP",
                format!("{}={}", Storage::PRIMARY, Storage::SECONDARY),
            ),
            ("MIRROR_PRIMARY_BLOB_ENDPOINT", blobs.clone()),
            ("MIRROR_SECONDARY_BLOB_ENDPOINT", blobs),
        ];
        Ok(settings
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec())
    }

    /// Puts a resource into an account, as the platform's own client would.
    pub(crate) async fn put(
        &self,
        account: &str,
        path: &str,
        properties: &Value,
    ) -> anyhow::Result<()> {
        let mut url = self.media()?.join(&World::account_id(account))?;
        url.path_segments_mut()
            .ok()
            .context("an account URL")?
            .extend(path.split('/'));
        url.set_query(Some("api-version=2023-01-01"));
        let response = self
            .tls
            .client()
            .request(Method::PUT, url)
            .bearer_auth(&self.token)
            .header("content-type", "application/json")
            .body(json!({"properties": properties}).to_string())
            .send()
            .await?;
        let status = response.status();
        let text = response.text().await?;
        ensure!(status.is_success(), "PUT {path}: {status} {text}");
        Ok(())
    }

    /// How many locators the secondary has.
    pub(crate) fn replicas(&self) -> usize {
        locators_in(&self.simulator, World::SECONDARY)
    }

    /// Requests so far: to the storage of both regions, and to the app's own.
    pub(crate) fn storage_requests(&self) -> (u64, u64) {
        let of = |account| self.storage.journal().counts(account).values().sum::<u64>();
        (
            of(Storage::PRIMARY) + of(Storage::SECONDARY),
            of(Storage::APP),
        )
    }

    /// The app's own storage account.
    pub(crate) fn app(&self) -> AccountHandle {
        self.storage.account(Storage::APP)
    }

    /// The app's queues, as the host reads them.
    pub(crate) fn queues(&self) -> anyhow::Result<AzureQueues> {
        Ok(AzureQueues::new(
            self.storage.queue_endpoint(Storage::APP),
            Some(Arc::new(LocalCredential::new())),
            self.tls.client(),
        )?)
    }

    /// Puts a message into one of the app's queues.
    pub(crate) fn send(&self, queue: &str, text: &str) {
        self.app().send(queue, &envelope::encoded(text));
    }

    /// The messages of one of the app's queues.
    pub(crate) fn messages(&self, queue: &str) -> anyhow::Result<Vec<Vec<u8>>> {
        let texts = self.app().messages(queue);
        texts
            .iter()
            .map(|text| envelope::decoded(text).context("a message that is not base64"))
            .collect()
    }

    fn media(&self) -> anyhow::Result<Url> {
        self.simulator
            .https_url()
            .context("the simulator listens with TLS")
    }
}

/// How many locators an account has.
pub(crate) fn locators_in(simulator: &Simulator, account: &str) -> usize {
    let accounts = simulator.control().accounts();
    let found = accounts.iter().find(|info| info.name == account);
    found
        .and_then(|info| info.resources.get("streamingLocators").copied())
        .unwrap_or_default()
}
