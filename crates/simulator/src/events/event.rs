//! One event.

use serde_json::Value;

/// One event, as it is posted.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    /// The account it is about.
    pub account: String,
    /// In the Event Grid schema, or a CloudEvent.
    pub body: Value,
}

impl Event {
    pub(crate) fn event_type(&self) -> &str {
        self.text("eventType", "type")
    }

    /// Event Grid's subject, or a CloudEvent's source.
    pub(crate) fn subject(&self) -> &str {
        self.text("subject", "source")
    }

    pub(crate) fn is_cloud_event(&self) -> bool {
        self.body.get("specversion").is_some()
    }

    fn text(&self, in_grid: &str, in_cloud: &str) -> &str {
        let name = if self.is_cloud_event() {
            in_cloud
        } else {
            in_grid
        };
        self.body[name].as_str().unwrap_or_default()
    }
}
