//! Who gets events: subscriptions of Event Grid, and webhooks of MK.IO.

use serde_json::Value;

use super::post::{self, Attempt};
use super::{Event, EventSubscription, Webhook};
use crate::settings::DeliverySettings;

/// Who gets events.
#[derive(Clone)]
pub(super) enum Subscriber {
    Grid(EventSubscription),
    Webhook(Webhook),
}

impl Subscriber {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Grid(subscription) => &subscription.name,
            Self::Webhook(webhook) => &webhook.name,
        }
    }

    pub(super) fn grid(&self) -> Option<&EventSubscription> {
        match self {
            Self::Grid(subscription) => Some(subscription),
            Self::Webhook(_) => None,
        }
    }

    pub(super) fn wants(&self, event: &Event) -> bool {
        match self {
            Self::Grid(subscription) => subscription.wants(event),
            Self::Webhook(webhook) => webhook.wants(event),
        }
    }

    /// One attempt to deliver.
    pub(super) async fn notify(
        &self,
        http: &reqwest::Client,
        event: &Value,
        attempts: u32,
        settings: &DeliverySettings,
    ) -> Attempt {
        match self {
            Self::Grid(subscription) => post::notify(http, subscription, event, attempts).await,
            Self::Webhook(webhook) => {
                webhook
                    .notify(http, event, settings.webhook_content_type)
                    .await
            }
        }
    }
}
