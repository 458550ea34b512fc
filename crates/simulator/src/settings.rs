//! What can be changed while the simulator runs.

use serde::{Deserialize, Serialize};

use crate::mkio::MkioSettings;

/// Behaviour that holds for every account until it is changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Settings {
    /// Most resources on one page of a listing. The real service fixes it and documents no number.
    pub page_size: usize,
    /// `Some(scale)`: enforce the published limits multiplied by `scale`. In AMS token buckets for each region and
    /// principal: reads 250 and 25 a second, writes and deletes 200 and 10 a second. In MK.IO for each project: GET 2000
    /// a minute, everything else 1000 a minute. `None`: no throttling.
    pub throttling_scale: Option<f64>,
    /// What becomes of a property that the service does not know.
    pub unknown_fields: UnknownFields,
    /// What becomes of a job that is put.
    pub jobs: JobsMode,
    /// How events are delivered.
    pub delivery: DeliverySettings,
    /// What no source settles about MK.IO.
    pub mkio: MkioSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            page_size: 1000,
            throttling_scale: None,
            unknown_fields: UnknownFields::default(),
            jobs: JobsMode::default(),
            delivery: DeliverySettings::default(),
            mkio: MkioSettings::default(),
        }
    }
}

/// What the service does with a property it does not know, in either dialect. No recording shows it; OData services
/// refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum UnknownFields {
    /// 400 `BadRequest`.
    #[default]
    Refuse,
    /// Accepted and forgotten.
    Ignore,
    /// Accepted, kept and shown: a field that the service learnt after its clients were written.
    Keep,
}

/// What becomes of a job that is put. Nothing is encoded: outputs keep the bytes that others put there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum JobsMode {
    /// It finishes at once.
    #[default]
    Finish,
    /// It stays in `Processing` until `finish_job` says how it ends.
    Hold,
    /// It ends in `Error` at once.
    Error,
    /// It ends in `Canceled` at once.
    Cancel,
}

/// How events reach their endpoints. Event Grid promises at least once, in no order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DeliverySettings {
    /// The published waits between attempts (10 s, 30 s, 1 min, 5 min, ...) and the time to live (24 h) are
    /// multiplied by this.
    pub time_scale: f64,
    /// Lose this many of the coming deliveries; `u32::MAX` loses every one.
    pub lose: u32,
    /// Deliver each event this many times more.
    pub duplicate: u32,
    /// Hold deliveries back until there are this many (or 200 ms have passed), then let them go shuffled; 0 and 1: each
    /// goes when its event is raised.
    pub reorder: usize,
    /// Deliver nothing until this is false again.
    pub paused: bool,
    /// What webhooks of MK.IO say that their bodies are.
    pub webhook_content_type: WebhookContentType,
}

/// What a webhook says that its body is. No source says which of the two it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WebhookContentType {
    /// `application/json`.
    #[default]
    Json,
    /// `application/cloudevents+json`, as the CloudEvents specification has it.
    CloudEvents,
}

impl WebhookContentType {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::CloudEvents => "application/cloudevents+json",
        }
    }
}

impl Default for DeliverySettings {
    fn default() -> Self {
        Self {
            time_scale: 0.01,
            lose: 0,
            duplicate: 0,
            reorder: 0,
            paused: false,
            webhook_content_type: WebhookContentType::default(),
        }
    }
}
