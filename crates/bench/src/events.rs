//! Event functions: they validate and enqueue, and call nobody.

use std::time::Instant;

use anyhow::ensure;
use bytes::Bytes;
use serde_json::{Value, json};
use uuid::Uuid;
use world::World;

use crate::{
    clock::Window,
    envelope,
    handler::Handler,
    report::{Bar, Row},
    starts::quantile,
};

const FUNCTION: &str = "resource-changed";

/// How many events are sent, one after another.
const COUNT: u32 = 2_000;

/// How many before that, unmeasured.
const WARM_UP: u32 = 100;

/// The round trip of one event at a time. It contains the function's own time, which the handler's log gives in whole milliseconds only.
pub(crate) async fn measure(handler: &Handler) -> anyhow::Result<Vec<Row>> {
    let mut round_trips = Vec::new();
    for n in 0..WARM_UP {
        once(handler, n).await?;
    }
    let window = Window::open(Some(handler.process()?))?;
    for n in 0..COUNT {
        round_trips.push(once(handler, n).await?);
    }
    let used = window.close()?;
    let cpu = used.handler * 1e3 / f64::from(COUNT);
    let p99 = quantile(&mut round_trips, 0.99);
    Ok(vec![
        Row::new("event-time", "Event function, median", Bar::AtMost(1.0), quantile(&mut round_trips, 0.5), "ms").note(format!(
            "round trip of `{FUNCTION}`, one at a time, so its own time is less; p99 {p99:.2} ms; handler's CPU {cpu:.2} ms an event"
        )),
    ])
}

async fn once(handler: &Handler, n: u32) -> anyhow::Result<f64> {
    let envelope: Bytes = envelope::event(FUNCTION, &written(&format!("locator-{n:06}")));
    let began = Instant::now();
    let answer = handler.client.invoke(FUNCTION, envelope).await?;
    let time = began.elapsed().as_secs_f64() * 1e3;
    let answer: Value = serde_json::from_slice(&answer)?;
    ensure!(
        answer["Outputs"]["mirrorLocator"][0].is_string(),
        "the event was not enqueued: {answer}"
    );
    Ok(time)
}

/// What Azure Resource Manager raises when a locator is written.
fn written(locator: &str) -> Value {
    let account = World::account_id(World::PRIMARY);
    let subject = format!("{account}/streamingLocators/{locator}");
    let subscription = account.split('/').nth(2).unwrap_or_default();
    let operation = "Microsoft.Media/mediaservices/streamingLocators/write";
    json!({
        "subject": subject,
        "eventType": "Microsoft.Resources.ResourceWriteSuccess",
        "eventTime": envelope::now(),
        "id": Uuid::new_v4().to_string(),
        "data": {
            "authorization": {"scope": subject, "action": operation, "evidence": {"role": "Contributor"}},
            "claims": {"aud": "https://management.core.windows.net/", "ver": "1.0"},
            "correlationId": Uuid::new_v4().to_string(),
            "resourceProvider": "Microsoft.Media",
            "resourceUri": subject,
            "operationName": operation,
            "status": "Succeeded",
            "subscriptionId": subscription,
        },
        "dataVersion": "2",
        "metadataVersion": "1",
        "topic": format!("/subscriptions/{subscription}/resourceGroups/media"),
    })
}
