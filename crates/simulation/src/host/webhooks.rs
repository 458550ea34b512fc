//! Webhooks of MK.IO: what it announces, and how it is told to the handler. The host passes HTTP on as it comes.

use std::sync::Arc;

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
};
use change::{Kind, Name, ResourceId};
use serde_json::{Value, json};

use super::Host;
use crate::{
    account::{Fields, written},
    world::World,
};

/// The projects, by name.
pub(crate) const PRIMARY: &str = "east";
pub(crate) const SECONDARY: &str = "west";

/// What comes with every webhook, and in which header.
pub(crate) const SECRET: &str = "CANARYwebhooksecret";
pub(crate) const HEADER: &str = "x-webhook-secret";

fn event(world: &World, kind: &str, source: &str, project: &str, data: &Value) -> Value {
    let mut event = json!({
        "specversion": "1.0",
        "id": world.delivery_chance.uuid().to_string(),
        "type": format!("MediaKind.{kind}"),
        "source": source,
        "time": written(world.clock.now()),
        "datacontenttype": "application/json",
        "data": data,
    });
    event["data"]["projectName"] = json!(project);
    event
}

/// A locator was created. Its body goes along, as GET shows it.
pub(crate) fn locator_event(world: &World, project: &str, id: &ResourceId, shown: Value) -> Value {
    let source = format!("/api/v1/projects/{project}/media/{id}");
    let data = json!({"previousState": "Creating", "state": "Created", "resource": shown});
    event(world, "StreamingLocatorCreated", &source, project, &data)
}

/// A job went on, or ended, with these assets as its outputs.
pub(crate) fn job_event(world: &World, state: &str, outputs: &[&str]) -> Value {
    let source = format!("/api/v1/projects/{PRIMARY}/transforms/t/jobs/j");
    let outputs: Vec<Value> = outputs
        .iter()
        .map(|asset| json!({"@odata.type": "#Microsoft.Media.JobOutputAsset", "assetName": asset}))
        .collect();
    let resource = json!({"name": "j", "properties": {"state": state, "outputs": outputs}});
    let (kind, previous) = match state {
        "Processing" => ("JobStarted", "Queued"),
        _ => ("JobFinished", "Processing"),
    };
    let data = json!({"previousState": previous, "state": state, "resource": resource});
    event(world, kind, &source, PRIMARY, &data)
}

/// The locator that an event brings along.
fn locator_of(event: &Value) -> Option<(ResourceId, Fields)> {
    let shown = event["data"]["resource"].as_object()?;
    let name = Name::new(shown.get("name")?.as_str()?).ok()?;
    let id = ResourceId::new(Kind::StreamingLocators, name);
    (event["type"] == "MediaKind.StreamingLocatorCreated").then(|| (id, shown.clone()))
}

impl Host {
    /// Whether the webhook need not be sent again: it was taken, or refused for good.
    pub(super) async fn receive_webhook(&self, secret: &'static str, event: &Value) -> bool {
        let (process, app) = self.current();
        if let Some((id, shown)) = locator_of(event).filter(|_| secret == SECRET) {
            self.world.state().chronicle.heard.insert(id, shown);
        }
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("content-type", "application/json"),
            (HEADER, secret),
            (
                "x-azure-functions-invocationid",
                "00000000-0000-4000-8000-000000000000",
            ),
        ] {
            let name = HeaderName::from_static(name);
            headers.insert(name, HeaderValue::from_static(value));
        }
        let body = Bytes::from(event.to_string());
        // The server has a task for each connection: a panic ends no more than that.
        let answered = tokio::spawn(async move { handlers::receive(&app, headers, body).await });
        let status = tokio::select! {
            biased;
            () = process.died() => return false,
            status = answered => status.unwrap_or(StatusCode::BAD_GATEWAY),
        };
        let world: &Arc<World> = &self.world;
        let source = event["source"].as_str().unwrap_or_default();
        world.say(format_args!("webhook {source}: {status}"));
        if secret != SECRET && status.is_success() {
            let what = "a webhook without the secret was taken";
            world
                .state()
                .watch
                .breaks("only the primary is heard", what);
        }
        status.is_success() || status.is_client_error()
    }
}
