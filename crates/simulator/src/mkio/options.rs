//! The options of a content key policy: what they must have.

use serde_json::{Value, json};
use uuid::Uuid;

use super::reply::Reply;
use super::shape::{COUNT, DURATION, Field, GUID, Shape, TEXT, field, needed, nullable};

/// The options as they are kept: with new option IDs.
pub(super) fn numbered(given: &Value) -> Result<Value, Reply> {
    let mut options = given.as_array().cloned().unwrap_or_default();
    if options.is_empty() {
        return Err(Reply::bad_request("'options' must not be empty."));
    }
    for option in &mut options {
        option["policyOptionId"] = json!(Uuid::new_v4().to_string());
    }
    Ok(Value::Array(options))
}

/// An option, but for its ID, which the service sets.
pub(super) const OPTION: Shape = Shape::Fields(&[
    field("name", TEXT),
    needed("configuration", Shape::Kinds(TAG, CONFIGURATIONS)),
    needed("restriction", Shape::Kinds(TAG, RESTRICTIONS)),
]);

/// What tells the kinds of an object apart.
const TAG: &str = "@odata.type";

macro_rules! tag {
    ($name:literal) => {
        concat!("#Microsoft.Media.ContentKeyPolicy", $name)
    };
}

type Kinds = &'static [(&'static str, &'static [Field])];

/// An empty or null secret is taken as it comes: that is what makes a copy of a masked policy harmful.
const fn secret(name: &'static str, shape: Shape) -> Field {
    nullable(name, shape).needed()
}

const CONFIGURATIONS: Kinds = &[
    (tag!("ClearKeyConfiguration"), &[]),
    (tag!("UnknownConfiguration"), &[]),
    (
        tag!("WidevineConfiguration"),
        &[needed("widevineTemplate", TEXT)],
    ),
    (
        tag!("PlayReadyConfiguration"),
        &[
            needed("licenses", Shape::List(&Shape::Fields(LICENCE))),
            field("responseCustomData", TEXT),
        ],
    ),
    (
        tag!("FairPlayConfiguration"),
        &[
            secret("ask", Shape::Bytes),
            secret("fairPlayPfx", Shape::Bytes),
            secret("fairPlayPfxPassword", TEXT),
            needed(
                "rentalAndLeaseKeyType",
                Shape::OneOf(&[
                    "Unknown",
                    "Undefined",
                    "DualExpiry",
                    "PersistentUnlimited",
                    "PersistentLimited",
                ]),
            ),
            needed("rentalDuration", COUNT),
            field(
                "offlineRentalConfiguration",
                Shape::Fields(&[
                    needed("playbackDurationSeconds", NUMBER),
                    needed("storageDurationSeconds", NUMBER),
                ]),
            ),
        ],
    ),
];

const RESTRICTIONS: Kinds = &[
    (tag!("OpenRestriction"), &[]),
    (tag!("UnknownRestriction"), &[]),
    (
        tag!("TokenRestriction"),
        &[
            needed("audience", TEXT),
            needed("issuer", TEXT),
            nullable("primaryVerificationKey", VERIFICATION_KEY).needed(),
            field("alternateVerificationKeys", Shape::List(&VERIFICATION_KEY)),
            needed(
                "restrictionTokenType",
                Shape::OneOf(&["Unknown", "Swt", "Jwt"]),
            ),
            field("openIdConnectDiscoveryDocument", TEXT),
            field(
                "requiredClaims",
                Shape::List(&Shape::Fields(&[
                    field("claimType", TEXT),
                    field("claimValue", TEXT),
                ])),
            ),
        ],
    ),
];

const VERIFICATION_KEY: Shape = Shape::Kinds(
    TAG,
    &[
        (
            tag!("SymmetricTokenKey"),
            &[secret("keyValue", Shape::Bytes)],
        ),
        (
            tag!("RsaTokenKey"),
            &[
                secret("exponent", Shape::Bytes),
                secret("modulus", Shape::Bytes),
            ],
        ),
        (
            tag!("X509CertificateTokenKey"),
            &[secret("rawBody", Shape::Bytes)],
        ),
    ],
);

const NUMBER: Shape = Shape::Whole(i64::MIN, i64::MAX);

/// Two bits of a PlayReady licence.
const BITS: Shape = Shape::Whole(0, 3);

const LICENCE: &[Field] = &[
    needed("allowTestDevices", Shape::Flag),
    needed(
        "contentKeyLocation",
        Shape::Kinds(
            TAG,
            &[
                (tag!("PlayReadyContentEncryptionKeyFromHeader"), &[]),
                (
                    tag!("PlayReadyContentEncryptionKeyFromKeyIdentifier"),
                    &[nullable("keyId", GUID).needed()],
                ),
            ],
        ),
    ),
    needed(
        "contentType",
        Shape::OneOf(&[
            "Unknown",
            "Unspecified",
            "UltraVioletDownload",
            "UltraVioletStreaming",
        ]),
    ),
    needed(
        "licenseType",
        Shape::OneOf(&["Unknown", "NonPersistent", "Persistent"]),
    ),
    field(
        "securityLevel",
        Shape::OneOf(&["Unknown", "SL150", "SL2000", "SL3000"]),
    ),
    field("playRight", Shape::Fields(PLAY_RIGHT)),
    field("beginDate", Shape::Time),
    field("expirationDate", Shape::Time),
    field("gracePeriod", DURATION),
    field("relativeBeginDate", DURATION),
    field("relativeExpirationDate", DURATION),
];

const PLAY_RIGHT: &[Field] = &[
    needed(
        "allowPassingVideoContentToUnknownOutput",
        Shape::OneOf(&[
            "Unknown",
            "NotAllowed",
            "Allowed",
            "AllowedWithVideoConstriction",
        ]),
    ),
    needed("digitalVideoOnlyContentRestriction", Shape::Flag),
    needed(
        "imageConstraintForAnalogComponentVideoRestriction",
        Shape::Flag,
    ),
    needed(
        "imageConstraintForAnalogComputerMonitorRestriction",
        Shape::Flag,
    ),
    field("agcAndColorStripeRestriction", BITS),
    field("scmsRestriction", BITS),
    field("analogVideoOpl", NUMBER),
    field("compressedDigitalAudioOpl", NUMBER),
    field("compressedDigitalVideoOpl", NUMBER),
    field("uncompressedDigitalAudioOpl", NUMBER),
    field("uncompressedDigitalVideoOpl", NUMBER),
    field("firstPlayExpiration", DURATION),
    field(
        "explicitAnalogTelevisionOutputRestriction",
        Shape::Fields(&[
            needed("bestEffort", Shape::Flag),
            needed("configurationData", BITS),
        ]),
    ),
];
