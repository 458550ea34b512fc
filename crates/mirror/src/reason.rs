use std::fmt;

/// Who can do something about a [`Reason`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Whoever configures the mirror and its rights.
    Configuration,
    /// The service: it passes, or its support helps.
    Service,
    /// Whoever owns the media and the policies.
    Data,
}

macro_rules! reasons {
    ($($variant:ident = $code:literal, $transient:literal, $owner:ident, $meaning:literal, $next:literal;)*) => {
        /// What became of a change, in one word: the same string in logs, metrics, reports and documents.
        ///
        /// The set is closed; it is extended deliberately, together with the documentation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason {
            $(#[doc = $meaning] #[doc = ""] #[doc = $next] $variant,)*
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The code.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// Whether it passes by itself: the work then goes back into its queue.
            #[must_use]
            pub const fn is_transient(self) -> bool {
                match self { $(Self::$variant => $transient,)* }
            }

            /// Who can do something about it.
            #[must_use]
            pub const fn owner(self) -> Owner {
                match self { $(Self::$variant => Owner::$owner,)* }
            }

            /// What it means.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }

            /// What to do next.
            #[must_use]
            pub const fn next_step(self) -> &'static str {
                match self { $(Self::$variant => $next,)* }
            }
        }
    };
}

reasons! {
    SourceGone = "source-gone", false, Data,
        "The resource, or the container of an asset, is not in the primary.",
        "None if it was deleted on purpose; whether the replica follows is the setting for deletions.";
    SourceNotReady = "source-not-ready", true, Data,
        "The asset's bytes are still arriving in the primary.",
        "None; it is looked at again.";
    SourceChanging = "source-changing", true, Data,
        "The resource changed in the primary while it was mirrored, several times in a row.",
        "None; it is looked at again.";
    SourceLive = "source-live", true, Data,
        "The asset belongs to a live output that still writes.",
        "None; it is mirrored when it is quiet.";
    SourceArchived = "source-archived", false, Data,
        "A blob of the asset is in the archive tier and cannot be read.",
        "Rehydrate the blob that the detail names.";
    SourceUnsupported = "source-unsupported", false, Data,
        "The resource is of a sort that cannot be mirrored, such as a storage-encrypted asset.",
        "Replace it in the primary, or exclude it from the scope.";
    SourceDenied = "source-denied", false, Configuration,
        "The primary refuses the identity (401 or 403).",
        "Give the identity the role for the operation that the detail names.";
    SourceThrottled = "source-throttled", true, Service,
        "The primary asks for fewer calls (429).",
        "None; the work waits as long as it asks.";
    SourceUnavailable = "source-unavailable", true, Service,
        "The primary does not answer, or answers with what is not its own: a lost account, a server error, a reply cut short.",
        "Check the region's health and, if it stays, the account's resource ID and endpoint.";
    SourceStorageDenied = "source-storage-denied", false, Configuration,
        "The primary's storage refuses to be read.",
        "The detail says which of role, firewall, copy scope or tenant is missing.";
    SourceStorageThrottled = "source-storage-throttled", true, Service,
        "The primary's storage is busy.",
        "None; the work waits.";
    SourceStorageUnavailable = "source-storage-unavailable", true, Service,
        "The primary's storage does not answer.",
        "Check the region's health and, if it stays, the blob endpoint in the configuration.";
    SecretMasked = "secret-masked", false, Configuration,
        "A secret reads masked, so it can be neither compared nor copied; nothing was written.",
        "Give the identity the right that the detail names.";
    ReplicaNotReady = "replica-not-ready", true, Service,
        "Something that the resource needs is not in the secondary yet.",
        "None; it is being mirrored, and this follows.";
    ReplicaConflict = "replica-conflict", false, Data,
        "The replica differs in what cannot be changed, and the setting for conflicts does not allow to replace it.",
        "Compare both; delete the replica, or allow replacement for this kind.";
    ReplicaRefused = "replica-refused", false, Service,
        "The secondary refuses what was sent.",
        "Look up the code and the request reference in the detail.";
    ReplicaIgnored = "replica-ignored", false, Service,
        "The secondary accepted a write and did not do it: the read-back still differs.",
        "Report the fields in the detail to the service.";
    ReplicaDenied = "replica-denied", false, Configuration,
        "The secondary refuses the identity (401 or 403).",
        "Give the identity the role for the operation that the detail names.";
    ReplicaThrottled = "replica-throttled", true, Service,
        "The secondary asks for fewer calls (429).",
        "None; the work waits as long as it asks.";
    ReplicaUnavailable = "replica-unavailable", true, Service,
        "The secondary does not answer, or answers with what is not its own.",
        "Check the region's health and, if it stays, the account's resource ID and endpoint.";
    ReplicaQuota = "replica-quota", false, Service,
        "A limit of the secondary is reached.",
        "Ask the service for a higher limit.";
    ReplicaStorageDenied = "replica-storage-denied", false, Configuration,
        "The secondary's storage refuses to be read or written.",
        "The detail says which of role, firewall, copy scope or tenant is missing.";
    ReplicaStorageThrottled = "replica-storage-throttled", true, Service,
        "The secondary's storage is busy.",
        "None; the work waits.";
    ReplicaStorageUnavailable = "replica-storage-unavailable", true, Service,
        "The secondary's storage does not answer.",
        "Check the region's health and, if it stays, the blob endpoint in the configuration.";
    KeyIdTaken = "key-id-taken", false, Data,
        "Another locator in the secondary's region uses a content key ID of this one.",
        "Find the other locator; a key ID can serve one locator only.";
    KeysRefused = "keys-refused", false, Service,
        "The secondary did not take the source's content keys; nothing is published with other keys.",
        "Mirror to a custom streaming policy with the same labels.";
    KeysShared = "keys-shared", false, Data,
        "The replica locator shares content key IDs with a locator in use, so deleting it could take those keys away. Or the primary's lists show no content keys, and more than 50 locators may have some.",
        "Withdraw the other locator first. If none is named, make sure that nothing in the primary uses its keys, and delete it in the secondary.";
    CopyMismatch = "copy-mismatch", false, Service,
        "A copied blob differs from its source.",
        "Delete the blob that the detail names in the secondary; it is copied again.";
    DependencyFailed = "dependency-failed", false, Data,
        "Something that the resource needs cannot be mirrored.",
        "See the reason of what the detail names.";
    DeletesOff = "deletes-off", false, Configuration,
        "The resource is gone from the primary, and the replica stays: the setting keeps it, or the primary did not announce a deletion.",
        "None if that is wanted. Where MIRROR_DELETES says converge for the kind the next complete walk deletes it; else delete it in the secondary, or switch deletions on for this kind.";
    DeleteCap = "delete-cap", false, Configuration,
        "More deletions are due at once than the cap allows, or their count was lost and is made anew; none is done.",
        "Look at them; confirm them, or put the resources back.";
    OutOfScope = "out-of-scope", false, Configuration,
        "The asset is not among those that the scope names, or the container is no asset's.",
        "None if that is wanted; else widen the scope.";
    Predefined = "predefined", false, Service,
        "A predefined streaming policy; it exists in every account.",
        "None.";
    NotMirroredKind = "not-mirrored-kind", false, Configuration,
        "The event is about a kind of resource that is not mirrored.",
        "None.";
    NotPrimary = "not-primary", false, Configuration,
        "The event is about another account than the primary, or a storage account that is not the primary's.",
        "None, unless no event is accepted at all: then check the primary's resource ID and, of storage accounts, MIRROR_STORAGE_MAP and MIRROR_EVENT_TOPICS.";
    Configuration = "configuration", false, Configuration,
        "The configuration does not say what is needed here.",
        "The detail names the setting.";
    BadMessage = "bad-message", false, Data,
        "The message or event cannot be understood.",
        "Correct the sender; the message is in the poison queue.";
    Bug = "bug", false, Service,
        "The mirror failed in a way that it does not understand.",
        "Report it with the invocation ID; the message is tried again and then kept in the poison queue.";
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_distinct_and_transience_follows_the_name() {
        let codes: HashSet<&str> = Reason::ALL.iter().map(|r| r.as_str()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            let passes = [
                "-throttled",
                "-unavailable",
                "-not-ready",
                "-changing",
                "-live",
            ];
            let by_name = passes.iter().any(|end| reason.as_str().ends_with(end));
            assert_eq!(reason.is_transient(), by_name, "{reason}");
        }
    }
}
