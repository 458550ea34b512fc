//! The running fake.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::Request;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use url::Url;

use crate::call::Service;
use crate::copies::CopyPace;
use crate::faults::Faults;
use crate::journal::Journal;
use crate::store::{Account, Store};
use crate::sync::lock;
use crate::{AccountHandle, Limits, Tls, service};

/// An in-memory storage service on loopback: blobs on one port, queues on another, any number of accounts
/// in the path as with Azurite. It stops when dropped.
///
/// Copies work between its own accounts only, and cost nothing however large the blob.
#[derive(Debug)]
pub struct FakeStorage {
    shared: Arc<Shared>,
    handle: Handle,
}

/// What every request may need.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) store: Mutex<Store>,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    pub(crate) https: bool,
    limits: Mutex<Limits>,
    pace: Mutex<CopyPace>,
    blobs: SocketAddr,
    queues: SocketAddr,
}

impl FakeStorage {
    /// Starts it over http. The official clients then take SAS in the address, or a policy of one's own, but
    /// no token.
    ///
    /// # Errors
    /// When no port of 127.0.0.1 can be bound.
    pub async fn start(accounts: &[&str]) -> io::Result<Self> {
        Self::listen(accounts, None).await
    }

    /// Starts it over https with this certificate.
    ///
    /// # Errors
    /// When no port of 127.0.0.1 can be bound, or the certificate's files are gone.
    pub async fn start_tls(tls: &Tls, accounts: &[&str]) -> io::Result<Self> {
        crate::install_ring();
        let config = RustlsConfig::from_pem_file(tls.certificate_path(), tls.key_path()).await?;
        Self::listen(accounts, Some(config)).await
    }

    #[expect(
        clippy::unused_async,
        reason = "binding belongs to the async runtime that will serve"
    )]
    async fn listen(accounts: &[&str], tls: Option<RustlsConfig>) -> io::Result<Self> {
        let (blobs, queues) = (listener()?, listener()?);
        let shared = Arc::new(Shared {
            store: Mutex::default(),
            faults: Faults::default(),
            journal: Journal::default(),
            https: tls.is_some(),
            limits: Mutex::default(),
            pace: Mutex::default(),
            blobs: blobs.local_addr()?,
            queues: queues.local_addr()?,
        });
        for account in accounts {
            lock(&shared.store)
                .accounts
                .insert((*account).to_owned(), Account::default());
        }
        let handle = Handle::new();
        for (service, listener) in [(Service::Blob, blobs), (Service::Queue, queues)] {
            tokio::spawn(run(
                listener,
                tls.clone(),
                handle.clone(),
                shared.clone(),
                service,
            ));
        }
        Ok(Self { shared, handle })
    }

    /// The blob endpoint of an account, without a slash at the end.
    #[must_use]
    pub fn blob_endpoint(&self, account: &str) -> Url {
        parsed(&self.shared.blob_endpoint(account))
    }

    /// The queue endpoint of an account, without a slash at the end.
    #[must_use]
    pub fn queue_endpoint(&self, account: &str) -> Url {
        parsed(&self.shared.queue_endpoint(account))
    }

    /// An account, to fill it and look into it without a request. One that was not named at the start is made.
    #[must_use]
    pub fn account(&self, name: &str) -> AccountHandle {
        lock(&self.shared.store)
            .accounts
            .entry(name.to_owned())
            .or_default();
        AccountHandle::new(self.shared.clone(), name)
    }

    /// The faults in force.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// The requests so far.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.shared.journal
    }

    /// Changes how large the sources of copies may be.
    pub fn set_limits(&self, limits: Limits) {
        *lock(&self.shared.limits) = limits;
    }

    /// Changes how asynchronous copies go that start from now on.
    pub fn set_copy_pace(&self, pace: CopyPace) {
        *lock(&self.shared.pace) = pace;
    }
}

impl Drop for FakeStorage {
    fn drop(&mut self) {
        self.handle.shutdown();
    }
}

impl Shared {
    pub(crate) fn limits(&self) -> Limits {
        *lock(&self.limits)
    }

    pub(crate) fn copy_pace(&self) -> CopyPace {
        lock(&self.pace).clone()
    }

    pub(crate) fn blob_endpoint(&self, account: &str) -> String {
        format!("{}://{}/{account}", self.scheme(), self.blobs)
    }

    pub(crate) fn queue_endpoint(&self, account: &str) -> String {
        format!("{}://{}/{account}", self.scheme(), self.queues)
    }

    /// Whether an address lies within this fake's blob service.
    pub(crate) fn is_own_blob_service(&self, url: &Url) -> bool {
        url.scheme() == self.scheme()
            && url.port() == Some(self.blobs.port())
            && matches!(url.host_str(), Some("127.0.0.1" | "localhost"))
    }

    fn scheme(&self) -> &'static str {
        if self.https { "https" } else { "http" }
    }
}

fn listener() -> io::Result<TcpListener> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

async fn run(
    listener: TcpListener,
    tls: Option<RustlsConfig>,
    handle: Handle,
    shared: Arc<Shared>,
    service: Service,
) {
    let each = tower::service_fn(move |request: Request<_>| {
        let request = request.map(Body::new);
        service::serve(shared.clone(), service, request)
    });
    let make = tower::service_fn(move |_: SocketAddr| {
        let each = each.clone();
        async move { Ok::<_, std::convert::Infallible>(each) }
    });
    // Serving ends when the handle shuts it down; there is nobody to tell of anything else.
    let _ = match tls {
        Some(config) => {
            axum_server::from_tcp_rustls(listener, config)
                .handle(handle)
                .serve(make)
                .await
        }
        None => {
            axum_server::from_tcp(listener)
                .handle(handle)
                .serve(make)
                .await
        }
    };
}

#[expect(
    clippy::expect_used,
    reason = "an address and an account's name make an address"
)]
fn parsed(url: &str) -> Url {
    Url::parse(url).expect("an endpoint")
}
