//! Whether the storage accounts of both sides can be listed, and the primary's be opened for a copy.

use blobs::{BlobError, Denial, Place, Presence};
use media::{Body, Side, Storage};
use settings::SourceAuth;

use super::{account::Account, finding::Finding};
use crate::configuration::Configured;

/// A container that nobody has: where the right to list is there, the service says that it does not exist.
const NO_CONTAINER: &str = "media-mirror-config-check";

/// Checks every pair of the storage map, with a container of an asset where one was seen.
pub(super) async fn check(
    configured: &Configured,
    primary: &Account<'_>,
    secondary: &Account<'_>,
    assets: &[Body],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (from, to) in configured.settings.storage_map.pairs() {
        let container = assets
            .iter()
            .filter(|asset| asset.text("storageAccountName") == Some(from))
            .find_map(|asset| asset.text("container"));
        let container = container.unwrap_or(NO_CONTAINER);
        if let Some(account) = located(primary, from, &mut findings).await {
            let place = Place::new(account, container);
            findings.push(listed(configured, Side::Primary, &place).await);
            findings.extend(opened(configured, &place).await);
        }
        if let Some(account) = located(secondary, to, &mut findings).await {
            let place = Place::new(account, container);
            findings.push(listed(configured, Side::Secondary, &place).await);
        }
    }
    findings.extend(unmapped(configured, assets));
    findings
}

/// The word for it in findings.
fn part(side: Side) -> String {
    format!("{side}'s storage")
}

/// The storage account behind a name of the storage map; on MK.IO that is the name of a record.
async fn located(account: &Account<'_>, name: &str, findings: &mut Vec<Finding>) -> Option<String> {
    let (part, what) = (part(account.side), format!("find {name}"));
    let next = "Correct MIRROR_STORAGE_MAP.";
    let finding = match account.storage(name).await {
        Ok(Some(Storage::Azure(account))) => return Some(account),
        Ok(Some(Storage::Other(kind))) => {
            let detail = format!("it is not a storage account of Azure but {kind}");
            Finding::bad(&part, what, detail, next)
        }
        Ok(None) => Finding::bad(&part, what, "the account does not know it", next),
        Err(error) => {
            let next = account.next(&error, "");
            Finding::bad(&part, what, error, next)
        }
    };
    findings.push(finding);
    None
}

async fn listed(configured: &Configured, side: Side, place: &Place) -> Finding {
    let at = match side {
        Side::Primary => blobs::Side::Source,
        Side::Secondary => blobs::Side::Replica,
    };
    let what = format!("list a container of {}", place.account);
    match configured.parts.copier.reach(at, place).await {
        Ok(Presence::Exists) => Finding::good(&part(side), what, Some(place.container.clone())),
        Ok(Presence::Absent) => Finding::good(&part(side), what, None),
        Err(error) => bad(side, what, &error),
    }
}

/// Whether the storage service of the secondary can be let into the primary's storage, as far as that takes a call.
async fn opened(configured: &Configured, place: &Place) -> Option<Finding> {
    let what = match configured.settings.source_auth {
        SourceAuth::DelegationSas => format!("get a user delegation key of {}", place.account),
        SourceAuth::Bearer => format!("get a token for copies from {}", place.account),
        SourceAuth::Sas => return None,
    };
    Some(match configured.parts.copier.open_source(place).await {
        Ok(()) => Finding::good(&part(Side::Primary), what, None),
        Err(error) => match &error {
            BlobError::Denied {
                cause: Denial::Role | Denial::Unknown | Denial::Firewall,
                ..
            } => Finding::bad(
                &part(Side::Primary),
                what,
                &error,
                format!("Missing role on {}: Storage Blob Delegator.", place.account),
            ),
            _ => bad(Side::Primary, what, &error),
        },
    })
}

fn bad(side: Side, what: String, error: &BlobError) -> Finding {
    let role = match side {
        Side::Primary => "Storage Blob Data Reader",
        Side::Secondary => "Storage Blob Data Contributor",
    };
    let upper = side.as_str().to_uppercase();
    let next = match error {
        BlobError::Denied { cause, .. } => match cause {
            Denial::Role => format!("Missing role on the {side}'s storage account: {role}."),
            Denial::Firewall => format!(
                "The account's network rules keep this machine out, or the SAS lacks a right (a role: {role})."
            ),
            Denial::Tenant => {
                "The identity is of another tenant than the storage account.".to_owned()
            }
            Denial::Credential => format!(
                "Sign in with `az login`, or renew MIRROR_{upper}_STORAGE_SAS if one is set."
            ),
            Denial::CopyScope | Denial::Unknown => {
                format!("Missing, as far as can be told: the role {role}.")
            }
        },
        BlobError::Throttled { .. } => {
            "The service asks to wait. Try again in a minute.".to_owned()
        }
        _ => format!(
            "Check MIRROR_STORAGE_MAP and MIRROR_{upper}_BLOB_ENDPOINT, the network, and the service's health."
        ),
    };
    Finding::bad(&part(side), what, error, next)
}

/// Storage of the primary that assets use and the map does not have: none of those assets can be mirrored.
fn unmapped(configured: &Configured, assets: &[Body]) -> Option<Finding> {
    let map = &configured.settings.storage_map;
    let asset = assets.iter().find(|asset| {
        let name = asset.text("storageAccountName");
        name.is_some_and(|name| map.replica_of(name).is_none())
    })?;
    let name = asset.text("storageAccountName").unwrap_or_default();
    Some(Finding::bad(
        &part(Side::Primary),
        "the storage map has the storage of every asset seen",
        format!(
            "{} is in {name}, which MIRROR_STORAGE_MAP does not name",
            asset.id()
        ),
        format!("Add {name}=<its counterpart> to MIRROR_STORAGE_MAP."),
    ))
}
