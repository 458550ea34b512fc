//! Official clients, set up as the production code sets them up: one transport, one credential.

use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_core::http::{ClientOptions, ExponentialRetryOptions, RetryOptions};
use azure_core::time::Duration;
use azure_storage_blob::{BlobServiceClient, BlobServiceClientOptions};
use azure_storage_queue::{QueueServiceClient, QueueServiceClientOptions};
use world::{Azurite, Tls};

pub(crate) fn options(tls: &Tls) -> ClientOptions {
    ClientOptions {
        retry: RetryOptions::exponential(ExponentialRetryOptions {
            max_retries: 1,
            initial_delay: Duration::milliseconds(50),
            ..Default::default()
        }),
        transport: Some(tls.transport()),
        ..Default::default()
    }
}

pub(crate) fn blobs(
    azurite: &Azurite,
    account: &str,
    tls: &Tls,
    credential: Arc<dyn TokenCredential>,
) -> BlobServiceClient {
    let options = BlobServiceClientOptions {
        client_options: options(tls),
        ..Default::default()
    };
    BlobServiceClient::new(
        azurite.blob_endpoint(account),
        Some(credential),
        Some(options),
    )
    .unwrap()
}

pub(crate) fn queues(
    azurite: &Azurite,
    account: &str,
    tls: &Tls,
    credential: Arc<dyn TokenCredential>,
) -> QueueServiceClient {
    let options = QueueServiceClientOptions {
        client_options: options(tls),
        ..Default::default()
    };
    QueueServiceClient::new(
        azurite.queue_endpoint(account).unwrap(),
        Some(credential),
        Some(options),
    )
    .unwrap()
}
