//! A real queue service (or Azurite), through the official crate.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::TokenCredential;
use azure_core::error::ErrorKind;
use azure_core::http::headers::HeaderName;
use azure_core::http::{
    ClientOptions, ExponentialRetryOptions, RetryOptions, StatusCode, Transport, Url,
};
use azure_storage_queue::models::{
    QueueClientGetPropertiesResultHeaders as _, QueueClientReceiveMessagesOptions, QueueMessage,
    ReceivedMessage as Received,
};
use azure_storage_queue::{QueueClient, QueueServiceClient, QueueServiceClientOptions};

use super::{QueueError, QueueService, ReceivedMessage};

/// The queues of one storage account.
pub struct AzureQueues {
    client: QueueServiceClient,
}

impl std::fmt::Debug for AzureQueues {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The URL's query may be a SAS, so only host and path are shown.
        let url = self.client.url();
        write!(
            f,
            "AzureQueues({}{})",
            url.host_str().unwrap_or_default(),
            url.path()
        )
    }
}

impl AzureQueues {
    /// Access to the queues at `url`: with a SAS in its query and no credential, or with a credential (then `url`
    /// must be https). `http` is the transport; it decides which certificates are trusted.
    ///
    /// # Errors
    /// `url` cannot be the base of queue URLs, or a credential came with plain http.
    pub fn new(
        url: Url,
        credential: Option<Arc<dyn TokenCredential>>,
        http: reqwest::Client,
    ) -> Result<Self, QueueError> {
        let retry = RetryOptions::exponential(ExponentialRetryOptions {
            max_retries: 3,
            initial_delay: azure_core::time::Duration::milliseconds(800),
            ..ExponentialRetryOptions::default()
        });
        let client_options = ClientOptions {
            transport: Some(Transport::new(Arc::new(http))),
            retry,
            ..ClientOptions::default()
        };
        let options = QueueServiceClientOptions {
            client_options,
            ..QueueServiceClientOptions::default()
        };
        let client = QueueServiceClient::new(url, credential, Some(options))
            .map_err(|error| failure(&error))?;
        Ok(Self { client })
    }

    fn queue(&self, name: &str) -> Result<QueueClient, QueueError> {
        self.client
            .queue_client(name)
            .map_err(|error| failure(&error))
    }
}

fn failure(error: &azure_core::Error) -> QueueError {
    let code = match error.kind() {
        ErrorKind::HttpResponse { error_code, .. } => error_code.as_deref().unwrap_or_default(),
        _ => "",
    };
    match (error.http_status(), code) {
        (_, "MessageNotFound" | "PopReceiptMismatch") => QueueError::StaleReceipt,
        (Some(StatusCode::NotFound), _) => QueueError::NoQueue,
        (Some(status), code) => QueueError::Service(format!("{status} {code}: {error}")),
        (None, _) => QueueError::Service(error.to_string()),
    }
}

fn seconds(span: Duration) -> i32 {
    i32::try_from(span.as_secs()).unwrap_or(i32::MAX)
}

fn message(received: Received) -> ReceivedMessage {
    ReceivedMessage {
        id: received.message_id.unwrap_or_default(),
        pop_receipt: received.pop_receipt.unwrap_or_default(),
        text: received.message_text.unwrap_or_default(),
        dequeue_count: received.dequeue_count.unwrap_or_default(),
        inserted: received.insertion_time,
        expires: received.expiration_time,
        next_visible: received.time_next_visible,
    }
}

#[async_trait]
impl QueueService for AzureQueues {
    async fn exists(&self, queue: &str) -> Result<bool, QueueError> {
        self.queue(queue)?
            .exists()
            .await
            .map_err(|error| failure(&error))
    }

    async fn create(&self, queue: &str) -> Result<(), QueueError> {
        self.queue(queue)?
            .create(None)
            .await
            .map(drop)
            .map_err(|error| failure(&error))
    }

    async fn send(&self, queue: &str, text: &str) -> Result<(), QueueError> {
        let message = QueueMessage {
            message_text: Some(text.to_owned()),
        };
        let content = message.try_into().map_err(|error| failure(&error))?;
        self.queue(queue)?
            .send_message(content, None)
            .await
            .map(drop)
            .map_err(|error| failure(&error))
    }

    async fn receive(
        &self,
        queue: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<ReceivedMessage>, QueueError> {
        let options = QueueClientReceiveMessagesOptions {
            number_of_messages: i32::try_from(max).ok(),
            visibility_timeout: Some(seconds(visibility)),
            ..QueueClientReceiveMessagesOptions::default()
        };
        let response = self
            .queue(queue)?
            .receive_messages(Some(options))
            .await
            .map_err(|error| failure(&error))?;
        let items = response
            .into_model()
            .map_err(|error| failure(&error))?
            .items;
        Ok(items.unwrap_or_default().into_iter().map(message).collect())
    }

    async fn update(
        &self,
        queue: &str,
        id: &str,
        pop_receipt: &str,
        visibility: Duration,
    ) -> Result<String, QueueError> {
        let response = self
            .queue(queue)?
            .update_message(id, pop_receipt, seconds(visibility), None)
            .await
            .map_err(|error| failure(&error))?;
        response
            .headers()
            .get_optional_string(&HeaderName::from_static("x-ms-popreceipt"))
            .ok_or_else(|| QueueError::Service("the service returned no pop receipt".to_owned()))
    }

    async fn delete(&self, queue: &str, id: &str, pop_receipt: &str) -> Result<(), QueueError> {
        self.queue(queue)?
            .delete_message(id, pop_receipt, None)
            .await
            .map(drop)
            .map_err(|error| failure(&error))
    }

    async fn count(&self, queue: &str) -> Result<u64, QueueError> {
        let properties = self
            .queue(queue)?
            .get_properties(None)
            .await
            .map_err(|error| failure(&error))?;
        let count = properties
            .approximate_messages_count()
            .map_err(|error| failure(&error))?;
        Ok(count
            .and_then(|count| u64::try_from(count).ok())
            .unwrap_or_default())
    }
}
