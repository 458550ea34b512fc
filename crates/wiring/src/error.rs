use blobs::BlobError;
use media::{BadAccountId, BadProject, BadToken};

/// What the settings describe and this machine cannot build.
#[derive(Debug, thiserror::Error)]
pub enum WiringError {
    /// The HTTP client. Remedy: install the system's CA certificates, or correct `SSL_CERT_FILE`.
    #[error(
        "the HTTP client cannot be built: {0}; see that the CA certificates of the system, or of SSL_CERT_FILE, can be read"
    )]
    Http(#[from] reqwest::Error),
    /// The identity, or a client of the app's own storage. Remedy: the text names what is missing.
    #[error("{0}")]
    Azure(#[from] azure_core::Error),
    /// The blob copier. Remedy: correct the setting that the text names.
    #[error("{0}")]
    Blobs(#[from] BlobError),
    /// An account of `ams`. Remedy: correct its resource ID or its endpoint.
    #[error("{0}")]
    Account(#[from] BadAccountId),
    /// A project of MK.IO. Remedy: correct its endpoint.
    #[error("{0}")]
    Project(#[from] BadProject),
    /// An API token of MK.IO. Remedy: correct `MIRROR_PRIMARY_TOKEN` or `MIRROR_SECONDARY_TOKEN`.
    #[error("an API token of MK.IO {0}")]
    Token(#[from] BadToken),
    /// `MIRROR_SOURCE_AUTH=sas` without a SAS. Remedy: set `MIRROR_PRIMARY_STORAGE_SAS`.
    #[error("MIRROR_SOURCE_AUTH=sas needs MIRROR_PRIMARY_STORAGE_SAS")]
    NoSas,
}
