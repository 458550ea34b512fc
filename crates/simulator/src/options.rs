//! What a simulator is started with.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::settings::Settings;

/// Everything [`Simulator::start`](crate::Simulator::start) needs to know.
#[derive(Debug, Clone, Default)]
pub struct SimulatorOptions {
    /// The accounts that exist. Their names must differ, in any letter case.
    pub accounts: Vec<AccountOptions>,
    /// Where to listen without TLS; port 0 takes a free one. `None`: not at all.
    pub http: Option<SocketAddr>,
    /// Where to listen with TLS, and with which certificate; port 0 takes a free one. Real Azure clients refuse to
    /// send a token without TLS.
    pub https: Option<(SocketAddr, TlsFiles)>,
    /// A certificate (PEM) to trust, beside the operating system's, when the simulator itself calls a storage emulator
    /// or an event endpoint.
    pub trusted_ca_pem: Option<PathBuf>,
    /// A folder in which the accounts' resources survive a restart. `None`: they are forgotten.
    pub data_dir: Option<PathBuf>,
    /// What can also be changed while it runs.
    pub settings: Settings,
}

/// One media-services account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountOptions {
    /// Its name, as it stands in the path of a request.
    pub name: String,
    /// Its region, for example `westeurope`. Content key IDs are unique within a region.
    pub region: String,
    /// Its storage accounts; the first is the primary one, where an asset goes that names none.
    pub storage: Vec<StorageOptions>,
}

/// One storage account attached to a media-services account.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StorageOptions {
    /// Its short name.
    pub account: String,
    /// Its key, base64: containers are made, read and shared with it.
    pub key: String,
    /// Where its blob service answers, account included, for example `https://127.0.0.1:10000/account` for an Azurite.
    /// `None`: there is no storage behind the account, and containers exist by name only.
    #[serde(default)]
    pub blob_endpoint: Option<Url>,
}

/// Shows no key.
impl std::fmt::Debug for StorageOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StorageOptions")
            .field("account", &self.account)
            .field(
                "blob_endpoint",
                &self.blob_endpoint.as_ref().map(Url::as_str),
            )
            .finish_non_exhaustive()
    }
}

/// A certificate and its key, both PEM. The certificate must be a leaf (`CA:FALSE`): rustls refuses a CA there.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate chain.
    pub cert_pem_path: PathBuf,
    /// The private key.
    pub key_pem_path: PathBuf,
}
