//! Starting and stopping.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::watch;
use url::Url;

use crate::control::{Control, routes};
use crate::events::Grid;
use crate::mkio;
use crate::options::SimulatorOptions;
use crate::persistence::Log;
use crate::server::Listener;
use crate::shared::Core;
use crate::state::World;
use crate::storage::Storage;

/// A running simulator. Dropping it leaves its listeners running until the runtime ends: call [`Simulator::stop`].
pub struct Simulator {
    http: Option<Listener>,
    https: Option<Listener>,
    control: Control,
    stop: watch::Sender<bool>,
}

impl Simulator {
    /// Starts the listeners and returns once they accept connections.
    ///
    /// # Errors
    /// If two accounts have one name, an address cannot be bound, a certificate cannot be read, or the data folder
    /// cannot be used; the message says which.
    pub async fn start(options: SimulatorOptions) -> anyhow::Result<Self> {
        // Another part of the process may have installed one: that one will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut names: Vec<String> = options
            .accounts
            .iter()
            .map(|account| account.name.to_lowercase())
            .collect();
        names.sort();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            anyhow::bail!("two accounts are named '{}'", pair[0]);
        }
        let mut world = World::new(&options.accounts);
        if let Some(folder) = &options.data_dir {
            let (log, kept) = Log::open(folder)?;
            for (account, key, record) in kept {
                world.put(&account, key, record);
            }
            world.keep(log);
        }
        world.seed();
        let http = client(options.trusted_ca_pem.as_deref())?;
        let (stop, stopped) = watch::channel(false);
        let storage = options
            .accounts
            .iter()
            .flat_map(|account| account.storage.iter().cloned());
        let storage = Storage::new(storage, http.clone());
        let grid = Grid::new(http, options.settings.delivery.clone(), stopped.clone());
        let core = Arc::new(Core::new(world, storage, grid, options.settings, stopped));
        mkio::connect_all(&core);
        mkio::imagine_containers(&core);
        let control = Control::new(Arc::clone(&core));
        let routes = routes(control.clone());
        let http = match options.http {
            Some(address) => {
                Some(Listener::start(address, None, Arc::clone(&core), routes.clone()).await?)
            }
            None => None,
        };
        let https = match &options.https {
            Some((address, files)) => {
                Some(Listener::start(*address, Some(files), core, routes).await?)
            }
            None => None,
        };
        Ok(Self {
            http,
            https,
            control,
            stop,
        })
    }

    /// Where it listens without TLS.
    #[must_use]
    pub fn http_address(&self) -> Option<SocketAddr> {
        self.http.as_ref().map(|listener| listener.address)
    }

    /// Where it listens with TLS.
    #[must_use]
    pub fn https_address(&self) -> Option<SocketAddr> {
        self.https.as_ref().map(|listener| listener.address)
    }

    /// The base URL without TLS: what takes the place of `https://management.azure.com`, and of `https://app.mk.io`.
    #[must_use]
    pub fn http_url(&self) -> Option<Url> {
        Url::parse(&format!("http://{}", self.http_address()?)).ok()
    }

    /// The base URL with TLS.
    #[must_use]
    pub fn https_url(&self) -> Option<Url> {
        Url::parse(&format!("https://{}", self.https_address()?)).ok()
    }

    /// The handle to look into it and to make it misbehave.
    #[must_use]
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    /// Stops: connections close, events on their way are given up. What was kept in a data folder stays.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for listener in [self.http, self.https].into_iter().flatten() {
            listener.stop().await;
        }
    }
}

/// For storage accounts and event endpoints: no proxy, since all of them are near, and no redirects.
fn client(trusted: Option<&Path>) -> anyhow::Result<reqwest::Client> {
    let mut builder = reqwest::Client::builder()
        .no_proxy()
        // Azurite closes what was idle for 5 s, and a request that is sent just then is lost.
        .pool_idle_timeout(Duration::from_secs(2))
        .redirect(reqwest::redirect::Policy::none());
    if let Some(path) = trusted {
        let pem = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let certificates = reqwest::Certificate::from_pem_bundle(&pem)
            .with_context(|| format!("{} holds no certificate", path.display()))?;
        builder = builder.tls_certs_merge(certificates);
    }
    builder.build().context("the HTTP client cannot be made")
}
