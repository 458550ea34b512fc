//! One invocation from its trigger to its outputs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::call;
use crate::config::{App, Function, OutputKind};
use crate::envelope::{self, Bag, TriggerInput};
use crate::journal::{HostEvent, Journal};
use crate::lines::Level;
use crate::options::Timings;
use crate::queue::{QueueService, Wake, send_to_queue};
use crate::reply::{self, HttpOutput, Reply, Verdict};
use crate::worker::Worker;

/// What every part of a running host shares.
pub(crate) struct Core {
    pub(crate) app: App,
    pub(crate) queues: BTreeMap<String, Arc<dyn QueueService>>,
    pub(crate) timings: Timings,
    pub(crate) processor_count: usize,
    pub(crate) dev: bool,
    pub(crate) traceparent: bool,
    pub(crate) ready_timeout: Duration,
    pub(crate) client: reqwest::Client,
    pub(crate) journal: Arc<Journal>,
    pub(crate) worker: Worker,
    pub(crate) wake: Wake,
    pub(crate) shutdown: watch::Sender<bool>,
}

/// A successful invocation. The HTTP response is there if the function has an `http` output and replied to it.
#[derive(Debug, Default)]
pub(crate) struct Completion {
    pub(crate) http: Option<HttpOutput>,
}

impl Core {
    /// `None` is unbounded.
    pub(crate) fn function_timeout(&self) -> Option<Duration> {
        self.timings
            .function_timeout
            .or(self.app.settings.function_timeout)
    }

    pub(crate) fn longest_poll(&self) -> Duration {
        let idle = Duration::from_secs(if self.dev { 2 } else { 60 });
        self.timings
            .poll_max
            .or(self.app.settings.queues.max_polling_interval)
            .unwrap_or(idle)
    }

    pub(crate) fn new_batch_threshold(&self) -> usize {
        let queues = &self.app.settings.queues;
        queues
            .new_batch_threshold
            .unwrap_or(queues.batch_size / 2 * self.processor_count)
    }

    /// How long an invocation waits for a handler that is being started: four times its own limit.
    pub(crate) fn patience(&self) -> Duration {
        self.ready_timeout * 4
    }

    /// Runs a function, with its retry policy if it has one.
    ///
    /// # Errors
    /// The text of the failure; it is in the journal already.
    pub(crate) async fn invoke(
        self: &Arc<Self>,
        function: &Arc<Function>,
        input: Result<TriggerInput, String>,
        reason: String,
        details: String,
    ) -> Result<Completion, String> {
        let mut count = 0;
        loop {
            let context = function.retry.as_ref().map(|retry| {
                let max = retry.max.map_or(-1, i64::from);
                json!({"RetryCount": count, "MaxRetryCount": max, "Exception": null})
            });
            let result = self
                .once(function, input.clone(), &reason, &details, context)
                .await;
            match (&result, &function.retry) {
                (Err(_), Some(retry))
                    if retry.max.is_none_or(|max| count < max) && !*self.shutdown.borrow() =>
                {
                    sleep(retry.pause(count)).await;
                    count += 1;
                }
                _ => return result,
            }
        }
    }

    async fn once(
        self: &Arc<Self>,
        function: &Arc<Function>,
        input: Result<TriggerInput, String>,
        reason: &str,
        details: &str,
        retry: Option<Value>,
    ) -> Result<Completion, String> {
        let id = Uuid::new_v4();
        self.journal.begin(id, &function.name, reason, details);
        let result = match input {
            Err(text) => Err(text),
            Ok(input) => self.timed(id, function, input, retry).await,
        };
        self.journal.finish(
            id,
            &function.name,
            result.as_ref().map(drop).map_err(Clone::clone),
        );
        result
    }

    /// The invocation within `functionTimeout`. Past it the invocation has failed; if the handler has not answered a
    /// grace later either, it is killed, and with it everything else it was doing.
    async fn timed(
        self: &Arc<Self>,
        id: Uuid,
        function: &Arc<Function>,
        input: TriggerInput,
        retry: Option<Value>,
    ) -> Result<Completion, String> {
        self.worker
            .available(self.patience())
            .await
            .inspect_err(|text| self.give_up(text))?;
        let (core, owned) = (Arc::clone(self), Arc::clone(function));
        let mut task = tokio::spawn(async move { core.exchange(id, &owned, input, retry).await });
        let Some(limit) = self.function_timeout() else {
            return joined(task.await);
        };
        if let Ok(result) = timeout(limit, &mut task).await {
            return joined(result);
        }
        let name = &function.name;
        let text = format!(
            "Timeout value of {limit:?} was exceeded by function: Functions.{name} (Id: '{id}')"
        );
        self.journal
            .line(Level::Error, format!("Function.{name}"), Some(id), &text);
        let core = Arc::clone(self);
        tokio::spawn(async move {
            if timeout(core.timings.timeout_grace, &mut task)
                .await
                .is_err()
            {
                task.abort();
                core.worker.restart(format!(
                    "A function timeout has occurred. Restarting worker process executing invocationId '{id}'."
                ));
            }
        });
        Err(text)
    }

    /// A handler that never became ready stops the host, once.
    fn give_up(&self, reason: &str) {
        if !self.shutdown.send_replace(true) {
            self.journal.error("Host.Workers", reason);
            self.journal.publish(HostEvent::Stopped {
                reason: reason.to_owned(),
            });
        }
    }

    async fn exchange(
        self: &Arc<Self>,
        id: Uuid,
        function: &Function,
        input: TriggerInput,
        retry: Option<Value>,
    ) -> Result<Completion, String> {
        let body = envelope::body(function.trigger.binding(), &input, retry);
        let answer = call::post(
            &self.client,
            self.worker.port,
            &function.name,
            id,
            self.traceparent,
            body,
        )
        .await?;
        let reply = match reply::judge(&answer) {
            Verdict::Reply(reply) => reply,
            Verdict::Failed(text) => return Err(text),
            Verdict::Hangs(warning) => {
                let text = format!("{}: {warning}", function.name);
                self.journal
                    .line(Level::Warning, "Host.StandIn", Some(id), text);
                return std::future::pending().await;
            }
        };
        self.journal.user_logs(id, &function.name, &reply.logs);
        self.deliver(id, function, &reply, &input.metadata).await
    }

    /// Sends the outputs: one binding's messages one after another, the bindings side by side. What was sent before a
    /// failure stays sent.
    async fn deliver(
        &self,
        id: Uuid,
        function: &Function,
        reply: &Reply,
        metadata: &Bag,
    ) -> Result<Completion, String> {
        self.hint_at_lost_outputs(id, function, reply);
        let mut completion = Completion::default();
        let mut sends = Vec::new();
        for output in &function.outputs {
            let value = if output.name == "$return" {
                reply.return_value.as_ref()
            } else {
                reply
                    .outputs
                    .as_ref()
                    .and_then(|outputs| outputs.get(&output.name))
            };
            match &output.kind {
                OutputKind::Http => {
                    completion.http = match value {
                        Some(value) => Some(HttpOutput::read(value)?),
                        None => reply.outputs.as_ref().map(|_| HttpOutput::missing()),
                    };
                }
                OutputKind::Queue { queue, connection } => {
                    if let Some(value) = value {
                        let messages = reply::messages(value, output.binary);
                        sends.push(self.send_all(connection, queue, metadata, messages));
                    }
                }
            }
        }
        let results = futures::future::join_all(sends).await;
        results.into_iter().collect::<Result<Vec<()>, String>>()?;
        Ok(completion)
    }

    async fn send_all(
        &self,
        connection: &str,
        queue: &str,
        metadata: &Bag,
        messages: Result<Vec<Vec<u8>>, String>,
    ) -> Result<(), String> {
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD;
        let queue = bind(queue, metadata)?.to_lowercase();
        let service = self
            .queues
            .get(connection)
            .ok_or_else(|| format!("no queue access for {connection:?}"))?;
        for message in messages? {
            let text = if self.app.settings.queues.base64 {
                STANDARD.encode(&message)
            } else {
                String::from_utf8_lossy(&message).into_owned()
            };
            send_to_queue(&**service, &queue, &text)
                .await
                .map_err(|error| format!("sending to the queue '{queue}' failed: {error}"))?;
            self.wake.wake(&queue);
        }
        Ok(())
    }

    /// The real host drops these without a word.
    fn hint_at_lost_outputs(&self, id: Uuid, function: &Function, reply: &Reply) {
        let bound = |name: &str| function.outputs.iter().any(|output| output.name == name);
        let hint = |text: String| {
            self.journal
                .line(Level::Warning, "Host.StandIn", Some(id), text);
        };
        for name in reply
            .outputs
            .iter()
            .flat_map(|outputs| outputs.keys())
            .filter(|name| !bound(name))
        {
            hint(format!(
                "{} has no output binding {name:?} (names count in their case): dropped",
                function.name
            ));
        }
        if reply.return_value.is_some() && !bound("$return") {
            hint(format!(
                "{} has no output binding $return: ReturnValue is dropped",
                function.name
            ));
        }
    }
}

fn joined(
    result: Result<Result<Completion, String>, tokio::task::JoinError>,
) -> Result<Completion, String> {
    result.unwrap_or_else(|error| Err(format!("the stand-in itself failed: {error}")))
}

/// Fills `{expressions}` in an output's queue name from the trigger's metadata.
fn bind(template: &str, metadata: &Bag) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, tail)) = rest.split_once('{') {
        let (name, after) = tail
            .split_once('}')
            .ok_or_else(|| format!("{template:?} has an open brace"))?;
        out.push_str(before);
        if name.eq_ignore_ascii_case("rand-guid") {
            out.push_str(&Uuid::new_v4().to_string());
        } else {
            let value = metadata.expression(name);
            out.push_str(&value.ok_or_else(|| format!("No value for named parameter '{name}'."))?);
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}
