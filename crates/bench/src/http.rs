//! Calls to the handler, as the Functions host makes them.

use std::{convert::Infallible, time::Duration};

use anyhow::{Context, ensure};
use bytes::Bytes;
use reqwest::StatusCode;
use tokio::time::Instant;
use uuid::Uuid;

/// How long the host waits for an invocation: `functionTimeout` of `host.json`.
const LONGEST: Duration = Duration::from_secs(600);

/// The host's own HTTP client: HTTP/1.1 on loopback, connections kept, bodies chunked.
#[derive(Clone)]
pub(crate) struct HandlerClient {
    client: reqwest::Client,
    base: String,
}

impl HandlerClient {
    pub(crate) fn new(port: u16) -> anyhow::Result<Self> {
        // The client insists on a provider of cryptography although it will never need one.
        world::install_ring();
        let client = reqwest::Client::builder()
            .no_proxy()
            .http1_only()
            .timeout(LONGEST)
            .build()?;
        Ok(Self {
            client,
            base: format!("http://127.0.0.1:{port}/"),
        })
    }

    /// Whether `GET /` is answered before `longest` is over.
    pub(crate) async fn answers(&self, longest: Duration) -> bool {
        let deadline = Instant::now() + longest;
        while Instant::now() < deadline {
            if self.client.get(&self.base).send().await.is_ok() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        false
    }

    /// Invokes a function and returns what it answers.
    ///
    /// # Errors
    /// When the handler cannot be reached, or answers with anything but 200.
    pub(crate) async fn invoke(&self, function: &str, envelope: Bytes) -> anyhow::Result<Bytes> {
        // A stream has no length, so that the body goes out chunked.
        let body = futures::stream::once(async move { Ok::<_, Infallible>(envelope) });
        let response = self
            .client
            .post(format!("{}{function}", self.base))
            .header("X-Azure-Functions-HostVersion", "4.1052.200")
            .header("X-Azure-Functions-InvocationId", Uuid::new_v4().to_string())
            .header("User-Agent", "Azure-Functions-Host/4.1052.200")
            .header("Content-Type", "application/json; charset=utf-8")
            .body(reqwest::Body::wrap_stream(body))
            .send()
            .await
            .with_context(|| function.to_owned())?;
        let status = response.status();
        let answer = response.bytes().await?;
        ensure!(
            status == StatusCode::OK,
            "{function}: {status} {}",
            String::from_utf8_lossy(&answer)
        );
        Ok(answer)
    }
}
