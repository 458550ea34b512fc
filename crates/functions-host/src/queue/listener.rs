//! The loop that polls one queue for one function.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::backoff::Backoff;
use super::processor::Processor;
use super::{QueueError, ReceivedMessage};
use crate::invoke::Core;

/// One function's listener.
pub(crate) struct Listener {
    core: Arc<Core>,
    processor: Arc<Processor>,
    wake: Arc<Notify>,
}

impl Listener {
    pub(crate) fn new(core: Arc<Core>, processor: Processor) -> Self {
        let wake = core.wake.listen(&processor.queue);
        Self {
            core,
            processor: Arc::new(processor),
            wake,
        }
    }

    /// Polls until the host stops, then waits for the messages in progress.
    pub(crate) async fn run(self) {
        let settings = &self.core.app.settings.queues;
        let threshold = self.core.new_batch_threshold();
        let mut backoff = Backoff::new(self.core.timings.poll_min, self.core.longest_poll());
        let mut shutdown = self.core.shutdown.subscribe();
        let mut in_progress = JoinSet::new();
        let mut exists = false;
        while !*shutdown.borrow_and_update() {
            let messages = tokio::select! {
                messages = self.receive(&mut exists, settings.batch_size) => messages,
                _ = shutdown.changed() => continue,
            };
            if messages.is_empty() {
                while in_progress.try_join_next().is_some() {}
                let pause = backoff.next(rand::random());
                tokio::select! {
                    () = sleep(pause) => {}
                    () = self.wake.notified() => backoff.reset(),
                    _ = shutdown.changed() => {}
                }
                continue;
            }
            backoff.reset();
            for message in messages {
                let (core, processor) = (Arc::clone(&self.core), Arc::clone(&self.processor));
                in_progress.spawn(async move { processor.process(&core, message).await });
            }
            // The next batch is fetched as soon as few enough of these are left.
            while in_progress.len() > threshold && !*shutdown.borrow() {
                tokio::select! {
                    _ = in_progress.join_next() => {}
                    _ = shutdown.changed() => {}
                }
            }
        }
        while in_progress.join_next().await.is_some() {}
    }

    async fn receive(&self, exists: &mut bool, batch: usize) -> Vec<ReceivedMessage> {
        let (service, queue) = (&self.processor.service, &self.processor.queue);
        let result = async {
            if !*exists {
                *exists = service.exists(queue).await?;
            }
            if !*exists {
                return Ok(Vec::new());
            }
            service
                .receive(queue, batch, self.core.timings.message_visibility)
                .await
        };
        match result.await {
            Ok(messages) => messages,
            Err(QueueError::NoQueue) => Vec::new(),
            Err(error) => {
                let text = format!("polling the queue '{queue}' failed: {error}");
                self.core.journal.warn("Host.Triggers.Queue", text);
                Vec::new()
            }
        }
    }
}
