use std::{collections::BTreeMap, sync::Arc};

use blobs::Copier;
use cloud::{Identity, Queues};
use health::{Watch, WatchOptions};
use media::{Primary, Secondary, Side};
use mirror::{Mirror, MirrorOptions};
use settings::{Credential, Settings};
use state::{BlobDocuments, Documents, Time};

use crate::{TokenExpiry, WiringError, account::account, options::mirror_options, storage::copier};

/// Where Event Grid puts events that it cannot deliver, in the app's own storage account: the deployment makes this container. Without Event
/// Grid there is none, and nothing in it.
const DEAD_LETTERS: &str = "dead-letters";

/// Everything that the settings describe, built once for the process. All parts share one HTTP client, one credential and, for each
/// account, one pace.
pub struct Parts {
    /// The account that is mirrored.
    pub primary: Primary,
    /// The account that is kept ready.
    pub secondary: Secondary,
    /// Copies blobs from the primary's storage accounts to the secondary's.
    pub copier: Copier,
    /// Reads blobs of both sides.
    #[cfg(feature = "bytes")]
    pub bytes: blobs::Bytes,
    /// The state documents in the app's own storage account.
    pub documents: Arc<dyn Documents>,
    /// The queues in the app's own storage account.
    pub queues: Arc<Queues>,
    /// Measures how far the secondary is behind.
    pub watch: Watch,
    /// Maps, scope and policy, as the mirror uses them.
    pub options: MirrorOptions,
    /// Carries out changes.
    pub mirror: Mirror,
    /// When the API tokens of the accounts end, as far as they say it.
    pub tokens: Vec<TokenExpiry>,
}

impl Parts {
    /// Builds the parts. No call is made.
    ///
    /// # Errors
    /// [`WiringError`], when a client cannot be built; the error says why.
    pub fn from_settings(settings: &Settings) -> Result<Self, WiringError> {
        // A provider that is installed already is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = cloud::http_client()?;
        let credential = cloud::credential(&identity(&settings.credential), &client)?;
        let copier = copier(settings, &credential, &client)?;
        let container = |name: &str| -> Result<Arc<dyn Documents>, WiringError> {
            Ok(Arc::new(BlobDocuments::new(
                settings.app_storage.blob_service.clone(),
                name,
                Arc::clone(&credential),
                &client,
            )?))
        };
        let documents = container(&settings.app_storage.state_container)?;
        let queues = Arc::new(Queues::new(
            settings.app_storage.queue_service.clone(),
            Arc::clone(&credential),
            &client,
        )?);
        let (primary, primary_token) = account(settings, Side::Primary, &credential, &client)?;
        let (secondary, secondary_token) =
            account(settings, Side::Secondary, &credential, &client)?;
        let (primary, secondary) = (Primary::new(primary), Secondary::new(secondary));
        let options = mirror_options(settings);
        let mirror = Mirror::new(
            primary.clone(),
            secondary.clone(),
            Arc::new(copier.clone()),
            Arc::clone(&documents),
            options.clone(),
        );
        let tokens = [primary_token, secondary_token].into_iter().flatten();
        let tokens: Vec<TokenExpiry> = tokens.collect();
        let mut expiries = BTreeMap::new();
        for token in &tokens {
            expiries.insert(token.side.as_str().to_owned(), Time(token.at));
        }
        let watch = Watch::new(
            primary.clone(),
            Arc::clone(&queues) as _,
            &documents,
            WatchOptions {
                grace: settings.delete_grace,
                dead_letters: Some(container(DEAD_LETTERS)?),
                tokens: expiries,
            },
        );
        Ok(Self {
            primary,
            secondary,
            copier,
            #[cfg(feature = "bytes")]
            bytes: crate::storage::bytes(settings, &credential, &client)?,
            documents,
            queues,
            watch,
            options,
            mirror,
            tokens,
        })
    }
}

fn identity(credential: &Credential) -> Identity {
    match credential {
        Credential::ManagedIdentity { client_id } => Identity::Managed {
            client_id: client_id.clone(),
        },
        Credential::DeveloperTools => Identity::DeveloperTools,
    }
}
