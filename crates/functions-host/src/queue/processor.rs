//! What happens to one message: decoding, invocation, renewal, and its end.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use tokio::time::sleep;

use super::{QueueError, QueueService, ReceivedMessage};
use crate::config::Function;
use crate::dotnet;
use crate::envelope::{self, QueueItem};
use crate::invoke::Core;
use crate::journal::HostEvent;

const CATEGORY: &str = "Host.Triggers.Queue";

/// Handles the messages of one queue for one function.
pub(crate) struct Processor {
    pub(crate) function: Arc<Function>,
    pub(crate) service: Arc<dyn QueueService>,
    pub(crate) queue: String,
    pub(crate) binary: bool,
    /// Absent when the queue is a poison queue itself or its poison queue's name would be too long.
    pub(crate) poison_queue: Option<String>,
}

/// `<queue>-poison`, where the real host would make one.
pub(crate) fn poison_name(queue: &str) -> Option<String> {
    let name = format!("{queue}-poison");
    (!queue.ends_with("-poison") && name.len() <= 63).then_some(name)
}

impl Processor {
    /// Takes a received message to its end: deleted, released, or moved to the poison queue.
    pub(crate) async fn process(&self, core: &Arc<Core>, message: ReceivedMessage) {
        let settings = &core.app.settings.queues;
        let body = if settings.base64 {
            dotnet::decode_base64(&message.text)
        } else {
            Some(message.text.clone().into_bytes())
        };
        let Some(body) = body else {
            let id = &message.id;
            let text = format!(
                "Message decoding has failed! Check MessageEncoding settings. MessageId={id}"
            );
            core.journal.warn(CATEGORY, text);
            return self
                .poison(
                    core,
                    &message,
                    &message.pop_receipt,
                    "The message cannot be decoded",
                )
                .await;
        };
        if message.dequeue_count > settings.max_dequeue_count && self.poison_queue.is_some() {
            return self
                .poison(core, &message, &message.pop_receipt, &exhausted(core))
                .await;
        }
        let item = QueueItem {
            body,
            id: Some(message.id.clone()),
            pop_receipt: Some(message.pop_receipt.clone()),
            dequeue_count: message.dequeue_count,
            inserted: message.inserted,
            expires: message.expires,
            next_visible: message.next_visible,
        };
        let input = envelope::queue(&self.function.name, self.binary, &item);
        let reason = format!("New queue message detected on '{}'.", self.queue);
        let inserted = message
            .inserted
            .map(dotnet::offset_text)
            .unwrap_or_default();
        let details = format!(
            "MessageId: {}, DequeueCount: {}, InsertionTime: {inserted}",
            message.id, message.dequeue_count
        );
        let receipt = Arc::new(Mutex::new(message.pop_receipt.clone()));
        let invocation = core.invoke(&self.function, input, reason, details);
        let done = Notify::new();
        let (result, ()) = tokio::join!(
            async {
                let result = invocation.await;
                done.notify_one();
                result
            },
            self.renew(core, &message.id, &receipt, &done),
        );
        let receipt = receipt
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match result {
            Ok(_) => self.settle(
                core,
                &message.id,
                self.service
                    .delete(&self.queue, &message.id, &receipt)
                    .await,
            ),
            Err(_) => self.failed(core, &message, &receipt).await,
        }
    }

    async fn failed(&self, core: &Core, message: &ReceivedMessage, receipt: &str) {
        let settings = &core.app.settings.queues;
        if message.dequeue_count >= settings.max_dequeue_count {
            // Without a poison queue the message stays hidden until its time is over.
            return self.poison(core, message, receipt, &exhausted(core)).await;
        }
        let released = self
            .service
            .update(
                &self.queue,
                &message.id,
                receipt,
                settings.visibility_timeout,
            )
            .await;
        self.settle(core, &message.id, released.map(drop));
    }

    /// Copies the stored text, nothing else, and deletes the message.
    async fn poison(&self, core: &Core, message: &ReceivedMessage, receipt: &str, why: &str) {
        let Some(poison_queue) = &self.poison_queue else {
            return;
        };
        let (queue, id) = (&self.queue, &message.id);
        let moved = async {
            send(&*self.service, poison_queue, &message.text).await?;
            self.service.delete(queue, id, receipt).await
        };
        match moved.await {
            Ok(()) => {
                core.journal.warn(
                    CATEGORY,
                    format!("{why}. Moving message to queue '{poison_queue}'."),
                );
                core.wake.wake(poison_queue);
                core.journal.publish(HostEvent::Poisoned {
                    queue: queue.clone(),
                    poison_queue: poison_queue.clone(),
                    message_id: id.clone(),
                });
            }
            Err(error) => core.journal.error(
                CATEGORY,
                format!("moving {id} to '{poison_queue}' failed: {error}"),
            ),
        }
    }

    fn settle(&self, core: &Core, id: &str, result: Result<(), QueueError>) {
        if let Err(error) = result {
            core.journal.warn(
                CATEGORY,
                format!("completing {id} of '{}' failed: {error}", self.queue),
            );
        }
    }

    /// Keeps the message hidden while the function runs. A renewal under way is always finished, because it
    /// changes the receipt that the message's end needs.
    async fn renew(&self, core: &Core, id: &str, receipt: &Mutex<String>, done: &Notify) {
        loop {
            tokio::select! {
                () = done.notified() => return,
                () = sleep(core.timings.visibility_renewal) => {}
            }
            let old = receipt
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone();
            match self
                .service
                .update(&self.queue, id, &old, core.timings.message_visibility)
                .await
            {
                Ok(new) => *receipt.lock().unwrap_or_else(PoisonError::into_inner) = new,
                Err(error) => {
                    core.journal.warn(
                        CATEGORY,
                        format!("renewing {id} of '{}' failed: {error}", self.queue),
                    );
                }
            }
        }
    }
}

fn exhausted(core: &Core) -> String {
    format!(
        "Message has reached MaxDequeueCount of {}",
        core.app.settings.queues.max_dequeue_count
    )
}

/// Puts a message into a queue and creates the queue if it is missing, as the real extension does.
pub(crate) async fn send(
    service: &dyn QueueService,
    queue: &str,
    text: &str,
) -> Result<(), QueueError> {
    match service.send(queue, text).await {
        Err(QueueError::NoQueue) => {
            service.create(queue).await?;
            service.send(queue, text).await
        }
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poison_queues_have_no_poison_queues() {
        assert_eq!(poison_name("jobs").as_deref(), Some("jobs-poison"));
        assert_eq!(poison_name("jobs-poison"), None);
        assert_eq!(poison_name(&"a".repeat(57)), None);
    }
}
