use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use blobs::{Access, Copier, EndpointTemplate, SasTokens, StorageSide};
use settings::{Settings, SourceAuth, StorageAccess};

use crate::WiringError;

/// What the blob copier is built from: both sides, how the source is opened, and its limits.
type Ends = (StorageSide, StorageSide, blobs::SourceAuth, blobs::Settings);

/// What copies blobs between the storage accounts of both sides.
pub(crate) fn copier(
    settings: &Settings,
    credential: &Arc<dyn TokenCredential>,
    client: &reqwest::Client,
) -> Result<Copier, WiringError> {
    let (source, replica, auth, limits) = ends(settings, credential, client)?;
    Ok(Copier::new(source, replica, auth, limits)?)
}

/// What reads the blobs of both sides.
#[cfg(feature = "bytes")]
pub(crate) fn bytes(
    settings: &Settings,
    credential: &Arc<dyn TokenCredential>,
    client: &reqwest::Client,
) -> Result<blobs::Bytes, WiringError> {
    let (source, replica, auth, limits) = ends(settings, credential, client)?;
    Ok(blobs::Bytes::new(source, replica, auth, limits)?)
}

fn ends(
    settings: &Settings,
    credential: &Arc<dyn TokenCredential>,
    client: &reqwest::Client,
) -> Result<Ends, WiringError> {
    let side = |access: &StorageAccess| -> Result<StorageSide, WiringError> {
        Ok(StorageSide {
            endpoint: EndpointTemplate::new(&access.endpoint)?,
            access: match access.sas.as_ref() {
                Some(sas) => Access::Sas(SasTokens::one(sas.secret())),
                None => Access::Identity(Arc::clone(credential)),
            },
            transport: cloud::transport(client),
            retry: blobs::short_retries(),
        })
    };
    Ok((
        side(&settings.primary_storage)?,
        side(&settings.secondary_storage)?,
        source_auth(settings)?,
        blobs::Settings {
            settle: settings.settle,
            ..blobs::Settings::default()
        },
    ))
}

fn source_auth(settings: &Settings) -> Result<blobs::SourceAuth, WiringError> {
    Ok(match settings.source_auth {
        SourceAuth::Bearer => blobs::SourceAuth::Bearer,
        SourceAuth::DelegationSas => blobs::SourceAuth::DelegationSas,
        SourceAuth::Sas => {
            let sas = settings.primary_storage.sas.as_ref();
            let sas = sas.ok_or(WiringError::NoSas)?;
            blobs::SourceAuth::Sas(SasTokens::one(sas.secret()))
        }
    })
}
