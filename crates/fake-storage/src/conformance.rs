//! One suite for every storage back end: the official clients must find the same behaviour in the fake and in
//! Azurite, except where [`Check::azurite`] says how Azurite differs. A listed difference that is gone fails
//! the suite as well, so that the list stays true.

mod blobs;
mod blocks;
mod copies;
mod listing;
mod queues;
mod scene;

use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_core::http::{ClientOptions, RetryOptions, Transport, Url};
use azure_storage_blob::{BlobServiceClient, BlobServiceClientOptions};
use azure_storage_queue::{QueueServiceClient, QueueServiceClientOptions};
use futures::StreamExt;
use futures::future::BoxFuture;

use scene::{ExtraHeadersPolicy, Scene};

/// How many checks run at the same time.
const AT_ONCE: usize = 4;

/// Which back end the suite runs against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// This crate's fake.
    Fake,
    /// Azurite 3.37 with `--oauth basic` over https.
    Azurite,
}

/// Clients of the back end, each with a token credential.
pub struct Clients {
    backend: Backend,
    source: BlobServiceClient,
    source_account: String,
    destination: BlobServiceClient,
    queues: QueueServiceClient,
    transport: Transport,
    token: String,
}

/// Where a back end listens: addresses of accounts, such as `https://127.0.0.1:40123/primarystore`.
#[derive(Debug, Clone)]
pub struct Endpoints {
    /// The blob endpoint of the account copies are made from.
    pub source: Url,
    /// The blob endpoint of the account copies are made to.
    pub destination: Url,
    /// The queue endpoint of any account.
    pub queues: Url,
}

impl Clients {
    /// Clients as the production code makes them: one transport, one credential.
    ///
    /// # Errors
    /// When an endpoint is not https, or the credential gives no token.
    pub async fn connect(
        backend: Backend,
        endpoints: Endpoints,
        transport: Transport,
        credential: Arc<dyn TokenCredential>,
    ) -> anyhow::Result<Self> {
        let options = ClientOptions {
            transport: Some(transport.clone()),
            per_call_policies: vec![Arc::new(ExtraHeadersPolicy)],
            // Azurite answers some refusals with 500, which need not be tried again and again.
            retry: RetryOptions::none(),
            ..Default::default()
        };
        let blobs = |endpoint: Url| {
            let options = BlobServiceClientOptions {
                client_options: options.clone(),
                ..Default::default()
            };
            BlobServiceClient::new(endpoint, Some(credential.clone()), Some(options))
        };
        let queue_options = QueueServiceClientOptions {
            client_options: options.clone(),
            ..Default::default()
        };
        let token = credential
            .get_token(&["https://storage.azure.com/.default"], None)
            .await?;
        Ok(Self {
            backend,
            source_account: endpoints.source.path().trim_matches('/').to_owned(),
            source: blobs(endpoints.source)?,
            destination: blobs(endpoints.destination)?,
            queues: QueueServiceClient::new(
                endpoints.queues,
                Some(credential.clone()),
                Some(queue_options),
            )?,
            transport,
            token: token.token.secret().to_owned(),
        })
    }
}

/// One behaviour.
struct Check {
    /// What is expected, as a sentence.
    name: &'static str,
    /// How Azurite 3.37 differs, if it does: words of the failure.
    azurite: Option<&'static str>,
    run: fn(Arc<Scene>) -> BoxFuture<'static, anyhow::Result<()>>,
}

/// Makes a [`Check`] from the path of an `async fn(Arc<Scene>) -> anyhow::Result<()>`.
macro_rules! check {
    ($name:literal, $function:path) => {
        crate::conformance::Check {
            name: $name,
            azurite: None,
            run: |scene| Box::pin($function(scene)),
        }
    };
    ($name:literal, $function:path, azurite: $difference:literal) => {
        crate::conformance::Check {
            name: $name,
            azurite: Some($difference),
            run: |scene| Box::pin($function(scene)),
        }
    };
}
pub(crate) use check;

/// What a run of the suite found.
#[derive(Debug, Default)]
pub struct Report {
    /// The checks that passed.
    pub passed: Vec<&'static str>,
    /// The checks Azurite is known to fail and failed, and how.
    pub differed: Vec<String>,
    /// What is wrong, a line each; empty when all is well.
    pub wrong: Vec<String>,
}

enum Outcome {
    Passed(&'static str),
    Differed(String),
    Wrong(String),
}

/// Runs every check.
pub async fn run(clients: Clients) -> Report {
    let clients = Arc::new(clients);
    let groups = [
        blobs::CHECKS,
        blocks::CHECKS,
        copies::CHECKS,
        listing::CHECKS,
        queues::CHECKS,
    ];
    let outcomes = futures::stream::iter(groups.into_iter().flatten()).map(|check| {
        let clients = clients.clone();
        async move { play(check, clients).await }
    });
    let mut report = Report::default();
    let mut outcomes = std::pin::pin!(outcomes.buffered(AT_ONCE));
    while let Some(outcome) = outcomes.next().await {
        match outcome {
            Outcome::Passed(name) => report.passed.push(name),
            Outcome::Differed(how) => report.differed.push(how),
            Outcome::Wrong(what) => report.wrong.push(what),
        }
    }
    report
}

async fn play(check: &Check, clients: Arc<Clients>) -> Outcome {
    let difference = check
        .azurite
        .filter(|_| clients.backend == Backend::Azurite);
    let name = check.name;
    let scene = match Scene::set(clients).await {
        Ok(scene) => Arc::new(scene),
        Err(e) => return Outcome::Wrong(format!("{name}: no containers to work in: {e:#}")),
    };
    let outcome = (check.run)(scene.clone()).await;
    scene.clear().await;
    match (outcome, difference) {
        (Ok(()), None) => Outcome::Passed(name),
        (Err(e), None) => Outcome::Wrong(format!("{name}: {e:#}")),
        (Err(e), Some(how)) if format!("{e:#}").contains(how) => {
            Outcome::Differed(format!("{name}: {e:#}"))
        }
        (Err(e), Some(how)) => Outcome::Wrong(format!(
            "{name}: Azurite differs in another way than {how}: {e:#}"
        )),
        (Ok(()), Some(how)) => Outcome::Wrong(format!(
            "{name}: Azurite no longer differs ({how}): take it off the list"
        )),
    }
}
