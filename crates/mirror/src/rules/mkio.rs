//! MK.IO, media API 0.26: its OpenAPI document, and what MediaKind's own SDK and tools show beyond it. Where it follows Azure Media
//! Services the table is that service's; what differs stands here.

use change::Kind;

use super::{Blank, Change, Mapping, Need, Rules, Secret, ams};

/// What every MK.IO resource has round its properties.
macro_rules! owned {
    ($($path:literal),*) => { &["name", "id", "type", "systemData", "supplemental", $($path),*] };
}

pub(super) static ASSETS: Rules = Rules {
    kind: Kind::Assets,
    owned: owned!(
        "properties.assetId",
        "properties.created",
        "properties.lastModified",
        // Accepted and not supported.
        "properties.storageEncryptionFormat",
        "properties.encryptionScope"
    ),
    placement: &["properties.container", "properties.subPath"],
    mapped: &[("properties.storageAccountName", Mapping::StorageAccount)],
    // `Delete` would take the replica's blobs away with the replica; and without a policy an asset cannot be made on a container that exists.
    constants: &[("properties.containerDeletionPolicy", "Retain")],
    // An asset without a description was seen with null, one without an alternate ID with an empty text.
    empty: &["labels", "properties.alternateId", "properties.description"],
    cleared: &[
        ("labels", Blank::Object),
        ("properties.alternateId", Blank::Text),
        ("properties.description", Blank::Text),
    ],
    known: &[
        "labels",
        "properties.alternateId",
        "properties.description",
        "properties.container",
        "properties.subPath",
        "properties.containerDeletionPolicy",
        "properties.storageAccountName",
    ],
    ..ams::ASSETS
};

/// The fields of a filter: those of Azure Media Services, and times of the day.
macro_rules! filter_fields {
    () => {
        &[
            "properties.presentationTimeRange",
            "properties.firstQuality.bitrate",
            "properties.tracks[].trackSelections[].property",
            "properties.tracks[].trackSelections[].operation",
            "properties.tracks[].trackSelections[].value",
        ]
    };
}

pub(super) static ACCOUNT_FILTERS: Rules = Rules {
    owned: owned!(),
    times: &[
        "properties.presentationTimeRange.startTime",
        "properties.presentationTimeRange.endTime",
    ],
    switches: &["properties.presentationTimeRange.forceEndTimestamp"],
    known: filter_fields!(),
    ..ams::ACCOUNT_FILTERS
};

pub(super) static ASSET_FILTERS: Rules = Rules {
    kind: Kind::AssetFilters,
    ..ACCOUNT_FILTERS
};

pub(super) static CONTENT_KEY_POLICIES: Rules = Rules {
    owned: owned!(
        "properties.policyId",
        "properties.created",
        "properties.lastModified",
        "properties.options[].policyOptionId"
    ),
    secret_right: "the capability ams.contentkeypolicy.create",
    switches: &["properties.fairPlayAmsCompatibility"],
    empty: &["properties.description"],
    // PATCH.
    cleared: &[
        ("properties.fairPlayAmsCompatibility", Blank::Off),
        ("properties.description", Blank::Text),
    ],
    known: &[
        "properties.fairPlayAmsCompatibility",
        "properties.description",
        "properties.options[].name",
        "properties.options[].configuration.@odata.type",
        "properties.options[].configuration.widevineTemplate",
        "properties.options[].configuration.ask",
        "properties.options[].configuration.fairPlayPfx",
        "properties.options[].configuration.fairPlayPfxPassword",
        "properties.options[].configuration.rentalAndLeaseKeyType",
        "properties.options[].configuration.rentalDuration",
        "properties.options[].configuration.offlineRentalConfiguration",
        "properties.options[].configuration.responseCustomData",
        "properties.options[].configuration.licenses",
        "properties.options[].restriction.@odata.type",
        "properties.options[].restriction.issuer",
        "properties.options[].restriction.audience",
        "properties.options[].restriction.restrictionTokenType",
        "properties.options[].restriction.openIdConnectDiscoveryDocument",
        "properties.options[].restriction.requiredClaims",
        "properties.options[].restriction.primaryVerificationKey",
        "properties.options[].restriction.alternateVerificationKeys",
    ],
    ..ams::CONTENT_KEY_POLICIES
};

pub(super) static STREAMING_POLICIES: Rules = Rules {
    owned: owned!("properties.created"),
    known: &[
        "properties.catalog",
        "properties.defaultContentKeyPolicyName",
        "properties.noEncryption",
        "properties.envelopeEncryption",
        "properties.commonEncryptionCenc",
        "properties.commonEncryptionCbcs",
    ],
    change: Change::UpdateOrReplace,
    ..ams::STREAMING_POLICIES
};

pub(super) static STREAMING_LOCATORS: Rules = Rules {
    kind: Kind::StreamingLocators,
    owned: owned!(
        "properties.created",
        "properties.provisioningState",
        "properties.resourceState",
        "properties.contentKeys[].tracks"
    ),
    secrets: &[Secret::At("properties.contentKeys[]", &["value"])],
    secret_right: "the capability ams.streaminglocator.create",
    switches: &["properties.suppressed"],
    cleared: &[
        ("properties.suppressed", Blank::Off),
        ("properties.endTime", Blank::Never),
    ],
    known: &[
        "properties.assetName",
        "properties.streamingPolicyName",
        "properties.defaultContentKeyPolicyName",
        "properties.streamingLocatorId",
        "properties.startTime",
        "properties.endTime",
        "properties.alternativeMediaId",
        "properties.filters",
        "properties.suppressed",
        "properties.contentId",
        "properties.defaultManifestFilename",
        "properties.contentKeys[].id",
        "properties.contentKeys[].type",
        "properties.contentKeys[].labelReferenceInStreamingPolicy",
        "properties.contentKeys[].value",
        "properties.contentKeys[].policyName",
    ],
    needs: &[
        (
            "properties.defaultContentKeyPolicyName",
            Need::Kind(Kind::ContentKeyPolicies),
        ),
        (
            "properties.contentKeys[].policyName",
            Need::Kind(Kind::ContentKeyPolicies),
        ),
        (
            "properties.streamingPolicyName",
            Need::Kind(Kind::StreamingPolicies),
        ),
        ("properties.filters[]", Need::Filter),
    ],
    change: Change::Partial(&[
        "properties.startTime",
        "properties.endTime",
        "properties.suppressed",
    ]),
    ..ams::STREAMING_LOCATORS
};
