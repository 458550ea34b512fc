//! What webhooks are sent to, and a rule that sends them there.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::client::Mkio;

/// A receiver that notes what it gets and answers as it is told.
#[derive(Clone, Default)]
pub(super) struct Receiver {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
pub(super) struct Inner {
    /// Statuses of the coming answers; 200 when there are none left.
    pub answers: Vec<u16>,
    pub taken: Vec<(HeaderMap, String, Value)>,
}

impl Receiver {
    pub(super) async fn start() -> (Self, String) {
        let receiver = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = axum::Router::new()
            .fallback(receive)
            .with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (receiver, url)
    }

    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    pub(super) fn bodies(&self) -> Vec<Value> {
        let inner = self.inner();
        inner
            .taken
            .iter()
            .map(|(_, _, body)| body.clone())
            .collect()
    }

    /// `type source state` of what was taken.
    pub(super) fn taken(&self) -> Vec<String> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let short = |body: &Value| {
            let name = text(&body["type"]).replace("MediaKind.", "");
            format!(
                "{name} {} {}",
                text(&body["source"]),
                text(&body["data"]["state"])
            )
        };
        self.bodies().iter().map(short).collect()
    }
}

async fn receive(
    State(receiver): State<Receiver>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: String,
) -> StatusCode {
    let mut inner = receiver.inner();
    let status = if inner.answers.is_empty() {
        200
    } else {
        inner.answers.remove(0)
    };
    if status < 300 {
        let body = serde_json::from_str(&body).unwrap();
        inner.taken.push((headers, query.unwrap_or_default(), body));
    }
    StatusCode::from_u16(status).unwrap()
}

pub(super) const RULE: &str = "primary/webhook/rules/mirror";

pub(super) fn rule(url: &str) -> Value {
    json!({ "spec": {
        "enabled": true,
        "url": url,
        "events": ["MediaKind.JobStarted", "MediaKind.JobFinished", "MediaKind.StreamingLocatorCreated"],
        "authentication": { "headers": { "X-Webhook-Secret": "s3cr3t" }, "queryParams": { "key": "s3cr3t" } },
        "headers": { "X-Source": "mkio" },
        "queryParams": { "tenant": "a b" },
    } })
}

pub(super) async fn scene() -> (Mkio, Receiver, String) {
    let mkio = Mkio::start().await;
    mkio.scene("primary").await;
    let (receiver, url) = Receiver::start().await;
    let made = mkio.send("PUT", RULE, Some(rule(&url))).await;
    assert_eq!(made.status, 201);
    (mkio, receiver, url)
}

pub(super) async fn delivered(mkio: &Mkio) {
    mkio.wait_delivered(Duration::from_secs(20)).await.unwrap();
}

pub(super) async fn history(mkio: &Mkio) -> Vec<Value> {
    let listed = mkio.send("GET", &format!("{RULE}/events"), None).await;
    listed.body["value"].as_array().unwrap().clone()
}
