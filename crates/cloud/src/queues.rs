use std::{sync::Arc, time::Duration};

use azure_core::{base64, credentials::TokenCredential, http::Url};
use azure_storage_queue::{
    QueueClient, QueueServiceClient, QueueServiceClientOptions,
    models::{
        QueueClientGetPropertiesResultHeaders, QueueClientPeekMessagesOptions,
        QueueClientReceiveMessagesOptions, QueueClientSendMessageOptions, QueueMessage,
    },
};
use futures::TryStreamExt;

use crate::{
    messages::{Peeked, Received},
    transport::client_options,
};

/// The longest time a message can be kept invisible: seven days, in seconds (Put Message, `visibilitytimeout`).
const MAX_DELAY_SECONDS: u64 = 7 * 24 * 3600 - 1;

/// The most messages that one call hands out (Get Messages, Peek Messages, `numofmessages`).
const MOST_MESSAGES: usize = 32;

/// The most names of queues that are read: one page of the service's own listing (List Queues, `maxresults`).
const MOST_NAMES: usize = 5000;

/// What could not be done with a queue. Remedy: give the app's identity the role *Storage Queue Data Contributor* on the
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

    /// Puts a text into a queue, never to expire, invisible for `delay` (rounded up to whole seconds, at most seven days). A queue that does not
    /// exist is made.
    ///
    /// # Errors
    /// [`QueueError`]; the message is then not in the queue, or, when the answer was lost, perhaps is.
    pub async fn send(&self, queue: &str, text: &str, delay: Duration) -> Result<(), QueueError> {
        let failed = |error: azure_core::Error| QueueError::new(queue, describe(&error));
        let client = self.0.queue_client(queue).map_err(failed)?;
        match put(&client, text, delay).await {
            Err(error) if is_missing(&error) => {
                client.create(None).await.map_err(failed)?;
                put(&client, text, delay).await.map_err(failed)
            }
            result => result.map_err(failed),
        }
    }

    /// About how many messages are in a queue, visible or not; `None` when there is no such queue. The service counts a little behind,
    /// and never too few (Get Queue Metadata, `x-ms-approximate-messages-count`).
    ///
    /// # Errors
    /// [`QueueError`] when the queue cannot be asked.
    pub async fn count(&self, queue: &str) -> Result<Option<u64>, QueueError> {
        let failed = |error: azure_core::Error| QueueError::new(queue, describe(&error));
        let client = self.0.queue_client(queue).map_err(failed)?;
        let properties = match client.get_properties(None).await {
            Err(error) if is_missing(&error) => return Ok(None),
            result => result.map_err(failed)?,
        };
        let count = properties.approximate_messages_count().map_err(failed)?;
        let count = count.and_then(|count| u64::try_from(count).ok());
        count
            .map(Some)
            .ok_or_else(|| QueueError::new(queue, "the answer has no count"))
    }

    /// The visible messages at a queue's head, at most `up_to` and never more than 32, which is what one call shows. Nothing changes:
    /// they stay visible and their dequeue count stays. A queue that does not exist has none.
    ///
    /// # Errors
    /// [`QueueError`] when the queue cannot be read.
    pub async fn peek(&self, queue: &str, up_to: usize) -> Result<Vec<Peeked>, QueueError> {
        let failed = |error: azure_core::Error| QueueError::new(queue, describe(&error));
        let client = self.0.queue_client(queue).map_err(failed)?;
        let options = QueueClientPeekMessagesOptions {
            number_of_messages: number(up_to),
            ..QueueClientPeekMessagesOptions::default()
        };
        let answer = match client.peek_messages(Some(options)).await {
            Err(error) if is_missing(&error) => return Ok(Vec::new()),
            result => result.map_err(failed)?,
        };
        let messages = answer.into_model().map_err(failed)?.items;
        let messages = messages.unwrap_or_default().into_iter();
        messages
            .map(|message| {
                Peeked::of(message).ok_or_else(|| QueueError::new(queue, "a message has no time"))
            })
            .collect()
    }

    /// Takes visible messages out of a queue, at most `up_to` and never more than 32. They are invisible for `visible_after` (whole
    /// seconds, from one second to seven days) and come back then, unless [`Queues::delete`] removes them. A queue that does not exist
    /// has none.
    ///
    /// # Errors
    /// [`QueueError`] when the queue cannot be read; messages may then be invisible until that time is over.
    pub async fn receive(
        &self,
        queue: &str,
        up_to: usize,
        visible_after: Duration,
    ) -> Result<Vec<Received>, QueueError> {
        let failed = |error: azure_core::Error| QueueError::new(queue, describe(&error));
        let client = self.0.queue_client(queue).map_err(failed)?;
        let seconds = visible_after.as_secs().clamp(1, MAX_DELAY_SECONDS);
        let options = QueueClientReceiveMessagesOptions {
            number_of_messages: number(up_to),
            visibility_timeout: i32::try_from(seconds).ok(),
            ..QueueClientReceiveMessagesOptions::default()
        };
        let answer = match client.receive_messages(Some(options)).await {
            Err(error) if is_missing(&error) => return Ok(Vec::new()),
            result => result.map_err(failed)?,
        };
        let messages = answer.into_model().map_err(failed)?.items;
        let messages = messages.unwrap_or_default().into_iter();
        messages
            .map(|message| {
                Received::of(queue, message)
                    .ok_or_else(|| QueueError::new(queue, "a message has no ID or no time"))
            })
            .collect()
    }

    /// Removes a message that was received. `false` when it was no longer this receiver's: its time was over and somebody else has
    /// received or removed it.
    ///
    /// # Errors
    /// [`QueueError`] when the queue cannot be reached; the message then comes back when its time is over, or is gone.
    pub async fn delete(&self, message: &Received) -> Result<bool, QueueError> {
        let failed = |error: azure_core::Error| QueueError::new(&message.queue, describe(&error));
        let client = self.0.queue_client(&message.queue).map_err(failed)?;
        match client
            .delete_message(&message.id, &message.receipt, None)
            .await
        {
            Ok(_) => Ok(true),
            Err(error) if is_missing(&error) || code(&error) == Some("PopReceiptMismatch") => {
                Ok(false)
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Makes a message that was received visible at once, in place of when its time is over. `false` as for [`Queues::delete`].
    ///
    /// # Errors
    /// [`QueueError`] when the queue cannot be reached; the message then comes back when its time is over.
    pub async fn release(&self, message: &Received) -> Result<bool, QueueError> {
        let failed = |error: azure_core::Error| QueueError::new(&message.queue, describe(&error));
        let client = self.0.queue_client(&message.queue).map_err(failed)?;
        let released = client
            .update_message(&message.id, &message.receipt, 0, None)
            .await;
        match released {
            Ok(_) => Ok(true),
            Err(error) if is_missing(&error) || code(&error) == Some("PopReceiptMismatch") => {
                Ok(false)
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// The names of the account's queues in order, at most 5,000.
    ///
    /// # Errors
    /// [`QueueError`], naming `*`, when they cannot be listed.
    pub async fn names(&self) -> Result<Vec<String>, QueueError> {
        let failed = |error: azure_core::Error| QueueError::new("*", describe(&error));
        let mut queues = self.0.list_queues(None).map_err(failed)?;
        let mut names = Vec::new();
        while names.len() < MOST_NAMES
            && let Some(queue) = queues.try_next().await.map_err(failed)?
        {
            names.extend(queue.name);
        }
        Ok(names)
    }
}

fn number(up_to: usize) -> Option<i32> {
    i32::try_from(up_to.clamp(1, MOST_MESSAGES)).ok()
}

fn is_missing(error: &azure_core::Error) -> bool {
    error
        .http_status()
        .is_some_and(|status| u16::from(status) == 404)
}

fn code(error: &azure_core::Error) -> Option<&str> {
    match error.kind() {
        azure_core::error::ErrorKind::HttpResponse { error_code, .. } => error_code.as_deref(),
        _ => None,
    }
}

async fn put(client: &QueueClient, text: &str, delay: Duration) -> azure_core::Result<()> {
    let message = QueueMessage {
        message_text: Some(base64::encode(text)),
    };
    // Rounded up: who is asked to wait must not come back early, and part of a second would be nothing.
    let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
    let seconds = seconds.min(MAX_DELAY_SECONDS);
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
