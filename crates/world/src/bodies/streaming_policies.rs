//! Streaming policies: how a title is encrypted, and where players ask for licences.

use serde_json::{Value, json};

/// Where the primary's region hands out licences; the URL templates of [`multi_drm`] are there.
pub const LICENCE_HOST: &str = "licences.west.example.com";

/// The labels of the content keys of [`multi_drm`]. Every locator on it needs a key for each.
pub const LABELS: [&str; 3] = ["cencPicture", "cencSound", "cbcsDefault"];

/// Common encryption both ways, its keys labelled, with the platform's own licence server: Widevine and PlayReady with one key
/// for the picture and one for the sound, FairPlay with one for both.
#[must_use]
pub fn multi_drm(content_key_policy: &str) -> Value {
    let template = |system: &str| {
        format!("https://{LICENCE_HOST}/{{AssetAlternativeId}}/{system}/{{ContentKeyId}}")
    };
    let sound = json!([{"trackSelections": [{"property": "FourCC", "operation": "Equal", "value": "mp4a"}]}]);
    json!({
        "defaultContentKeyPolicyName": content_key_policy,
        "commonEncryptionCenc": {
            "enabledProtocols": {"download": false, "dash": true, "hls": false, "smoothStreaming": true},
            "clearTracks": [{"trackSelections": [{"property": "FourCC", "operation": "Equal", "value": "hev1"}]}],
            "contentKeys": {
                "defaultKey": {"label": LABELS[0]},
                "keyToTrackMappings": [{"label": LABELS[1], "policyName": content_key_policy, "tracks": sound}]
            },
            "drm": {
                "playReady": {
                    "customLicenseAcquisitionUrlTemplate": template("playready"),
                    "playReadyCustomAttributes": "tier=subscribers"
                },
                "widevine": {"customLicenseAcquisitionUrlTemplate": template("widevine")}
            }
        },
        "commonEncryptionCbcs": {
            "enabledProtocols": {"download": false, "dash": false, "hls": true, "smoothStreaming": false},
            "contentKeys": {"defaultKey": {"label": LABELS[2]}},
            "drm": {
                "fairPlay": {
                    "customLicenseAcquisitionUrlTemplate": template("fairplay"),
                    "allowPersistentLicense": true
                }
            }
        }
    })
}

/// Keys in the clear, as `Predefined_ClearKey` has it: for a service on which a locator of a predefined policy cannot be given the
/// content keys of another account.
#[must_use]
pub fn clear_key(content_key_policy: &str) -> Value {
    json!({
        "defaultContentKeyPolicyName": content_key_policy,
        "envelopeEncryption": {
            "enabledProtocols": {"download": false, "dash": true, "hls": true, "smoothStreaming": true},
            "contentKeys": {"defaultKey": {"label": "clearKeyDefault"}}
        }
    })
}
