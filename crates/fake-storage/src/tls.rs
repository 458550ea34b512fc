//! One certificate for every https listener of the local world.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use azure_core::http::Transport;
use rcgen::{CertificateParams, DnType, IsCa, KeyPair};
use tempfile::TempDir;

/// A reason why there is no certificate, or no client that trusts it.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate could not be made. Remedy: report it, this does not depend on the machine.
    #[error("the certificate of the local world could not be made")]
    Certificate(#[from] rcgen::Error),

    /// The HTTP client could not be built. Remedy: check the machine's own trust store.
    #[error(
        "the HTTP client of the local world could not be built: is the machine's trust store readable?"
    )]
    Client(#[from] reqwest::Error),

    /// The files could not be written. Remedy: free some space, or point `TMPDIR` elsewhere.
    #[error("{what}")]
    Io {
        /// What was attempted.
        what: &'static str,
        /// The operating system's answer.
        source: std::io::Error,
    },
}

impl TlsError {
    fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { what, source }
    }
}

/// A self-signed certificate for `localhost` and `127.0.0.1`, its files, and a client that trusts it.
///
/// It is a leaf (`CA:FALSE`) that vouches for itself: rustls refuses an authority's certificate as a
/// server's (`CaUsedAsEndEntity`), and Azurite's own look at a copy source accepts only a self-signed leaf.
/// The files live as long as this value.
#[derive(Debug)]
pub struct Tls {
    directory: TempDir,
    pem: String,
    client: reqwest::Client,
}

impl Tls {
    /// Makes a new key and certificate, valid for 30 days, and a client.
    ///
    /// # Errors
    /// [`TlsError::Certificate`], [`TlsError::Client`], or [`TlsError::Io`] when the temporary directory cannot be
    /// written (remedy: free some space, or point `TMPDIR` elsewhere).
    pub fn generate() -> Result<Self, TlsError> {
        install_ring();
        let (pem, key) = self_signed()?;
        let directory = tempfile::Builder::new()
            .prefix("media-mirror-tls-")
            .tempdir()
            .map_err(TlsError::io(
                "cannot make a temporary directory for the certificate",
            ))?;
        let tls = Self {
            client: client_trusting(&pem)?,
            directory,
            pem,
        };
        std::fs::write(tls.certificate_path(), &tls.pem)
            .map_err(TlsError::io("cannot write the certificate"))?;
        std::fs::write(tls.key_path(), key)
            .map_err(TlsError::io("cannot write the certificate's key"))?;
        Ok(tls)
    }

    /// The certificate as a PEM file: for `--cert`, `SSL_CERT_FILE` and `NODE_EXTRA_CA_CERTS`.
    #[must_use]
    pub fn certificate_path(&self) -> PathBuf {
        self.directory.path().join("certificate.pem")
    }

    /// The private key as a PEM file (PKCS #8), for a listener.
    #[must_use]
    pub fn key_path(&self) -> PathBuf {
        self.directory.path().join("key.pem")
    }

    /// The certificate as PEM text.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A client that trusts this certificate beside the machine's own, follows no redirect and uses no
    /// proxy. Clones share one connection pool, which belongs to the async runtime that first used it.
    #[must_use]
    pub fn client(&self) -> reqwest::Client {
        self.client.clone()
    }

    /// The same client as the transport of the Azure SDK (`ClientOptions::transport`).
    #[must_use]
    pub fn transport(&self) -> Transport {
        Transport::new(Arc::new(self.client()))
    }
}

/// Makes ring the process's provider of cryptography for rustls, once; later calls change nothing.
pub fn install_ring() {
    // An error only says that a provider is already there, which is what was asked for.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn self_signed() -> Result<(String, String), TlsError> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    params.is_ca = IsCa::ExplicitNoCa;
    params
        .distinguished_name
        .push(DnType::CommonName, "localhost");
    let now = time::OffsetDateTime::now_utc();
    params.not_before = now - time::Duration::hours(1);
    params.not_after = now + time::Duration::days(30);
    let certificate = params.self_signed(&key)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

fn client_trusting(pem: &str) -> Result<reqwest::Client, TlsError> {
    let certificate = reqwest::Certificate::from_pem(pem.as_bytes())?;
    Ok(reqwest::Client::builder()
        .tls_certs_merge([certificate])
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(Duration::from_secs(60))
        // Azurite closes what was idle for 5 s, and a request that is sent just then is lost.
        .pool_idle_timeout(Duration::from_secs(2))
        .build()?)
}
