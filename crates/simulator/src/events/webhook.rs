//! Webhooks of MK.IO: CloudEvents 1.0 in structured mode, posted to what a rule names.

use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::Event;
use super::post::Attempt;
use crate::settings::WebhookContentType;

/// How long an answer is waited for. No source says; Event Grid's patience.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the events of a rule go. Its URL and its headers hold secrets: it has no Debug.
#[derive(Clone)]
pub(crate) struct Webhook {
    /// `project/rule`.
    pub name: String,
    /// The project whose events it wants.
    pub project: String,
    /// With every parameter of the rule.
    pub url: Url,
    /// Every header of the rule.
    pub headers: Vec<(String, String)>,
    /// The types it wants.
    pub event_types: Vec<String>,
}

impl Webhook {
    pub(super) fn wants(&self, event: &Event) -> bool {
        event.is_cloud_event()
            && self.project.eq_ignore_ascii_case(&event.account)
            && self
                .event_types
                .iter()
                .any(|wanted| wanted == event.event_type())
    }

    /// Posts one event. What counts as a failure is documented nowhere: here everything but 2xx is worth another
    /// attempt.
    pub(super) async fn notify(
        &self,
        http: &reqwest::Client,
        event: &Value,
        content_type: WebhookContentType,
    ) -> Attempt {
        let mut request = http
            .post(self.url.clone())
            .timeout(PATIENCE)
            .header("content-type", content_type.text());
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        match request.body(event.to_string()).send().await {
            Ok(reply) if reply.status().is_success() => Attempt::Taken(reply.status().as_u16()),
            Ok(reply) => Attempt::Failed(Some(reply.status().as_u16())),
            Err(_) => Attempt::Failed(None),
        }
    }
}
