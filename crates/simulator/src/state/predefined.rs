//! The streaming policies that exist in every account.

use serde_json::{Map, Value, json};

use super::{Origin, Record};
use crate::times;

/// As the list of a real account shows them, with no creator.
pub(super) fn streaming_policies() -> Vec<Record> {
    let created = times::parse("2018-03-19T06:06:06Z").unwrap_or_else(times::now);
    [
        (
            "Predefined_ClearKey",
            json!({ "envelopeEncryption": encryption(&[true, true, true], "clearKeyDefault") }),
        ),
        (
            "Predefined_ClearStreamingOnly",
            json!({ "noEncryption": { "enabledProtocols": protocols(false, &[true; 3]) } }),
        ),
        (
            "Predefined_DownloadAndClearStreaming",
            json!({ "noEncryption": { "enabledProtocols": protocols(true, &[true; 3]) } }),
        ),
        (
            "Predefined_DownloadOnly",
            json!({ "noEncryption": { "enabledProtocols": protocols(true, &[false; 3]) } }),
        ),
        (
            "Predefined_MultiDrmCencStreaming",
            json!({ "commonEncryptionCenc": cenc() }),
        ),
        (
            "Predefined_MultiDrmStreaming",
            json!({ "commonEncryptionCenc": cenc(), "commonEncryptionCbcs": cbcs() }),
        ),
    ]
    .into_iter()
    .map(|(name, fields)| Record {
        name: name.to_owned(),
        id: String::new(),
        fields: match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        },
        keys: Vec::new(),
        created,
        modified: created,
        origin: Origin::default(),
        predefined: true,
    })
    .collect()
}

fn protocols(download: bool, [dash, hls, smooth]: &[bool; 3]) -> Value {
    json!({ "download": download, "dash": dash, "hls": hls, "smoothStreaming": smooth })
}

fn encryption(enabled: &[bool; 3], label: &str) -> Value {
    json!({
        "enabledProtocols": protocols(false, enabled),
        "clearTracks": [],
        "contentKeys": { "defaultKey": { "label": label }, "keyToTrackMappings": [] },
    })
}

fn cenc() -> Value {
    let mut cenc = encryption(&[true, false, true], "cencKeyDefault");
    cenc["drm"] = json!({ "playReady": {}, "widevine": {} });
    cenc
}

fn cbcs() -> Value {
    let mut cbcs = encryption(&[false, true, false], "cbcsKeyDefault");
    cbcs["drm"] = json!({ "fairPlay": { "allowPersistentLicense": false } });
    cbcs
}
