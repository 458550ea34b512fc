//! Making, deleting and listing the containers of assets.

use std::collections::HashMap;
use std::sync::Arc;

use azure_core::http::{ClientOptions, ExponentialRetryOptions, RetryOptions, Transport, Url};
use azure_core::time::Duration;
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
        }
    }

    /// Creates the container; one that exists already is kept as it is.
    pub(crate) async fn create(&self, account: &str, container: &str) -> Result<(), StorageError> {
        let Some(client) = self.client(account, container)? else {
            return Ok(());
        };
        match client.create(None).await {
            Ok(_) => Ok(()),
            Err(error) if is(&error, "ContainerAlreadyExists") => Ok(()),
            Err(error) => Err(StorageError::Service(error)),
        }
    }

    /// Deletes the container with everything in it; one that is not there is no error.
    pub(crate) async fn delete(&self, account: &str, container: &str) -> Result<(), StorageError> {
        let Some(client) = self.client(account, container)? else {
            return Ok(());
        };
        match client.delete(None).await {
            Ok(_) => Ok(()),
            Err(error) if is(&error, "ContainerNotFound") => Ok(()),
            Err(error) => Err(StorageError::Service(error)),
        }
    }

    /// The names of the container's blobs, in order; none if there is no container, or no storage behind the account.
    pub(crate) async fn blob_names(
        &self,
        account: &str,
        container: &str,
    ) -> Result<Vec<String>, StorageError> {
        let Some(client) = self.client(account, container)? else {
            return Ok(Vec::new());
        };
        let blobs = client.list_blobs(None).map_err(StorageError::Service)?;
        match blobs.try_collect::<Vec<_>>().await {
            Ok(blobs) => Ok(blobs.into_iter().filter_map(|blob| blob.name).collect()),
            Err(error) if is(&error, "ContainerNotFound") => Ok(Vec::new()),
            Err(error) => Err(StorageError::Service(error)),
        }
    }

    /// The URL of a container, and the key its SAS is signed with: the real service's host where there is no storage.
    pub(crate) fn address(
        &self,
        account: &str,
        container: &str,
    ) -> Option<(String, &StorageOptions)> {
        let options = self.accounts.get(&account.to_ascii_lowercase())?;
        let base = match &options.blob_endpoint {
            Some(endpoint) => endpoint.as_str().trim_end_matches('/').to_owned(),
            None => format!("https://{}.blob.core.windows.net", options.account),
        };
        Some((format!("{base}/{container}"), options))
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

fn is(error: &azure_core::Error, code: &str) -> bool {
    matches!(
        error.kind(),
        azure_core::error::ErrorKind::HttpResponse { error_code: Some(found), .. } if found == code
    )
}
