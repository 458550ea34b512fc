//! The kinds of resources under an account.

use serde::{Deserialize, Serialize};

/// A kind of resource. The order is that of the log: parents come before what hangs on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Kind {
    ContentKeyPolicies,
    StreamingPolicies,
    AccountFilters,
    Assets,
    AssetFilters,
    Tracks,
    StreamingLocators,
    Transforms,
    Jobs,
    /// What follows exists in MK.IO only.
    StorageRecords,
    StreamingEndpoints,
    WebhookRules,
}

impl Kind {
    pub(crate) const ALL: [Self; 12] = [
        Self::ContentKeyPolicies,
        Self::StreamingPolicies,
        Self::AccountFilters,
        Self::Assets,
        Self::AssetFilters,
        Self::Tracks,
        Self::StreamingLocators,
        Self::Transforms,
        Self::Jobs,
        Self::StorageRecords,
        Self::StreamingEndpoints,
        Self::WebhookRules,
    ];

    /// As it stands in a path, in the service's own letter case.
    pub(crate) const fn segment(self) -> &'static str {
        match self {
            Self::ContentKeyPolicies => "contentKeyPolicies",
            Self::StreamingPolicies => "streamingPolicies",
            Self::AccountFilters => "accountFilters",
            Self::Assets => "assets",
            Self::AssetFilters => "assetFilters",
            Self::Tracks => "tracks",
            Self::StreamingLocators => "streamingLocators",
            Self::Transforms => "transforms",
            Self::Jobs => "jobs",
            Self::StorageRecords => "storage",
            Self::StreamingEndpoints => "streamingEndpoints",
            Self::WebhookRules => "webhookRules",
        }
    }

    /// The kind of its parent, for the kinds that have one.
    pub(crate) const fn parent(self) -> Option<Self> {
        match self {
            Self::AssetFilters | Self::Tracks => Some(Self::Assets),
            Self::Jobs => Some(Self::Transforms),
            _ => None,
        }
    }

    /// Whether Azure Media Services, as it is simulated, knows the kind.
    const fn in_ams(self) -> bool {
        !matches!(
            self,
            Self::StorageRecords | Self::StreamingEndpoints | Self::WebhookRules
        )
    }

    /// Reads a path segment of the AMS dialect, in any letter case, under a parent of the given kind.
    pub(crate) fn read(segment: &str, parent: Option<Self>) -> Option<Self> {
        Self::ALL
            .into_iter()
            .filter(|kind| kind.in_ams())
            .find(|kind| kind.parent() == parent && kind.segment().eq_ignore_ascii_case(segment))
    }
}

/// A POST on one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    ListContainerSas,
    ListStreamingLocators,
    GetEncryptionKey,
    GetPolicyPropertiesWithSecrets,
    ListContentKeys,
    ListPaths,
    CancelJob,
}

impl Action {
    const ALL: [(Kind, Self); 7] = [
        (Kind::Assets, Self::ListContainerSas),
        (Kind::Assets, Self::ListStreamingLocators),
        (Kind::Assets, Self::GetEncryptionKey),
        (
            Kind::ContentKeyPolicies,
            Self::GetPolicyPropertiesWithSecrets,
        ),
        (Kind::StreamingLocators, Self::ListContentKeys),
        (Kind::StreamingLocators, Self::ListPaths),
        (Kind::Jobs, Self::CancelJob),
    ];

    /// As it stands in a path.
    pub(crate) const fn segment(self) -> &'static str {
        match self {
            Self::ListContainerSas => "listContainerSas",
            Self::ListStreamingLocators => "listStreamingLocators",
            Self::GetEncryptionKey => "getEncryptionKey",
            Self::GetPolicyPropertiesWithSecrets => "getPolicyPropertiesWithSecrets",
            Self::ListContentKeys => "listContentKeys",
            Self::ListPaths => "listPaths",
            Self::CancelJob => "cancelJob",
        }
    }

    /// Reads a path segment, in any letter case, after a resource of the given kind.
    pub(crate) fn read(segment: &str, kind: Kind) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(of, action)| *of == kind && action.segment().eq_ignore_ascii_case(segment))
            .map(|(_, action)| action)
    }
}
