//! Everything that can go wrong, and what to do about it.

use crate::Side;
use std::{fmt, time::Duration};

/// What the storage service itself said: enough to find the request in its logs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// The service's own error code (`x-ms-error-code`), when it gave one.
    pub code: Option<String>,
    /// The service's request ID (`x-ms-request-id`): quote it to Azure support.
    pub request_id: Option<String>,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => write!(f, "{status}")?,
            None => f.write_str("no answer")?,
        }
        if let Some(code) = &self.code {
            write!(f, " {code}")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, ", request {id}")?;
        }
        Ok(())
    }
}

/// Which wall a denied request ran into, as far as the service's code tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// The identity has no data role on this account or container (`AuthorizationPermissionMismatch`).
    Role,
    /// The account's network rules keep the request out, or, with some SAS kinds, a right is
    /// missing: the service uses one code, `AuthorizationFailure`, for both.
    Firewall,
    /// The replica account's permitted copy scope (`allowedCopyScope`) excludes the source.
    CopyScope,
    /// The token was issued by another tenant, or for another audience.
    Tenant,
    /// The token or SAS itself is not valid: expired, mistyped, revoked, or none could be had.
    Credential,
    /// The code does not tell.
    Unknown,
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Role => "role",
            Self::Firewall => "firewall",
            Self::CopyScope => "copy scope",
            Self::Tenant => "tenant",
            Self::Credential => "credential",
            Self::Unknown => "unknown cause",
        })
    }
}

/// What went wrong between the two storage accounts.
///
/// No variant carries a URL, a header, a token or a SAS, nor the service's free text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlobError {
    /// The account refused the request.
    ///
    /// Remedy, by cause. Role: `Storage Blob Data Reader` on the source account and `Storage Blob
    /// Data Contributor` on the replica account (for `delegation-sas` also `Storage Blob
    /// Delegator` on the source). Firewall: let the other account's and the app's network in.
    /// Copy scope: widen `allowedCopyScope` of the replica account. Tenant: both accounts must
    /// trust the identity's tenant, or use a SAS. Credential: renew it.
    #[error("{side} storage denied the request ({cause}): {told}")]
    Denied {
        /// The account that refused. For a copy it may be the source although the replica was asked.
        side: Side,
        /// Which wall it was.
        cause: Denial,
        /// The service's own words.
        told: Told,
    },

    /// The account is over its limits. Remedy: none needed, try again after `retry_after`;
    /// if it lasts, lower the copier's concurrency.
    #[error("{side} storage is throttling: {told}")]
    Throttled {
        /// The account that is busy.
        side: Side,
        /// What the service asked for in `Retry-After`, if it did.
        retry_after: Option<Duration>,
        /// The service's own words.
        told: Told,
    },

    /// The account cannot be reached or is failing. Remedy: none needed, try again later; if it
    /// lasts, look at the account's health page, DNS and the network between.
    #[error("{side} storage is unavailable: {told}; {detail}")]
    Unavailable {
        /// The account that cannot be reached.
        side: Side,
        /// The service's own words, if it answered.
        told: Told,
        /// The kind of failure below HTTP, if it did not.
        detail: String,
    },

    /// The container is not there. Remedy: for the source, see whether the asset still exists; for
    /// the replica, run the asset again, which creates the container.
    #[error("{side} container {container} does not exist")]
    ContainerGone {
        /// The account it was looked for in.
        side: Side,
        /// The container.
        container: String,
    },

    /// A source blob is in the archive tier and cannot be read. Remedy: rehydrate it (set its
    /// tier to cool or hot and wait), then run the asset again.
    #[error("source blob {name:?} is archived")]
    SourceArchived {
        /// The blob, relative to the asset's place.
        name: String,
    },

    /// The source blobs changed faster than they could be copied, or something else writes to
    /// the replica. Remedy: none needed, try again when the encoder or uploader has finished. If it
    /// says 404 although the blob is there, the replica's account cannot reach the source's:
    /// look at private endpoints and DNS.
    #[error("source blobs keep changing: {name:?} after {rounds} rounds (last: {told})")]
    SourceChanging {
        /// One of the blobs that were different each time.
        name: String,
        /// How often the asset was looked at.
        rounds: u32,
        /// What the service said to the last copy of that blob.
        told: Told,
    },

    /// A copied blob carries its source's mark but not its source's length or MD5. Remedy: delete
    /// the replica blob and run the asset again; if it comes back, ask Azure support.
    #[error("replica blob {name:?} does not have the length or MD5 of its source")]
    CopyMismatch {
        /// The blob, relative to the asset's place.
        name: String,
    },

    /// The source blob is of a kind that cannot be copied here. Remedy: copy it by another way or
    /// remove it from the asset.
    #[error("source blob {name:?} cannot be copied: {why}")]
    SourceUnsupported {
        /// The blob, relative to the asset's place.
        name: String,
        /// What is in the way.
        why: &'static str,
    },

    /// The blob's name cannot be addressed by a URL. Remedy: rename the source blob.
    #[error("blob name {name:?} cannot be used: {why}")]
    Name {
        /// The full blob name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },

    /// The service refused for a reason that trying again will not change. Remedy: look the code
    /// up in the storage service's list of error codes; a lease, an immutability policy or a
    /// blob of another type under the same name are the usual ones.
    #[error("{side} storage refused: {told}{}", about(.name.as_deref()))]
    Refused {
        /// The account that refused.
        side: Side,
        /// The service's own words.
        told: Told,
        /// The blob it was about, relative to the asset's place.
        name: Option<String>,
    },

    /// The service answered something that cannot be right. Remedy: report it with the version of
    /// the service; nothing was written because of it.
    #[error("{side} storage answered unreadably: {what}")]
    Unreadable {
        /// The account that answered.
        side: Side,
        /// What was wrong with the answer.
        what: String,
    },

    /// The copier was set up wrongly. Remedy: correct the setting named.
    #[error("configuration: {what}")]
    Configuration {
        /// The mistake.
        what: String,
    },
}

fn about(name: Option<&str>) -> String {
    name.map(|name| format!(" (blob {name:?})"))
        .unwrap_or_default()
}

impl BlobError {
    /// The account the fault belongs to, when it belongs to one.
    #[must_use]
    pub fn side(&self) -> Option<Side> {
        match self {
            Self::Denied { side, .. }
            | Self::Throttled { side, .. }
            | Self::Unavailable { side, .. }
            | Self::ContainerGone { side, .. }
            | Self::Refused { side, .. }
            | Self::Unreadable { side, .. } => Some(*side),
            Self::SourceArchived { .. }
            | Self::SourceChanging { .. }
            | Self::SourceUnsupported { .. }
            | Self::Name { .. } => Some(Side::Source),
            Self::CopyMismatch { .. } => Some(Side::Replica),
            Self::Configuration { .. } => None,
        }
    }

    /// Whether time alone may cure it.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Throttled { .. } | Self::Unavailable { .. } | Self::SourceChanging { .. }
        )
    }

    /// The service's own words, when there are any.
    #[must_use]
    pub fn told(&self) -> Option<&Told> {
        match self {
            Self::Denied { told, .. }
            | Self::Throttled { told, .. }
            | Self::Unavailable { told, .. }
            | Self::SourceChanging { told, .. }
            | Self::Refused { told, .. } => Some(told),
            _ => None,
        }
    }
}
