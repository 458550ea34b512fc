use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The kinds of resource that are mirrored, by the services' own collection names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Content key policies: who may have a key, and how it is delivered.
    ContentKeyPolicies,
    /// Streaming policies: protocols, encryption schemes and key labels. `Predefined_*` exist everywhere.
    StreamingPolicies,
    /// Filters of the account.
    AccountFilters,
    /// Assets: a container of blobs and its description.
    Assets,
    /// Filters of one asset, which is their parent.
    AssetFilters,
    /// Streaming locators: what publishes an asset under a streaming locator ID.
    StreamingLocators,
}

impl Kind {
    /// All kinds, in the order in which they depend on each other: a kind needs only kinds before it.
    pub const ALL: [Self; 6] = [
        Self::ContentKeyPolicies,
        Self::StreamingPolicies,
        Self::AccountFilters,
        Self::Assets,
        Self::AssetFilters,
        Self::StreamingLocators,
    ];

    /// The collection name in the services' URLs, in messages, logs and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ContentKeyPolicies => "contentKeyPolicies",
            Self::StreamingPolicies => "streamingPolicies",
            Self::AccountFilters => "accountFilters",
            Self::Assets => "assets",
            Self::AssetFilters => "assetFilters",
            Self::StreamingLocators => "streamingLocators",
        }
    }

    /// The kind of the resource that a resource of this kind lives under, if any.
    #[must_use]
    pub const fn parent(self) -> Option<Self> {
        match self {
            Self::AssetFilters => Some(Self::Assets),
            _ => None,
        }
    }

    /// The queue whose function mirrors this kind; function and queue bear the same name.
    #[must_use]
    pub const fn queue(self) -> &'static str {
        match self {
            Self::ContentKeyPolicies => "mirror-content-key-policy",
            Self::StreamingPolicies => "mirror-streaming-policy",
            Self::AccountFilters | Self::AssetFilters => "mirror-filter",
            Self::Assets => "mirror-asset",
            Self::StreamingLocators => "mirror-locator",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no [`Kind`]. Remedy: use one of the kinds that the message lists.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0:?} is not a mirrored kind; the kinds are assets, assetFilters, accountFilters, contentKeyPolicies, streamingPolicies, streamingLocators"
)]
pub struct UnknownKind(String);

impl FromStr for Kind {
    type Err = UnknownKind;

    /// Letter case is not significant: the Azure Media Services API echoes it either way.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownKind(text.chars().take(64).collect()))
    }
}
