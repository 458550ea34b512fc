//! Events on their way: they are delivered at least once, in no order, some late; and now and then one is lost. And what Event Grid
//! tells of an account of Azure Media Services.

use std::{sync::Arc, time::Duration};

use change::{Kind, Name, ResourceId};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{Ended, Host, envelope};
use crate::{account::written, world::World};

/// The account whose events count, as the configuration of the mirror has it.
pub(crate) const PRIMARY: &str = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/east/providers/Microsoft.Media/mediaServices/primary";

/// The same and other accounts, as events name them.
pub(crate) const PRIMARY_IN_EVENTS: &str = "/subscriptions/11111111-2222-3333-4444-555555555555/resourcegroups/EAST/providers/Microsoft.Media/mediaservices/primary";
pub(crate) const SECONDARY_IN_EVENTS: &str = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/west/providers/Microsoft.Media/mediaservices/secondary";

const DELETED: &str = "Microsoft.Resources.ResourceDeleteSuccess";

/// Where an event goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// A function with an Event Grid trigger.
    Function(&'static str),
    /// The function for webhooks, with this as the secret.
    Webhook(&'static str),
}

/// How events travel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delivery {
    pub(crate) lost: f64,
    pub(crate) doubled: f64,
    pub(crate) late: f64,
}

impl Delivery {
    /// Every event arrives once, at once.
    #[cfg(test)]
    pub(crate) const PERFECT: Self = Self {
        lost: 0.0,
        doubled: 0.0,
        late: 0.0,
    };
}

/// An event of Azure Resource Manager.
pub(crate) fn resource_event(world: &World, account: &str, path: &str, deleted: bool) -> Value {
    let (kind, verb) = if deleted {
        (DELETED, "delete")
    } else {
        ("Microsoft.Resources.ResourceWriteSuccess", "write")
    };
    let subject = format!("{account}/{path}");
    json!({
        "id": world.delivery_chance.uuid().to_string(),
        "topic": "/subscriptions/11111111-2222-3333-4444-555555555555",
        "subject": subject,
        "eventType": kind,
        "eventTime": written(world.clock.now()),
        "data": {"resourceProvider": "Microsoft.Media", "resourceUri": subject,
            "operationName": format!("Microsoft.Media/mediaservices/x/{verb}"), "status": "Succeeded"},
        "dataVersion": "2",
        "metadataVersion": "1",
    })
}

/// The event of a job that wrote these assets.
pub(crate) fn job_event(world: &World, outputs: &[&str]) -> Value {
    let outputs: Vec<Value> = outputs
        .iter()
        .map(|asset| json!({"@odata.type": "#Microsoft.Media.JobOutputAsset", "assetName": asset, "state": "Finished"}))
        .collect();
    json!({
        "id": world.delivery_chance.uuid().to_string(),
        "topic": PRIMARY_IN_EVENTS,
        "subject": "transforms/t/jobs/j",
        "eventType": "Microsoft.Media.JobFinished",
        "eventTime": written(world.clock.now()),
        "data": {"previousState": "Processing", "state": "Finished", "outputs": outputs},
        "dataVersion": "1.0",
        "metadataVersion": "1",
    })
}

impl World {
    /// Sends an event on its way.
    pub(crate) fn publish(self: &Arc<Self>, hosts: &[Arc<Host>], to: Target, event: Value) {
        let chance = &self.delivery_chance;
        let how = self.delivery;
        if chance.happens(how.lost) {
            let what = event["subject"]
                .as_str()
                .or_else(|| event["source"].as_str());
            self.say(format_args!(
                "an event is lost: {}",
                what.unwrap_or_default()
            ));
            return;
        }
        let copies = if chance.happens(how.doubled) { 2 } else { 1 };
        for _ in 0..copies {
            let delay = if chance.happens(how.late) {
                chance.millis(5_000, 900_000)
            } else {
                chance.millis(50, 2_000)
            };
            let host = Arc::clone(chance.pick(hosts));
            self.under_way(1);
            tokio::spawn(deliver(Arc::clone(self), host, to, event.clone(), delay));
        }
    }
}

impl World {
    /// The mirror took an event. If a locator was deleted and is gone now, its replica must go too.
    fn announced(&self, event: &Value) {
        let subject = event["subject"].as_str().unwrap_or_default();
        let name = subject
            .strip_prefix(PRIMARY_IN_EVENTS)
            .and_then(|path| path.strip_prefix("/streamingLocators/"));
        let id = name.and_then(|name| Name::new(name).ok());
        let Some(id) = id.map(|name| ResourceId::new(Kind::StreamingLocators, name)) else {
            return;
        };
        let length = self.log.length();
        let mut state = self.state();
        let gone = state.primary.get(&id).is_none();
        if gone && event["eventType"] == DELETED {
            state.chronicle.announced.insert(id, length);
        }
    }
}

async fn deliver(
    world: Arc<World>,
    host: Arc<Host>,
    to: Target,
    event: Value,
    mut delay: Duration,
) {
    loop {
        sleep(delay).await;
        let taken = match to {
            Target::Function(function) => host.receive_event(function, &event).await,
            Target::Webhook(secret) => host.receive_webhook(secret, &event).await,
        };
        if taken {
            break;
        }
        delay = Duration::from_secs(10);
    }
    world.under_way(-1);
}

impl Host {
    /// Whether the event was taken.
    async fn receive_event(&self, function: &str, event: &Value) -> bool {
        let found = self.functions.events.iter().find(|f| f.name == function);
        let Some(function) = found else { return false };
        let subject = event["subject"].as_str().unwrap_or_default();
        match self
            .invoke(&function.name, &envelope::event(function, event))
            .await
        {
            Ended::Done(outputs) => {
                let taken: usize = outputs.values().map(Vec::len).sum();
                self.world
                    .say(format_args!("event {subject}: {taken} messages"));
                for (binding, messages) in outputs {
                    let Some(queue) = function.outputs.get(binding) else {
                        let broken = format!("{} has no binding {binding}", function.name);
                        self.world
                            .state()
                            .watch
                            .breaks("nothing is dropped", broken);
                        continue;
                    };
                    for message in messages {
                        self.world.queues.send(queue, &message, Duration::ZERO);
                    }
                }
                if taken > 0 {
                    self.world.announced(event);
                }
                true
            }
            Ended::Failed | Ended::Died => false,
        }
    }
}
