//! Making, deleting and listing the containers of assets.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use azure_core::http::{ClientOptions, ExponentialRetryOptions, RetryOptions, Transport, Url};
use azure_core::time::Duration;
use azure_storage_blob::models::BlobContainerClientListBlobsOptions;
use azure_storage_blob::{BlobContainerClient, BlobContainerClientOptions};
use futures::TryStreamExt as _;

use super::sas::account_query;
use crate::options::StorageOptions;

/// What went wrong with a storage account.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StorageError {
    /// The key of the options is not base64. Correct it.
    #[error("the storage account's key is not base64")]
    Key,
    /// The name of the container gives no URL.
    #[error("the storage account's endpoint and the container give no URL")]
    Url,
    /// The storage service refused, or could not be reached: look at its own log.
    #[error("the storage service answered: {0}")]
    Service(#[source] azure_core::Error),
}

/// The storage accounts that any account has attached, by name.
pub(crate) struct Storage {
    accounts: HashMap<String, StorageOptions>,
    transport: Transport,
    /// The containers of accounts with no storage behind them, as `account/container`.
    imagined: Mutex<HashSet<String>>,
}

/// One blob of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Blob {
    pub name: String,
    pub size: u64,
}

impl Storage {
    pub(crate) fn new(
        accounts: impl Iterator<Item = StorageOptions>,
        http: reqwest::Client,
    ) -> Self {
        Self {
            accounts: accounts
                .map(|account| (account.account.to_ascii_lowercase(), account))
                .collect(),
            transport: Transport::new(Arc::new(http)),
            imagined: Mutex::default(),
        }
    }

    /// The account whose blob service answers at a URL: an emulator's, or the real service's for one with nothing
    /// behind it.
    pub(crate) fn account_at(&self, url: &str) -> Option<&str> {
        let url = url.trim_end_matches('/');
        self.accounts
            .values()
            .find(|options| base(options).eq_ignore_ascii_case(url))
            .map(|options| options.account.as_str())
    }

    /// Creates the container; one that exists already is kept as it is. False: it existed.
    pub(crate) async fn create(
        &self,
        account: &str,
        container: &str,
    ) -> Result<bool, StorageError> {
        let Some(client) = self.client(account, container)? else {
            return Ok(self.imagine(account, container));
        };
        match client.create(None).await {
            Ok(_) => Ok(true),
            Err(error) if is(&error, "ContainerAlreadyExists") => Ok(false),
            Err(error) => Err(StorageError::Service(error)),
        }
    }

    /// Notes a container that exists by name only. False: it was noted before.
    pub(crate) fn imagine(&self, account: &str, container: &str) -> bool {
        self.imagined().insert(imagined(account, container))
    }

    /// Deletes the container with everything in it; one that is not there is no error.
    pub(crate) async fn delete(&self, account: &str, container: &str) -> Result<(), StorageError> {
        let Some(client) = self.client(account, container)? else {
            self.imagined().remove(&imagined(account, container));
            return Ok(());
        };
        match client.delete(None).await {
            Ok(_) => Ok(()),
            Err(error) if is(&error, "ContainerNotFound") => Ok(()),
            Err(error) => Err(StorageError::Service(error)),
        }
    }

    /// Deletes the blobs under a folder of the container.
    pub(crate) async fn delete_folder(
        &self,
        account: &str,
        container: &str,
        folder: &str,
    ) -> Result<(), StorageError> {
        let Some(client) = self.client(account, container)? else {
            return Ok(());
        };
        for blob in self.blobs(account, container, folder).await? {
            let blob = client.blob_client(&blob.name);
            match blob.delete(None).await {
                Ok(_) => {}
                Err(error) if is(&error, "BlobNotFound") => {}
                Err(error) => return Err(StorageError::Service(error)),
            }
        }
        Ok(())
    }

    /// The names of the container's blobs, in order; none if there is no container, or no storage behind the account.
    pub(crate) async fn blob_names(
        &self,
        account: &str,
        container: &str,
    ) -> Result<Vec<String>, StorageError> {
        let blobs = self.blobs(account, container, "").await?;
        Ok(blobs.into_iter().map(|blob| blob.name).collect())
    }

    /// The blobs under a folder of the container, in the order of their names; all of them with an empty folder.
    pub(crate) async fn blobs(
        &self,
        account: &str,
        container: &str,
        folder: &str,
    ) -> Result<Vec<Blob>, StorageError> {
        let Some(client) = self.client(account, container)? else {
            return Ok(Vec::new());
        };
        let options = BlobContainerClientListBlobsOptions {
            prefix: (!folder.is_empty()).then(|| format!("{folder}/")),
            ..Default::default()
        };
        let blobs = client
            .list_blobs(Some(options))
            .map_err(StorageError::Service)?;
        match blobs.try_collect::<Vec<_>>().await {
            Ok(blobs) => Ok(blobs
                .into_iter()
                .filter_map(|blob| {
                    let size = blob.properties.and_then(|known| known.content_length);
                    Some(Blob {
                        name: blob.name?,
                        size: size.unwrap_or_default(),
                    })
                })
                .collect()),
            Err(error) if is(&error, "ContainerNotFound") => Ok(Vec::new()),
            Err(error) => Err(StorageError::Service(error)),
        }
    }

    fn imagined(&self) -> MutexGuard<'_, HashSet<String>> {
        self.imagined.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The address of an account's blob service.
    pub(crate) fn url(&self, account: &str) -> Option<String> {
        self.accounts.get(&account.to_ascii_lowercase()).map(base)
    }

    /// The URL of a container, and the key its SAS is signed with: the real service's host where there is no storage.
    pub(crate) fn address(
        &self,
        account: &str,
        container: &str,
    ) -> Option<(String, &StorageOptions)> {
        let options = self.accounts.get(&account.to_ascii_lowercase())?;
        Some((format!("{}/{container}", base(options)), options))
    }

    fn client(
        &self,
        account: &str,
        container: &str,
    ) -> Result<Option<BlobContainerClient>, StorageError> {
        let Some((url, options)) = self.address(account, container) else {
            return Ok(None);
        };
        if options.blob_endpoint.is_none() {
            return Ok(None);
        }
        let mut url = Url::parse(&url).map_err(|_| StorageError::Url)?;
        url.set_query(Some(&account_query(&options.account, &options.key)?));
        let options = BlobContainerClientOptions {
            client_options: ClientOptions {
                transport: Some(self.transport.clone()),
                retry: RetryOptions::exponential(ExponentialRetryOptions {
                    max_retries: 2,
                    initial_delay: Duration::milliseconds(100),
                    max_delay: Duration::seconds(1),
                    max_total_elapsed: Duration::seconds(5),
                }),
                ..Default::default()
            },
            ..Default::default()
        };
        BlobContainerClient::new(url, None, Some(options))
            .map(Some)
            .map_err(StorageError::Service)
    }
}

/// The address of an account's blob service.
fn base(options: &StorageOptions) -> String {
    match &options.blob_endpoint {
        Some(endpoint) => endpoint.as_str().trim_end_matches('/').to_owned(),
        None => format!("https://{}.blob.core.windows.net", options.account),
    }
}

fn imagined(account: &str, container: &str) -> String {
    format!("{}/{container}", account.to_lowercase())
}

fn is(error: &azure_core::Error, code: &str) -> bool {
    matches!(
        error.kind(),
        azure_core::error::ErrorKind::HttpResponse { error_code: Some(found), .. } if found == code
    )
}
