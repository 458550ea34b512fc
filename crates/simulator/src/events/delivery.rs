//! What became of each event for each subscription.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One event on its way to one endpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Counts up from 1, in the order in which events were raised.
    pub sequence: u64,
    /// The name of the subscription; `project/rule` for a webhook of MK.IO.
    pub subscription: String,
    /// `Microsoft.Media.JobFinished`, `MediaKind.JobFinished`, ...
    pub event_type: String,
    /// The event's subject; a CloudEvent's source.
    pub subject: String,
    /// What became of it.
    pub state: DeliveryState,
    /// How often it was posted.
    pub attempts: u32,
    /// The endpoint's last status; `None`: never reached.
    pub status: Option<u16>,
    /// Whether it repeats an earlier delivery.
    pub repeated: bool,
    /// The whole event. That of a webhook may hold content keys.
    pub event: Value,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DeliveryState {
    /// On its way, or waiting for its next attempt.
    Pending,
    /// The endpoint took it.
    Delivered,
    /// Lost on purpose, by the switch `lose`.
    Lost,
    /// Given up: the endpoint refused it for good, the attempts or the time ran out, or the subscription is gone.
    Dropped,
}

/// In which order deliveries are made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RedeliveryOrder {
    /// As they were raised.
    Same,
    /// The last one first.
    Reversed,
    /// By chance.
    Shuffled,
}
