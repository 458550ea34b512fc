//! The poison queues, read by many tests at once: what one takes out is kept for the others.

use std::time::Duration;

use anyhow::bail;
use base64::{Engine, engine::general_purpose::STANDARD};
use functions_host::{QueueError, QueueService};
use serde_json::Value;
use tokio::{sync::Mutex, time::Instant};

/// How often an empty queue is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Everything that was taken out of poison queues.
#[derive(Default)]
pub(crate) struct Poison(Mutex<Vec<(String, Value)>>);

impl Poison {
    /// Waits for a message that is wanted.
    pub(crate) async fn wait(
        &self,
        queues: &dyn QueueService,
        queue: &str,
        longest: Duration,
        wanted: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<Value> {
        let deadline = Instant::now() + longest;
        loop {
            {
                let mut kept = self.0.lock().await;
                take_out(queues, queue, &mut kept).await?;
                let found = kept.iter().find(|(of, text)| of == queue && wanted(text));
                if let Some((_, found)) = found {
                    return Ok(found.clone());
                }
                if Instant::now() > deadline {
                    bail!("not in {queue} after {longest:?}, but: {kept:#?}");
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Takes everything out of a queue, so that it is among the messages that the world has seen.
    pub(crate) async fn empty(&self, queues: &dyn QueueService, queue: &str) -> anyhow::Result<()> {
        take_out(queues, queue, &mut *self.0.lock().await).await
    }
}

async fn take_out(
    queues: &dyn QueueService,
    queue: &str,
    kept: &mut Vec<(String, Value)>,
) -> anyhow::Result<()> {
    loop {
        let messages = match queues.receive(queue, 32, Duration::from_secs(30)).await {
            Ok(messages) => messages,
            Err(QueueError::NoQueue) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        if messages.is_empty() {
            return Ok(());
        }
        for message in messages {
            queues
                .delete(queue, &message.id, &message.pop_receipt)
                .await?;
            let bytes = STANDARD.decode(&message.text)?;
            let value = serde_json::from_slice(&bytes)
                .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
            kept.push((queue.to_owned(), value));
        }
    }
}
