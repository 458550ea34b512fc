//! The listeners. A connection can be closed without a reply, which is why this is no plain router.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::task::{Context, Poll};

use anyhow::Context as _;
use axum::Router;
use axum::body::{Body, HttpBody};
use axum::http::{Request, Response, StatusCode, header};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use bytes::Bytes;
use futures::future::BoxFuture;
use tokio::task::JoinHandle;
use tower::make::Shared;
use tower::{Service, ServiceExt as _};

use crate::exchange::{Incoming, Outcome};
use crate::options::TlsFiles;
use crate::shared::Core;
use crate::{ams, mkio};

/// The most bytes of a request's body; real requests are a few KiB.
const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// A listener that is running.
pub(crate) struct Listener {
    pub address: SocketAddr,
    handle: Handle,
    task: JoinHandle<()>,
}

impl Listener {
    /// Binds and serves, with TLS if there are files for it.
    pub(crate) async fn start(
        address: SocketAddr,
        tls: Option<&TlsFiles>,
        core: Arc<Core>,
        control: Router,
    ) -> anyhow::Result<Self> {
        let listener =
            TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let handle = Handle::new();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let served = handle.clone();
        let service = Door {
            core,
            control,
            scheme,
            address,
        };
        let task = match tls {
            None => tokio::spawn(async move {
                let server = axum_server::from_tcp(listener).handle(served);
                finished(server.serve(Shared::new(service)).await);
            }),
            Some(files) => {
                let config = RustlsConfig::from_pem_file(&files.cert_pem_path, &files.key_pem_path)
                    .await
                    .with_context(|| {
                        format!(
                            "cannot use the certificate {}",
                            files.cert_pem_path.display()
                        )
                    })?;
                tokio::spawn(async move {
                    let server = axum_server::from_tcp_rustls(listener, config).handle(served);
                    finished(server.serve(Shared::new(service)).await);
                })
            }
        };
        Ok(Self {
            address,
            handle,
            task,
        })
    }

    /// Closes every connection and waits until nothing listens any more.
    pub(crate) async fn stop(self) {
        self.handle.shutdown();
        let _ = self.task.await;
    }
}

fn finished(result: std::io::Result<()>) {
    if let Err(error) = result {
        tracing::error!(%error, "a listener ended");
    }
}

/// The connection is to be closed without a reply.
#[derive(Debug, thiserror::Error)]
#[error("closed without a reply by a fault")]
struct Closed;

/// What every connection is served by.
#[derive(Clone)]
struct Door {
    core: Arc<Core>,
    control: Router,
    scheme: &'static str,
    address: SocketAddr,
}

impl<B> Service<Request<B>> for Door
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response<Body>;
    type Error = Closed;
    type Future = BoxFuture<'static, Result<Response<Body>, Closed>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Closed>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Box::pin(self.clone().serve(request.map(Body::new)))
    }
}

impl Door {
    async fn serve(self, request: Request<Body>) -> Result<Response<Body>, Closed> {
        if request.uri().path().starts_with("/_sim") {
            let Ok(response) = self.control.oneshot(request).await;
            return Ok(response);
        }
        let (parts, body) = request.into_parts();
        let Ok(body) = axum::body::to_bytes(body, LARGEST_BODY).await else {
            return Ok(plain(
                StatusCode::PAYLOAD_TOO_LARGE,
                "The request is too large.",
            ));
        };
        let host = parts
            .headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
            .map(str::to_owned);
        let incoming = Incoming {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body,
            base: format!(
                "{}://{}",
                self.scheme,
                host.unwrap_or_else(|| self.address.to_string())
            ),
        };
        let answered = match mkio::answer(&self.core, &incoming).await {
            Some(outcome) => Some(outcome),
            None => ams::answer(&self.core, &incoming).await,
        };
        match answered {
            Some(Outcome::Reply(response)) => Ok(*response),
            Some(Outcome::Close) => Err(Closed),
            None => Ok(plain(StatusCode::NOT_FOUND, "Nothing is served here.")),
        }
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
}
