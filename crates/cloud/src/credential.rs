use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_identity::{
    DeveloperToolsCredential, ManagedIdentityCredential, ManagedIdentityCredentialOptions,
    UserAssignedId,
};

use crate::transport::client_options;

/// As whom the process signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The app's managed identity: the system-assigned one, or the user-assigned one with this client ID.
    Managed {
        /// Client ID of the user-assigned identity.
        client_id: Option<String>,
    },
    /// Whoever is signed in with the Azure CLI or the Azure Developer CLI: for work on one's own machine.
    DeveloperTools,
}

/// The one credential of the process; it keeps its tokens until shortly before they expire.
///
/// # Errors
/// When the machine offers no such identity. Remedy: the error names what is missing.
pub fn credential(
    identity: &Identity,
    client: &reqwest::Client,
) -> azure_core::Result<Arc<dyn TokenCredential>> {
    Ok(match identity {
        Identity::Managed { client_id } => {
            ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
                user_assigned_id: client_id.clone().map(UserAssignedId::ClientId),
                client_options: client_options(client),
            }))?
        }
        Identity::DeveloperTools => DeveloperToolsCredential::new(None)?,
    })
}
