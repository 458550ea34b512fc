use std::{sync::Arc, time::Duration};

use azure_core::{base64, credentials::TokenCredential, http::Url};
use azure_storage_queue::{
    QueueClient, QueueServiceClient, QueueServiceClientOptions,
    models::{QueueClientSendMessageOptions, QueueMessage},
};

use crate::transport::client_options;

/// The longest time a message can be kept invisible: seven days, in seconds (Put Message, `visibilitytimeout`).
const MAX_DELAY_SECONDS: u64 = 7 * 24 * 3600 - 1;

/// A message that could not be put into a queue. Remedy: give the app's identity the role *Storage Queue Data Contributor* on the
/// storage account that the error names, and see that the account can be reached.
#[derive(Debug, thiserror::Error)]
#[error("queue {queue}: {what}")]
pub struct QueueError {
    queue: String,
    what: String,
}

impl QueueError {
    /// An error about a queue; `what` must hold no secret.
    #[must_use]
    pub fn new(queue: &str, what: impl Into<String>) -> Self {
        Self {
            queue: queue.to_owned(),
            what: what.into(),
        }
    }
}

/// The app's own queues, as the Functions host reads them: base64 text, in the storage account of the host.
pub struct Queues(QueueServiceClient);

impl Queues {
    /// The queues behind a service URL. A SAS in the URL is used as it stands; without one the credential signs in.
    ///
    /// # Errors
    /// When the URL is not one of a queue service.
    pub fn new(
        service: Url,
        credential: Arc<dyn TokenCredential>,
        client: &reqwest::Client,
    ) -> azure_core::Result<Self> {
        let credential = service
            .query()
            .is_none_or(|query| !query.contains("sig="))
            .then_some(credential);
        let options = QueueServiceClientOptions {
            client_options: client_options(client),
            ..QueueServiceClientOptions::default()
        };
        Ok(Self(QueueServiceClient::new(
            service,
            credential,
            Some(options),
        )?))
    }

    /// Puts a text into a queue, never to expire, invisible for `delay` (whole seconds, at most seven days). A queue that does not
    /// exist is made.
    ///
    /// # Errors
    /// [`QueueError`]; the message is then not in the queue, or, when the answer was lost, perhaps is.
    pub async fn send(&self, queue: &str, text: &str, delay: Duration) -> Result<(), QueueError> {
        let failed = |error: azure_core::Error| QueueError::new(queue, describe(&error));
        let client = self.0.queue_client(queue).map_err(failed)?;
        match put(&client, text, delay).await {
            Err(error)
                if error
                    .http_status()
                    .is_some_and(|status| u16::from(status) == 404) =>
            {
                client.create(None).await.map_err(failed)?;
                put(&client, text, delay).await.map_err(failed)
            }
            result => result.map_err(failed),
        }
    }
}

async fn put(client: &QueueClient, text: &str, delay: Duration) -> azure_core::Result<()> {
    let message = QueueMessage {
        message_text: Some(base64::encode(text)),
    };
    let seconds = delay.as_secs().min(MAX_DELAY_SECONDS);
    let options = QueueClientSendMessageOptions {
        message_time_to_live: Some(-1),
        visibility_timeout: i32::try_from(seconds).ok(),
        ..QueueClientSendMessageOptions::default()
    };
    client
        .send_message(message.try_into()?, Some(options))
        .await?;
    Ok(())
}

/// Status and code only: the SDK's text repeats the service's, which can repeat the request.
fn describe(error: &azure_core::Error) -> String {
    match error.kind() {
        azure_core::error::ErrorKind::HttpResponse {
            status, error_code, ..
        } => format!("{status} {}", error_code.as_deref().unwrap_or("(no code)")),
        kind => format!("{kind:?}"),
    }
}
