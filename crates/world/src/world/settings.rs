//! The settings that the handler gets.

use anyhow::Context;
use simulator::Simulator;
use url::Url;

use crate::{Account, AccountSas, IdentityEndpoint, Storage, Tls, World};

/// What Azure would give the app as its settings.
pub(super) fn of_handler(
    tls: &Tls,
    storage: &Storage,
    identity: &IdentityEndpoint,
    simulator: &Simulator,
    queue_service: &Url,
) -> anyhow::Result<Vec<(String, String)>> {
    let media = simulator
        .https_url()
        .context("the simulator listens with TLS")?;
    // One emulator holds the accounts of both regions; what differs is the account in the path.
    let blobs = storage.regions.blob_endpoint("account").to_string();
    let blobs = blobs
        .trim_end_matches('/')
        .replace("/account", "/{account}");
    let settings = [
        (
            "SSL_CERT_FILE",
            tls.certificate_path().display().to_string(),
        ),
        ("IDENTITY_ENDPOINT", identity.endpoint()),
        ("IDENTITY_HEADER", identity.header().to_owned()),
        (
            "AzureWebJobsStorage__queueServiceUri",
            queue_service.to_string(),
        ),
        (
            "AzureWebJobsStorage__blobServiceUri",
            storage.app.blob_endpoint(Storage::APP).to_string(),
        ),
        ("MIRROR_BACKEND", "ams".to_owned()),
        ("MIRROR_PRIMARY", World::account_id(World::PRIMARY)),
        ("MIRROR_SECONDARY", World::account_id(World::SECONDARY)),
        ("MIRROR_PRIMARY_ENDPOINT", media.to_string()),
        ("MIRROR_SECONDARY_ENDPOINT", media.to_string()),
        (
            "MIRROR_STORAGE_MAP",
            format!("{}={}", Storage::PRIMARY, Storage::SECONDARY),
        ),
        ("MIRROR_PRIMARY_BLOB_ENDPOINT", blobs.clone()),
        ("MIRROR_SECONDARY_BLOB_ENDPOINT", blobs),
        // Azurite does not know the bearer header for copy sources.
        ("MIRROR_SOURCE_AUTH", "delegation-sas".to_owned()),
        ("MIRROR_SETTLE", "0s".to_owned()),
        // Who wants a walk asks for it.
        ("MIRROR_SWEEP", "off".to_owned()),
        // Long enough that events of four seconds are one message.
        ("MIRROR_BLOB_DEBOUNCE", "6s".to_owned()),
        // What holds the mirror back here is the simulator, when it is told to.
        ("MIRROR_PRIMARY_SHARE", "unlimited".to_owned()),
        ("MIRROR_SECONDARY_SHARE", "unlimited".to_owned()),
    ];
    Ok(settings
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec())
}

/// Access by SAS, as where nobody may give the app's identity a role. The signatures are added to `secrets`.
pub(super) fn of_sas(
    storage: &Storage,
    queue_service: &Url,
    secrets: &mut Vec<String>,
) -> anyhow::Result<Vec<(String, String)>> {
    let mut sas = |account: Option<&Account>| -> anyhow::Result<String> {
        let sas = account
            .map(|account| account.sas(&AccountSas::default()))
            .context("the storage account exists")?;
        let signature = url::form_urlencoded::parse(sas.as_bytes())
            .find(|(name, _)| name == "sig")
            .map(|(_, signature)| signature.into_owned());
        secrets.push(signature.context("a SAS has a signature")?);
        Ok(sas)
    };
    let primary = sas(storage.regions.account(Storage::PRIMARY))?;
    let queues = sas(storage.app.account(Storage::APP))?;
    let settings = [
        ("MIRROR_PRIMARY_STORAGE_SAS", primary),
        ("MIRROR_SOURCE_AUTH", "sas".to_owned()),
        (
            "AzureWebJobsStorage__queueServiceUri",
            format!("{queue_service}?{queues}"),
        ),
    ];
    Ok(settings
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec())
}
