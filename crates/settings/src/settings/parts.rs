//! What the settings consist of.

use azure_core::credentials::Secret;
use url::Url;

/// Who may send webhooks.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// What must stand in the header; without it nobody may.
    pub secret: Option<Secret>,
    /// The header, in lower case.
    pub header: String,
}

/// As whom the app signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// The app's managed identity; user-assigned if a client ID is given.
    ManagedIdentity {
        /// Client ID of the user-assigned identity.
        client_id: Option<String>,
    },
    /// Azure CLI or Azure Developer CLI.
    DeveloperTools,
}

/// The blobs of one side.
#[derive(Clone, Debug)]
pub struct StorageAccess {
    /// Blob endpoint with `{account}` in it, without a slash at the end.
    pub endpoint: String,
    /// A SAS in place of the app's identity, without `?`.
    pub sas: Option<Secret>,
}

/// How the storage service of the secondary reads the blobs of the primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceAuth {
    /// With a token of the app's identity.
    Bearer,
    /// With a SAS signed by a user delegation key.
    DelegationSas,
    /// With the SAS that is given.
    Sas,
}

/// The app's own storage account. `Debug` leaves the query out, because it can hold a SAS.
#[derive(Clone)]
pub struct AppStorage {
    /// The queue service; with a SAS in it where one is given.
    pub queue_service: Url,
    /// The blob service; with a SAS in it where one is given.
    pub blob_service: Url,
    /// The container of the state documents.
    pub state_container: String,
}

/// Whose events are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventTopics {
    /// The system topics of the primary, its resource group and its subscription.
    System,
    /// Custom topics, by resource ID.
    Custom(Vec<String>),
    /// Nobody's.
    None,
}

impl std::fmt::Debug for AppStorage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppStorage")
            .field("queue_service", &self.queue_service.host_str())
            .finish()
    }
}

/// Which storage account of the secondary takes the place of which of the primary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageMap(Vec<(String, String)>);

impl StorageMap {
    /// A map from pairs of primary and secondary account names.
    #[must_use]
    pub const fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The secondary's account for one of the primary.
    #[must_use]
    pub fn replica_of(&self, primary: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(from, _)| from == primary)
            .map(|(_, to)| to.as_str())
    }

    /// The pairs.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(from, to)| (from.as_str(), to.as_str()))
    }
}
