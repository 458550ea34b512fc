//! One attempt to reach an endpoint, and when the next one is due.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::EventSubscription;
use crate::times;

/// Event Grid waits this long for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The most attempts of a delivery (Event Grid's default).
pub(super) const MOST_ATTEMPTS: u32 = 30;

/// How long a delivery is tried, in seconds (Event Grid's default: 24 h).
pub(super) const TIME_TO_LIVE: f64 = 24.0 * 3600.0;

/// How an attempt went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attempt {
    Taken(u16),
    /// Worth another attempt.
    Failed(Option<u16>),
    /// Event Grid does not try a webhook again after 400, 401, 403 and 413.
    Refused(u16),
}

/// The published wait after so many attempts, in seconds.
pub(super) fn wait_after(attempts: u32) -> f64 {
    let minute = 60.0;
    match attempts {
        0 | 1 => 10.0,
        2 => 30.0,
        3 => minute,
        4 => 5.0 * minute,
        5 => 10.0 * minute,
        6 => 30.0 * minute,
        7 => 60.0 * minute,
        8 => 180.0 * minute,
        9 => 360.0 * minute,
        _ => 720.0 * minute,
    }
}

/// Posts one event as Event Grid does: an array of one.
pub(super) async fn notify(
    http: &reqwest::Client,
    to: &EventSubscription,
    event: &Value,
    attempts: u32,
) -> Attempt {
    let text = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
    let sent = http
        .post(to.endpoint.clone())
        .timeout(PATIENCE)
        .header("content-type", "application/json; charset=utf-8")
        .header("aeg-event-type", "Notification")
        .header("aeg-subscription-name", to.name.to_uppercase())
        .header("aeg-delivery-count", attempts.to_string())
        .header("aeg-data-version", text("dataVersion"))
        .header("aeg-metadata-version", text("metadataVersion"))
        .body(json!([event]).to_string())
        .send()
        .await;
    match sent {
        Ok(reply) => match reply.status().as_u16() {
            status @ 200..=204 => Attempt::Taken(status),
            status @ (400 | 401 | 403 | 413) => Attempt::Refused(status),
            status => Attempt::Failed(Some(status)),
        },
        Err(_) => Attempt::Failed(None),
    }
}

/// The handshake of a new subscription: the endpoint must give the code back.
pub(super) async fn handshake(
    http: &reqwest::Client,
    to: &EventSubscription,
) -> anyhow::Result<()> {
    let code = Uuid::new_v4().to_string();
    let event = json!([{
        "id": Uuid::new_v4().to_string(),
        "topic": "/subscriptions/00000000-0000-0000-0000-000000000000",
        "subject": "",
        "data": { "validationCode": code, "validationUrl": "" },
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "eventTime": times::ticks(times::now()),
        "metadataVersion": "1",
        "dataVersion": "2",
    }]);
    let reply = http
        .post(to.endpoint.clone())
        .timeout(PATIENCE)
        .header("content-type", "application/json; charset=utf-8")
        .header("aeg-event-type", "SubscriptionValidation")
        .header("aeg-subscription-name", to.name.to_uppercase())
        .header("aeg-delivery-count", "0")
        .body(event.to_string())
        .send()
        .await
        .map_err(|error| {
            anyhow::anyhow!(
                "the endpoint cannot be reached for its validation: {}",
                error.without_url()
            )
        })?;
    let status = reply.status();
    anyhow::ensure!(
        status == 200,
        "the endpoint answered its validation with {status}, and 200 is wanted"
    );
    let body = reply.bytes().await.map_err(reqwest::Error::without_url)?;
    let answer: Value = serde_json::from_slice(&body).map_err(|_| {
        anyhow::anyhow!("the endpoint answered its validation with something that is not JSON")
    })?;
    anyhow::ensure!(
        answer["validationResponse"] == code,
        "the endpoint did not give the validation code back in `validationResponse`"
    );
    Ok(())
}
