//! What a world on MK.IO needs beyond one on Azure Media Services: storage records, API tokens, a webhook rule.

use time::{Duration, OffsetDateTime};
use url::Url;

use crate::{Storage, World, mint_token, platform::Platform};

/// How long the handler's API tokens hold: the longest that MK.IO issues is a year.
const HALF_A_YEAR: Duration = Duration::days(182);

/// What the webhook rule sends its secret in: the handler's default.
const HEADER: &str = "x-webhook-secret";

/// The name of the primary's storage record. Neither is named like its storage account, so that the map has work to do.
pub(crate) const PRIMARY_STORAGE: &str = "west media";
/// The name of the secondary's.
pub(crate) const SECONDARY_STORAGE: &str = "north media";

/// What the handler and the webhook rule of one world share.
pub(crate) struct Credentials {
    pub(crate) primary_token: String,
    pub(crate) secondary_token: String,
    pub(crate) webhook_secret: String,
}

impl Credentials {
    pub(crate) fn generate(endpoint: &Url) -> Self {
        let token = || mint_token(endpoint.as_str(), OffsetDateTime::now_utc() + HALF_A_YEAR);
        Self {
            primary_token: token(),
            secondary_token: token(),
            webhook_secret: uuid::Uuid::new_v4().to_string(),
        }
    }

    /// The settings of the handler that differ from those for Azure Media Services.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        let settings = [
            ("MIRROR_BACKEND", "mkio".to_owned()),
            ("MIRROR_PRIMARY", World::PRIMARY.to_owned()),
            ("MIRROR_SECONDARY", World::SECONDARY.to_owned()),
            ("MIRROR_PRIMARY_TOKEN", self.primary_token.clone()),
            ("MIRROR_SECONDARY_TOKEN", self.secondary_token.clone()),
            ("MIRROR_WEBHOOK_SECRET", self.webhook_secret.clone()),
            (
                "MIRROR_STORAGE_MAP",
                format!("{PRIMARY_STORAGE}={SECONDARY_STORAGE}"),
            ),
        ];
        settings
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec()
    }

    /// What nobody may see.
    pub(crate) fn secrets(&self) -> [String; 3] {
        [
            self.primary_token.clone(),
            self.secondary_token.clone(),
            self.webhook_secret.clone(),
        ]
    }
}

/// Gives each project the storage of its region, and the primary a webhook rule for the mirror: through the public APIs, as whoever
/// installs the mirror does.
pub(crate) async fn prepare(world: &World, credentials: &Credentials) -> anyhow::Result<()> {
    for (project, record, account) in [
        (World::PRIMARY, PRIMARY_STORAGE, Storage::PRIMARY),
        (World::SECONDARY, SECONDARY_STORAGE, Storage::SECONDARY),
    ] {
        let regions = &world.storage.regions;
        if let Some(owner) = regions.account(account) {
            Platform::new(world, project)?
                .add_storage(record, &regions.blob_endpoint(account), owner)
                .await?;
        }
    }
    Platform::new(world, World::PRIMARY)?
        .add_webhook_rule(
            "mirror",
            &world.webhook_url(),
            &["MediaKind.JobFinished", "MediaKind.StreamingLocatorCreated"],
            (HEADER, &credentials.webhook_secret),
        )
        .await
}
