//! The handler alone: its process, its queue, and what it wrote.

use std::{
    net::TcpListener,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use fake_storage::{Effect, FakeStorage, Fault, Operation};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
};
use world::{IdentityEndpoint, Tls};

use crate::support::PATIENCE;

pub(super) const SECRET: &str = "the-secret-that-rules-bring";
pub(super) const ACCOUNT: &str = "appstore";
/// The largest body that is read.
pub(super) const LARGEST: usize = 256 * 1024;

/// The handler, its queue, and what it wrote.
pub(super) struct Alone {
    pub(super) storage: FakeStorage,
    _identity: IdentityEndpoint,
    pub(super) tls: Tls,
    pub(super) url: String,
    lines: Arc<Mutex<Vec<String>>>,
    /// Ends the process when it is dropped.
    _handler: Child,
}

impl Alone {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let tls = Tls::generate()?;
        let storage = FakeStorage::start_tls(&tls, &[ACCOUNT]).await?;
        let identity = IdentityEndpoint::start().await?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let settings = [
            ("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string()),
            (
                "SSL_CERT_FILE",
                tls.certificate_path().display().to_string(),
            ),
            ("IDENTITY_ENDPOINT", identity.endpoint()),
            ("IDENTITY_HEADER", identity.header().to_owned()),
            (
                "AzureWebJobsStorage__queueServiceUri",
                storage.queue_endpoint(ACCOUNT).to_string(),
            ),
            (
                "AzureWebJobsStorage__blobServiceUri",
                storage.blob_endpoint(ACCOUNT).to_string(),
            ),
            ("MIRROR_BACKEND", "mkio".to_owned()),
            ("MIRROR_PRIMARY", "east".to_owned()),
            ("MIRROR_SECONDARY", "west".to_owned()),
            // Nobody is there: event functions and the webhook call no media service.
            ("MIRROR_PRIMARY_ENDPOINT", "https://127.0.0.1:1".to_owned()),
            (
                "MIRROR_SECONDARY_ENDPOINT",
                "https://127.0.0.1:1".to_owned(),
            ),
            ("MIRROR_PRIMARY_TOKEN", "e30.e30.x".to_owned()),
            ("MIRROR_SECONDARY_TOKEN", "e30.e30.y".to_owned()),
            ("MIRROR_STORAGE_MAP", "east media=west media".to_owned()),
            ("MIRROR_WEBHOOK_SECRET", SECRET.to_owned()),
        ];
        let mut handler = Command::new(env!("CARGO_BIN_EXE_handler"))
            .env_clear()
            .envs(settings)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let lines = Arc::default();
        keep(handler.stdout.take().context("stdout")?, &lines);
        keep(handler.stderr.take().context("stderr")?, &lines);
        let alone = Self {
            storage,
            _identity: identity,
            url: format!("http://127.0.0.1:{port}"),
            tls,
            lines,
            _handler: handler,
        };
        let deadline = Instant::now() + PATIENCE;
        while alone.tls.client().get(&alone.url).send().await.is_err() {
            ensure!(Instant::now() < deadline, "the handler does not start");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(alone)
    }

    /// Posts a body as it comes through the host's proxy.
    pub(super) async fn post(&self, secrets: &[&str], body: String) -> anyhow::Result<u16> {
        let mut request = self.tls.client().post(format!("{}/api/webhook", self.url));
        for secret in secrets {
            request = request.header("x-webhook-secret", *secret);
        }
        let request = request
            .header("content-type", "application/json")
            .timeout(Duration::from_secs(60));
        Ok(request.body(body).send().await?.status().as_u16())
    }

    pub(super) async fn told(&self, event: &Value) -> anyhow::Result<u16> {
        self.post(&[SECRET], event.to_string()).await
    }

    /// What a queue holds.
    pub(super) fn queued(&self, queue: &str) -> anyhow::Result<Vec<Value>> {
        let messages = self.storage.account(ACCOUNT).messages(queue);
        messages
            .into_iter()
            .map(|text| Ok(serde_json::from_slice(&STANDARD.decode(text)?)?))
            .collect()
    }

    pub(super) fn names(&self, queue: &str) -> anyhow::Result<Vec<String>> {
        let queued = self.queued(queue)?.into_iter();
        Ok(queued
            .filter_map(|change| Some(change["name"].as_str()?.to_owned()))
            .collect())
    }

    pub(super) fn fails(&self, effect: Effect) {
        let fault = Fault::of(Operation::PutMessage, effect);
        self.storage.faults().add(fault);
    }

    pub(super) fn written(&self) -> Vec<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.clone()
    }

    /// Waits for a line about a webhook.
    pub(super) async fn says(
        &self,
        outcome: &str,
        reason: &str,
        detail: &str,
    ) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let wanted = |line: &String| {
            serde_json::from_str::<Value>(line).is_ok_and(|line| {
                line["message"] == "webhook"
                    && line["outcome"] == outcome
                    && line["reason"] == reason
                    && line["detail"]
                        .as_str()
                        .is_some_and(|said| said.contains(detail))
            })
        };
        while !self.written().iter().any(wanted) {
            let written = self.written();
            ensure!(
                Instant::now() < deadline,
                "no {outcome}({reason}) with {detail:?} in {written:#?}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

fn keep(stream: impl AsyncRead + Unpin + Send + 'static, lines: &Arc<Mutex<Vec<String>>>) {
    let lines = Arc::clone(lines);
    tokio::spawn(async move {
        let mut stream = BufReader::new(stream).lines();
        while let Ok(Some(line)) = stream.next_line().await {
            let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
            lines.push(line);
        }
    });
}
