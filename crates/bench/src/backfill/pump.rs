//! Drives the queues of walks and batches as the Functions host would, with a handler that may be killed at any time.

use std::{collections::HashMap, time::Duration};

use anyhow::{Context, ensure};
use fake_storage::AccountHandle;
use functions_host::{AzureQueues, QueueError, QueueService, ReceivedMessage};
use simulator::Control;
use tokio::{task::JoinSet, time::Instant};

use crate::{calls::Calls, envelope, handler::Handler, http::HandlerClient, services::Services};

/// The queues and their functions, which bear the same names.
const QUEUES: [&str; 2] = ["walk", "backfill"];

/// The queues that must stay empty: what follows from a backfill goes back to the backfill.
const OTHERS: [&str; 6] = [
    "mirror-asset",
    "mirror-locator",
    "mirror-content-key-policy",
    "mirror-streaming-policy",
    "mirror-filter",
    "copy-blobs",
];

/// How long a message that is worked on stays hidden.
const HIDDEN: Duration = Duration::from_secs(600);

/// How often an idle queue is looked at, and the calls are counted.
const LOOK: Duration = Duration::from_millis(20);

/// How long everything together may take.
const LONGEST: Duration = Duration::from_secs(3000);

/// An invocation that ended: which queue's, which message, and whether the handler answered that it is done.
type Ended = (&'static str, ReceivedMessage, anyhow::Result<()>);

/// The queues, and what works on them.
pub(super) struct Pump<'a> {
    storage: AccountHandle,
    queues: AzureQueues,
    control: Control,
    handler: &'a mut Handler,
    /// Invocations of one function at once.
    in_flight: usize,
    running: JoinSet<Ended>,
    at_once: HashMap<&'static str, usize>,
    /// All calls so far.
    pub(super) calls: Calls,
    /// Invocations that began.
    pub(super) invocations: u32,
}

impl<'a> Pump<'a> {
    pub(super) fn new(
        services: &Services,
        handler: &'a mut Handler,
        in_flight: usize,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            storage: services.app(),
            queues: services.queues()?,
            control: services.simulator.control(),
            handler,
            in_flight,
            running: JoinSet::new(),
            at_once: HashMap::new(),
            calls: Calls::default(),
            invocations: 0,
        })
    }

    /// Works until the queues are empty. `interrupt` is asked every few milliseconds, with the number of calls so far, whether the handler is
    /// to be killed.
    pub(super) async fn run(
        &mut self,
        mut interrupt: impl FnMut(u64) -> bool,
    ) -> anyhow::Result<()> {
        let deadline = Instant::now() + LONGEST;
        loop {
            ensure!(Instant::now() < deadline, "not done within {LONGEST:?}");
            let mut received = false;
            for queue in QUEUES {
                received |= self.receive(queue).await?;
            }
            if !received && self.running.is_empty() && self.is_empty() {
                break;
            }
            tokio::select! {
                Some(ended) = self.running.join_next() => self.end(ended?).await?,
                () = tokio::time::sleep(LOOK) => {}
            }
            while let Some(ended) = self.running.try_join_next() {
                self.end(ended?).await?;
            }
            self.calls.take(&self.control);
            if interrupt(self.calls.all()) {
                self.interrupt().await?;
            }
        }
        self.calls.take_all(&self.control);
        for queue in OTHERS {
            let left = self.storage.messages(queue).len();
            ensure!(left == 0, "{left} messages in the queue {queue}");
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        QUEUES
            .iter()
            .all(|queue| self.storage.messages(queue).is_empty())
    }

    /// Begins as many invocations as may run at once; whether there was any message.
    async fn receive(&mut self, queue: &'static str) -> anyhow::Result<bool> {
        let running = self.at_once.get(queue).copied().unwrap_or_default();
        let free = self.in_flight.saturating_sub(running).min(32);
        if free == 0 {
            return Ok(false);
        }
        let messages = match self.queues.receive(queue, free, HIDDEN).await {
            Ok(messages) => messages,
            Err(QueueError::NoQueue) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let any = !messages.is_empty();
        for message in messages {
            *self.at_once.entry(queue).or_default() += 1;
            self.invocations += 1;
            let client = self.handler.client.clone();
            self.running.spawn(async move {
                let result = invoke(&client, queue, &message).await;
                (queue, message, result)
            });
        }
        Ok(any)
    }

    /// What is done is removed; what is not comes again at once.
    async fn end(&mut self, (queue, message, result): Ended) -> anyhow::Result<()> {
        if let Some(running) = self.at_once.get_mut(queue) {
            *running -= 1;
        }
        let (id, receipt) = (&message.id, &message.pop_receipt);
        match result {
            Ok(()) => self.queues.delete(queue, id, receipt).await?,
            Err(_) => {
                ensure!(
                    message.dequeue_count < 30,
                    "{queue}: a message came too often"
                );
                let again = self.queues.update(queue, id, receipt, Duration::ZERO);
                again.await?;
            }
        }
        Ok(())
    }

    /// Kills the handler in the middle of whatever it does and starts another. What it was working on comes again.
    async fn interrupt(&mut self) -> anyhow::Result<()> {
        let Self {
            calls,
            control,
            handler,
            ..
        } = self;
        handler.replace(settle(calls, control)).await?;
        while let Some(ended) = self.running.join_next().await {
            self.end(ended?).await?;
        }
        Ok(())
    }
}

/// Waits until the accounts have dealt with what the handler had sent before it died: no host starts another one sooner.
async fn settle(calls: &mut Calls, control: &Control) {
    loop {
        let before = calls.all();
        tokio::time::sleep(LOOK).await;
        calls.take(control);
        if calls.all() == before {
            return;
        }
    }
}

async fn invoke(
    client: &HandlerClient,
    queue: &'static str,
    message: &ReceivedMessage,
) -> anyhow::Result<()> {
    let text = envelope::decoded(&message.text).context("a message that is not base64")?;
    let text = String::from_utf8(text)?;
    let envelope = envelope::queue_message(queue, &text);
    client.invoke(queue, envelope).await.map(drop)
}
