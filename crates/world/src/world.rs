//! Everything together: two accounts, their storage, the app's queues, the host and the real handler.

mod accounts;
mod settings;

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use functions_host::{AzureQueues, ConsoleSink, Host, HostOptions, QueueError, QueueService};
use simulator::{Control, Simulator};
use tempfile::TempDir;
use url::Url;

use crate::{
    Backend, IdentityEndpoint, LocalCredential, RecordedQueues, Storage, Tls, ams, layout, mkio,
};

/// How many lines an error quotes.
const LAST_LINES: usize = 20;

/// How the world is made.
#[derive(Default)]
pub struct WorldOptions {
    /// The service that both accounts speak.
    pub backend: Backend,
    /// A function app that is laid out already, such as an unpacked package: it is run as it is, and must stay while the world runs.
    /// Without one the workspace's own is laid out with `handler`.
    pub app: Option<PathBuf>,
    /// The handler's executable; not asked for where there is an `app`.
    pub handler: PathBuf,
    /// Settings of the handler beside those that the world gives it, or in their place.
    pub settings: Vec<(String, String)>,
    /// Whether the handler gets SAS for the primary's blobs and the app's queues, in place of its managed identity. (Not for the
    /// secondary's: Azurite 3.37 fails with 500 where a Put Blob From URL, which it lacks, comes with an account SAS.)
    pub sas: bool,
    /// Where the host's and the handler's lines go; nowhere if absent (they are kept all the same, see [`Host::lines`]).
    pub console: Option<ConsoleSink>,
}

/// The local world, running. [`World::stop`] ends it; dropped, its processes end too.
pub struct World {
    /// The service that both accounts speak.
    pub backend: Backend,
    /// The certificate of every https listener, and a client that trusts it.
    pub tls: Tls,
    /// The storage of both regions and of the app.
    pub storage: Storage,
    /// Managed identity, as the handler sees it.
    pub identity: IdentityEndpoint,
    /// Both media-services accounts.
    pub simulator: Simulator,
    /// The Functions host, driving the handler.
    pub host: Host,
    /// The app's queues, as the host reads them.
    pub queues: Arc<RecordedQueues>,
    /// The handler's environment: for whoever else is to see this world as the handler does.
    pub settings: Vec<(String, String)>,
    /// What the handler was given and must not show: the header of the identity endpoint, the signatures of SAS, the tokens of
    /// MK.IO and the secret of its webhook.
    pub secrets: Vec<String>,
    /// What webhooks of MK.IO bring in the header `x-webhook-secret`; empty on Azure Media Services.
    pub webhook_secret: String,
    _app_root: TempDir,
}

impl World {
    /// The name of the account that is mirrored.
    pub const PRIMARY: &'static str = "primarymedia";
    /// The name of the account that is kept ready.
    pub const SECONDARY: &'static str = "secondarymedia";

    /// Brings everything up and subscribes the mirror to the primary's events.
    ///
    /// # Errors
    /// When a part does not start; the error says which and why.
    pub async fn start(options: WorldOptions) -> anyhow::Result<Self> {
        let tls = Tls::generate()?;
        let (storage, identity) =
            tokio::try_join!(Storage::start(&tls), IdentityEndpoint::start())?;
        let simulator = accounts::start(&tls, &storage).await?;
        let app_root = tempfile::Builder::new()
            .prefix("media-mirror-app-")
            .tempdir()?;
        let app = if let Some(app) = options.app {
            app
        } else {
            layout::lay_out(&options.handler, app_root.path())
                .context("laying out the function app")?;
            app_root.path().to_owned()
        };
        let queue_service = storage
            .app
            .queue_endpoint(Storage::APP)
            .context("the app's storage has queues")?;
        let queues = Arc::new(RecordedQueues::new(Arc::new(AzureQueues::new(
            queue_service.clone(),
            Some(Arc::new(LocalCredential::new())),
            tls.client(),
        )?)));
        let mut host = HostOptions::new(&app);
        host.env = settings::of_handler(&tls, &storage, &identity, &simulator, &queue_service)?;
        let mut secrets = vec![identity.header().to_owned()];
        let sas = if options.sas {
            settings::of_sas(&storage, &queue_service, &mut secrets)?
        } else {
            Vec::new()
        };
        let credentials = match options.backend {
            Backend::Ams => None,
            Backend::Mkio => {
                let media = simulator.https_url();
                let media = media.context("the simulator listens with TLS")?;
                Some(mkio::Credentials::generate(&media))
            }
        };
        let service = credentials.iter().flat_map(mkio::Credentials::settings);
        secrets.extend(credentials.iter().flat_map(mkio::Credentials::secrets));
        for (name, value) in service.chain(sas).chain(options.settings) {
            host.env.retain(|(known, _)| *known != name);
            host.env.push((name, value));
        }
        host.queues
            .insert("AzureWebJobsStorage".to_owned(), Arc::clone(&queues) as _);
        host.console = options.console;
        // Faster than a real host looks, so that a person need not wait for the polling of an idle queue.
        host.timings.poll_max = Some(Duration::from_millis(200));
        // A test counts what is done: timer functions run when it says so, with [`Host::fire`].
        host.timers = false;
        let settings = host.env.clone();
        let host = Host::start(host).await?;
        let world = Self {
            backend: options.backend,
            tls,
            storage,
            identity,
            simulator,
            host,
            queues,
            settings,
            secrets,
            webhook_secret: credentials
                .as_ref()
                .map(|one| one.webhook_secret.clone())
                .unwrap_or_default(),
            _app_root: app_root,
        };
        ensure!(
            world.host.wait_ready(Duration::from_secs(20)).await,
            "the handler did not start:\n{}",
            world.last_lines()
        );
        match &credentials {
            None => ams::prepare(&world).await?,
            Some(credentials) => mkio::prepare(&world, credentials).await?,
        }
        Ok(world)
    }

    /// The handle on both accounts.
    #[must_use]
    pub fn control(&self) -> Control {
        self.simulator.control()
    }

    /// The resource ID of an account.
    #[must_use]
    pub fn account_id(account: &str) -> String {
        format!(
            "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/media/providers/Microsoft.Media/mediaServices/{account}"
        )
    }

    /// The base URL of the media services.
    ///
    /// # Errors
    /// Never while the world runs.
    pub fn media_url(&self) -> anyhow::Result<Url> {
        self.simulator
            .https_url()
            .context("the simulator listens with TLS")
    }

    /// What the mirror's webhook answers at, through the Functions host.
    #[must_use]
    pub fn webhook_url(&self) -> String {
        format!("{}/api/webhook", self.host.url())
    }

    /// Where Event Grid delivers what a function is subscribed to, through the Functions host.
    #[must_use]
    pub fn event_url(&self, function: &str) -> String {
        format!(
            "{}/runtime/webhooks/EventGrid?functionName={function}",
            self.host.url()
        )
    }

    /// Puts a message into one of the app's queues, as a platform may.
    ///
    /// # Errors
    /// When the queue cannot be reached.
    pub async fn enqueue(&self, queue: &str, message: &[u8]) -> anyhow::Result<()> {
        let text = STANDARD.encode(message);
        match self.queues.send(queue, &text).await {
            Err(QueueError::NoQueue) => {
                self.queues.create(queue).await?;
                Ok(self.queues.send(queue, &text).await?)
            }
            result => Ok(result?),
        }
    }

    /// Waits until every event is delivered, no function runs and no queue holds a message.
    ///
    /// # Errors
    /// When that is not so after `longest`.
    pub async fn quiet(&self, longest: Duration) -> anyhow::Result<()> {
        let deadline = tokio::time::Instant::now() + longest;
        loop {
            let left = || deadline.saturating_duration_since(tokio::time::Instant::now());
            self.control().wait_delivered(left()).await?;
            ensure!(
                self.host.wait_idle(left()).await?,
                "the queues are not empty after {longest:?}:\n{}",
                self.last_lines()
            );
            // Deliveries wake functions, and functions can raise events: quiet is when both are, one after the other.
            if self.control().wait_delivered(Duration::ZERO).await.is_ok()
                && self.host.wait_idle(Duration::from_millis(500)).await?
            {
                return Ok(());
            }
        }
    }

    /// The last lines of host and handler, for whoever wants to know why something did not happen.
    #[must_use]
    pub fn last_lines(&self) -> String {
        let lines = self.host.lines();
        let last = &lines[lines.len().saturating_sub(LAST_LINES)..];
        let texts: Vec<&str> = last.iter().map(|line| line.text.as_str()).collect();
        texts.join("\n")
    }

    /// Ends every part.
    pub async fn stop(self) {
        self.host.stop().await;
        self.simulator.stop().await;
        self.storage.stop().await;
    }
}
