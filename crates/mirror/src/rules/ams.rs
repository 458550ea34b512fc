//! Azure Media Services v3, api-version 2023-01-01: the Metadata group of its OpenAPI specification, and what recordings of the
//! service show beyond it (masked secrets, rounded times, defaults filled in).

use change::Kind;

use super::{Change, Mapping, Need, Rules, Secret};

/// What every ARM resource has round its properties.
macro_rules! owned {
    ($($path:literal),*) => { &["name", "id", "type", "systemData", $($path),*] };
}

pub(super) static ASSETS: Rules = Rules {
    kind: Kind::Assets,
    owned: owned!(
        "properties.assetId",
        "properties.created",
        "properties.lastModified",
        "properties.storageEncryptionFormat"
    ),
    placement: &["properties.container"],
    mapped: &[
        ("properties.storageAccountName", Mapping::StorageAccount),
        ("properties.encryptionScope", Mapping::EncryptionScope),
    ],
    secrets: &[],
    secret_right: "",
    times: &[],
    identifiers: &[],
    unordered: &[],
    empty: &[],
    constants: &[],
    cleared: &[],
    switches: &[],
    known: &[
        "properties.alternateId",
        "properties.description",
        "properties.container",
        "properties.storageAccountName",
        "properties.encryptionScope",
    ],
    needs: &[],
    change: Change::Update,
};

pub(super) const FILTER_FIELDS: &[&str] = &[
    "properties.presentationTimeRange.startTimestamp",
    "properties.presentationTimeRange.endTimestamp",
    "properties.presentationTimeRange.presentationWindowDuration",
    "properties.presentationTimeRange.liveBackoffDuration",
    "properties.presentationTimeRange.timescale",
    "properties.presentationTimeRange.forceEndTimestamp",
    "properties.firstQuality.bitrate",
    "properties.tracks[].trackSelections[].property",
    "properties.tracks[].trackSelections[].operation",
    "properties.tracks[].trackSelections[].value",
];

pub(super) static ACCOUNT_FILTERS: Rules = Rules {
    kind: Kind::AccountFilters,
    owned: owned!(),
    placement: &[],
    mapped: &[],
    secrets: &[],
    secret_right: "",
    times: &[],
    identifiers: &[],
    unordered: &[],
    empty: &[],
    constants: &[],
    cleared: &[],
    switches: &[],
    known: FILTER_FIELDS,
    needs: &[],
    change: Change::Update,
};

pub(super) static ASSET_FILTERS: Rules = Rules {
    kind: Kind::AssetFilters,
    ..ACCOUNT_FILTERS
};

pub(super) static CONTENT_KEY_POLICIES: Rules = Rules {
    kind: Kind::ContentKeyPolicies,
    // Every PUT and PATCH makes new option IDs.
    owned: owned!(
        "properties.policyId",
        "properties.created",
        "properties.lastModified",
        "properties.options[].policyOptionId"
    ),
    placement: &[],
    mapped: &[(
        "properties.options[].restriction.openIdConnectDiscoveryDocument",
        Mapping::Host,
    )],
    secrets: &[
        Secret::Typed("ContentKeyPolicySymmetricTokenKey", &["keyValue"]),
        Secret::Typed("ContentKeyPolicyRsaTokenKey", &["exponent", "modulus"]),
        Secret::Typed("ContentKeyPolicyX509CertificateTokenKey", &["rawBody"]),
        Secret::Typed(
            "ContentKeyPolicyFairPlayConfiguration",
            &["ask", "fairPlayPfx", "fairPlayPfxPassword"],
        ),
    ],
    secret_right: "Microsoft.Media/mediaservices/contentKeyPolicies/getPolicyPropertiesWithSecrets/action",
    times: &[
        "properties.options[].configuration.licenses[].beginDate",
        "properties.options[].configuration.licenses[].expirationDate",
    ],
    identifiers: &["properties.options[].configuration.licenses[].contentKeyLocation.keyId"],
    unordered: &[(
        "properties.options[].restriction.requiredClaims",
        Some("claimType"),
    )],
    empty: &[],
    constants: &[],
    cleared: &[],
    switches: &[],
    known: &[
        "properties.description",
        "properties.options[].name",
        "properties.options[].configuration.@odata.type",
        "properties.options[].configuration.widevineTemplate",
        "properties.options[].configuration.ask",
        "properties.options[].configuration.fairPlayPfx",
        "properties.options[].configuration.fairPlayPfxPassword",
        "properties.options[].configuration.rentalAndLeaseKeyType",
        "properties.options[].configuration.rentalDuration",
        "properties.options[].configuration.offlineRentalConfiguration.playbackDurationSeconds",
        "properties.options[].configuration.offlineRentalConfiguration.storageDurationSeconds",
        "properties.options[].configuration.responseCustomData",
        "properties.options[].configuration.licenses[].allowTestDevices",
        "properties.options[].configuration.licenses[].securityLevel",
        "properties.options[].configuration.licenses[].beginDate",
        "properties.options[].configuration.licenses[].expirationDate",
        "properties.options[].configuration.licenses[].relativeBeginDate",
        "properties.options[].configuration.licenses[].relativeExpirationDate",
        "properties.options[].configuration.licenses[].gracePeriod",
        "properties.options[].configuration.licenses[].licenseType",
        "properties.options[].configuration.licenses[].contentType",
        "properties.options[].configuration.licenses[].contentKeyLocation.@odata.type",
        "properties.options[].configuration.licenses[].contentKeyLocation.keyId",
        "properties.options[].configuration.licenses[].playRight",
        "properties.options[].restriction.@odata.type",
        "properties.options[].restriction.issuer",
        "properties.options[].restriction.audience",
        "properties.options[].restriction.restrictionTokenType",
        "properties.options[].restriction.openIdConnectDiscoveryDocument",
        "properties.options[].restriction.requiredClaims[].claimType",
        "properties.options[].restriction.requiredClaims[].claimValue",
        "properties.options[].restriction.primaryVerificationKey.@odata.type",
        "properties.options[].restriction.primaryVerificationKey.keyValue",
        "properties.options[].restriction.primaryVerificationKey.exponent",
        "properties.options[].restriction.primaryVerificationKey.modulus",
        "properties.options[].restriction.primaryVerificationKey.rawBody",
        "properties.options[].restriction.alternateVerificationKeys[].@odata.type",
        "properties.options[].restriction.alternateVerificationKeys[].keyValue",
        "properties.options[].restriction.alternateVerificationKeys[].exponent",
        "properties.options[].restriction.alternateVerificationKeys[].modulus",
        "properties.options[].restriction.alternateVerificationKeys[].rawBody",
    ],
    needs: &[],
    change: Change::Update,
};

/// The encryption schemes of a streaming policy, each with the same fields.
macro_rules! per_scheme {
    ($($field:literal),* $(,)?) => {
        &[$(
            concat!("properties.envelopeEncryption.", $field),
            concat!("properties.commonEncryptionCenc.", $field),
            concat!("properties.commonEncryptionCbcs.", $field),
        )*]
    };
}

pub(super) static STREAMING_POLICIES: Rules = Rules {
    kind: Kind::StreamingPolicies,
    owned: owned!("properties.created"),
    placement: &[],
    mapped: &[
        (
            "properties.envelopeEncryption.customKeyAcquisitionUrlTemplate",
            Mapping::Host,
        ),
        (
            "properties.commonEncryptionCenc.drm.playReady.customLicenseAcquisitionUrlTemplate",
            Mapping::Host,
        ),
        (
            "properties.commonEncryptionCenc.drm.widevine.customLicenseAcquisitionUrlTemplate",
            Mapping::Host,
        ),
        (
            "properties.commonEncryptionCenc.clearKeyEncryptionConfiguration.customKeysAcquisitionUrlTemplate",
            Mapping::Host,
        ),
        (
            "properties.commonEncryptionCbcs.drm.fairPlay.customLicenseAcquisitionUrlTemplate",
            Mapping::Host,
        ),
        (
            "properties.commonEncryptionCbcs.drm.playReady.customLicenseAcquisitionUrlTemplate",
            Mapping::Host,
        ),
        (
            "properties.commonEncryptionCbcs.drm.widevine.customLicenseAcquisitionUrlTemplate",
            Mapping::Host,
        ),
        (
            "properties.commonEncryptionCbcs.clearKeyEncryptionConfiguration.customKeysAcquisitionUrlTemplate",
            Mapping::Host,
        ),
    ],
    secrets: &[],
    secret_right: "",
    times: &[],
    identifiers: &[],
    unordered: &[],
    // PUT leaves these out where GET shows them empty.
    empty: per_scheme!("contentKeys", "contentKeys.defaultKey"),
    constants: &[],
    cleared: &[],
    switches: &[],
    known: &[
        "properties.defaultContentKeyPolicyName",
        "properties.noEncryption.enabledProtocols",
        "properties.envelopeEncryption.enabledProtocols",
        "properties.envelopeEncryption.clearTracks",
        "properties.envelopeEncryption.contentKeys",
        "properties.envelopeEncryption.customKeyAcquisitionUrlTemplate",
        "properties.commonEncryptionCenc.enabledProtocols",
        "properties.commonEncryptionCenc.clearTracks",
        "properties.commonEncryptionCenc.contentKeys",
        "properties.commonEncryptionCenc.drm",
        "properties.commonEncryptionCenc.clearKeyEncryptionConfiguration",
        "properties.commonEncryptionCbcs.enabledProtocols",
        "properties.commonEncryptionCbcs.clearTracks",
        "properties.commonEncryptionCbcs.contentKeys",
        "properties.commonEncryptionCbcs.drm",
        "properties.commonEncryptionCbcs.clearKeyEncryptionConfiguration",
    ],
    needs: &[
        (
            "properties.defaultContentKeyPolicyName",
            Need::Kind(Kind::ContentKeyPolicies),
        ),
        (
            "properties.envelopeEncryption.contentKeys.defaultKey.policyName",
            Need::Kind(Kind::ContentKeyPolicies),
        ),
        (
            "properties.envelopeEncryption.contentKeys.keyToTrackMappings[].policyName",
            Need::Kind(Kind::ContentKeyPolicies),
        ),
        (
            "properties.commonEncryptionCenc.contentKeys.defaultKey.policyName",
            Need::Kind(Kind::ContentKeyPolicies),
        ),
        (
            "properties.commonEncryptionCenc.contentKeys.keyToTrackMappings[].policyName",
            Need::Kind(Kind::ContentKeyPolicies),
        ),
        (
            "properties.commonEncryptionCbcs.contentKeys.defaultKey.policyName",
            Need::Kind(Kind::ContentKeyPolicies),
        ),
        (
            "properties.commonEncryptionCbcs.contentKeys.keyToTrackMappings[].policyName",
            Need::Kind(Kind::ContentKeyPolicies),
        ),
    ],
    change: Change::Replace,
};

pub(super) static STREAMING_LOCATORS: Rules = Rules {
    kind: Kind::StreamingLocators,
    // The service derives a key's type, policy and tracks from the streaming policy.
    owned: owned!(
        "properties.created",
        "properties.contentKeys[].type",
        "properties.contentKeys[].policyName",
        "properties.contentKeys[].tracks"
    ),
    placement: &[],
    mapped: &[],
    secrets: &[Secret::At("properties.contentKeys[]", &["value"])],
    secret_right: "Microsoft.Media/mediaservices/streamingLocators/listContentKeys/action",
    times: &["properties.startTime", "properties.endTime"],
    identifiers: &[
        "properties.streamingLocatorId",
        "properties.contentKeys[].id",
    ],
    unordered: &[
        ("properties.contentKeys", Some("id")),
        ("properties.filters", None),
    ],
    empty: &[],
    constants: &[],
    cleared: &[],
    switches: &[],
    known: &[
        "properties.assetName",
        "properties.streamingPolicyName",
        "properties.defaultContentKeyPolicyName",
        "properties.streamingLocatorId",
        "properties.startTime",
        "properties.endTime",
        "properties.alternativeMediaId",
        "properties.filters",
        "properties.contentKeys[].id",
        "properties.contentKeys[].labelReferenceInStreamingPolicy",
        "properties.contentKeys[].value",
    ],
    needs: &[
        (
            "properties.defaultContentKeyPolicyName",
            Need::Kind(Kind::ContentKeyPolicies),
        ),
        (
            "properties.streamingPolicyName",
            Need::Kind(Kind::StreamingPolicies),
        ),
        ("properties.filters[]", Need::Filter),
    ],
    change: Change::Replace,
};
