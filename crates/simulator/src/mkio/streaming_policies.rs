//! Streaming policies.

use serde_json::{Map, Value, json};

use super::body;
use super::call::Call;
use super::reply::Reply;
use super::settings::Permission;
use super::shape::{Field, Shape, TEXT, field, needed};
use super::{predefined, render, store_new};
use crate::state::{Account, Kind, Record};

const KIND: Kind = Kind::StreamingPolicies;

const FIELDS: &[Field] = &[
    field("catalog", Shape::Object),
    field("defaultContentKeyPolicyName", Shape::Text(0, 260)),
    field("noEncryption", Shape::Fields(&[PROTOCOLS])),
    field(
        "envelopeEncryption",
        Shape::Fields(&[
            PROTOCOLS,
            CLEAR_TRACKS,
            CONTENT_KEYS,
            field("customKeyAcquisitionUrlTemplate", Shape::Text(1, 1024)),
        ]),
    ),
    field(
        "commonEncryptionCenc",
        Shape::Fields(&[
            PROTOCOLS,
            CLEAR_TRACKS,
            CONTENT_KEYS,
            CLEAR_KEY,
            field("drm", Shape::Fields(&[PLAY_READY, WIDEVINE])),
        ]),
    ),
    field(
        "commonEncryptionCbcs",
        Shape::Fields(&[
            PROTOCOLS,
            CLEAR_TRACKS,
            CONTENT_KEYS,
            CLEAR_KEY,
            field("drm", Shape::Fields(&[FAIR_PLAY, PLAY_READY, WIDEVINE])),
        ]),
    ),
];

const PROTOCOLS: Field = field(
    "enabledProtocols",
    Shape::Fields(&[
        needed("download", Shape::Flag),
        needed("dash", Shape::Flag),
        needed("hls", Shape::Flag),
        needed("smoothStreaming", Shape::Flag),
    ]),
);

/// Tracks by what they are. Only equality is supported, and only of the codec.
const TRACKS: Shape = Shape::List(&Shape::Fields(&[field(
    "trackSelections",
    Shape::List(&Shape::Fields(&[
        needed("property", Shape::OneOf(&["Unknown", "FourCC"])),
        needed("operation", Shape::OneOf(&["Unknown", "Equal"])),
        field("value", TEXT),
    ])),
)]));

const CLEAR_TRACKS: Field = field("clearTracks", TRACKS);

const CONTENT_KEYS: Field = field(
    "contentKeys",
    Shape::Fields(&[
        field(
            "defaultKey",
            Shape::Fields(&[field("label", TEXT), field("policyName", TEXT)]),
        ),
        field(
            "keyToTrackMappings",
            Shape::List(&Shape::Fields(&[
                field("label", TEXT),
                field("policyName", TEXT),
                field("tracks", TRACKS),
            ])),
        ),
    ]),
);

const CLEAR_KEY: Field = field(
    "clearKeyEncryptionConfiguration",
    Shape::Fields(&[field("customKeysAcquisitionUrlTemplate", TEXT)]),
);

const LICENCE_URL: Field = field("customLicenseAcquisitionUrlTemplate", TEXT);

const PLAY_READY: Field = field(
    "playReady",
    Shape::Fields(&[LICENCE_URL, field("playReadyCustomAttributes", TEXT)]),
);

const WIDEVINE: Field = field("widevine", Shape::Fields(&[LICENCE_URL]));

const FAIR_PLAY: Field = field(
    "fairPlay",
    Shape::Fields(&[LICENCE_URL, needed("allowPersistentLicense", Shape::Flag)]),
);

/// The properties that say which protocols play.
const ENCRYPTIONS: [&str; 4] = [
    "noEncryption",
    "envelopeEncryption",
    "commonEncryptionCenc",
    "commonEncryptionCbcs",
];

/// Its properties: there is no `created` among them.
pub(super) fn show(record: &Record) -> Map<String, Value> {
    predefined::properties(record)
}

pub(super) fn put(call: &Call<'_>, name: &str) -> Result<Reply, Reply> {
    let (fields, _) = body::properties(call, FIELDS, &[])?;
    let before = call.find_if_there(KIND, None, name);
    if let Some(before) = &before {
        let refused =
            before.predefined || call.mkio().streaming_policy_update == Permission::Refuse;
        if refused {
            return Err(Reply::conflict(format!(
                "The streaming policy '{name}' already exists, and updating it is not available."
            )));
        }
    }
    {
        let world = call.core.world();
        if let Some(missing) = missing_policy(call.account(&world)?, &fields) {
            return Err(Reply::bad_request(format!(
                "The content key policy '{missing}' does not exist."
            )));
        }
    }
    let new = before.is_none();
    let record = match before {
        Some(before) => {
            let record = call.changed(before, fields);
            call.store(&mut call.core.world(), KIND, None, &record);
            record
        }
        None => {
            let record = call.made(name, fields);
            store_new(call, KIND, None, &record);
            record
        }
    };
    Ok(Reply::stored(
        new,
        render::resource(call, KIND, None, &record),
    ))
}

/// The first content key policy that is named and not there.
fn missing_policy(account: &Account, fields: &Map<String, Value>) -> Option<String> {
    named_policies(fields)
        .into_iter()
        .find(|name| !account.has(Kind::ContentKeyPolicies, None, name))
}

/// The content key policies that a streaming policy names.
pub(super) fn named_policies(fields: &Map<String, Value>) -> Vec<String> {
    let empty = json!({});
    let mut named = vec![fields.get("defaultContentKeyPolicyName")];
    for encryption in ENCRYPTIONS {
        let keys = fields
            .get(encryption)
            .and_then(|encryption| encryption.get("contentKeys"))
            .unwrap_or(&empty);
        named.push(keys["defaultKey"].get("policyName"));
        let mappings = keys["keyToTrackMappings"].as_array();
        named.extend(
            mappings
                .into_iter()
                .flatten()
                .map(|key| key.get("policyName")),
        );
    }
    named
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}
