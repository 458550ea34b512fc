//! One event.

use serde_json::Value;

/// One event, as it is posted.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    /// The account it is about.
    pub account: String,
    /// In the Event Grid schema.
    pub body: Value,
}

impl Event {
    pub(crate) fn event_type(&self) -> &str {
        self.body["eventType"].as_str().unwrap_or_default()
    }
}
