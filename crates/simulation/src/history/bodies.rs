//! What the platform writes: every sort of policy and filter, with secrets wherever there can be one.

use base64::{Engine, engine::general_purpose::STANDARD};
use mirror::rules::Backend;
use serde_json::{Value, json};

use crate::{
    chance::Chance,
    promises::canonical::{HOSTS, UNKNOWN},
    secrets::{key, password},
    storage::Blob,
};

fn secret(chance: &Chance) -> Value {
    json!(STANDARD.encode(key(chance)))
}

fn word(chance: &Chance) -> String {
    format!("{}-{}", chance.pick(&["a", "b", "c"]), chance.below(1000))
}

fn url(chance: &Chance) -> String {
    let host = *chance.pick(&[HOSTS.0, "licences.example", HOSTS.0]);
    format!("https://{host}/{}", word(chance))
}

/// The properties of a content key policy.
pub(crate) fn content_key_policy(chance: &Chance, backend: Backend) -> Value {
    let options: Vec<Value> = (0..chance.between(1, 3))
        .map(|number| {
            json!({
                "name": format!("option {number}"),
                "configuration": configuration(chance),
                "restriction": restriction(chance),
            })
        })
        .collect();
    let mut policy = json!({"options": options});
    if chance.happens(0.7) {
        policy["description"] = json!(word(chance));
    }
    if backend == Backend::Mkio && chance.happens(0.3) {
        policy["fairPlayAmsCompatibility"] = json!(chance.happens(0.5));
    }
    policy
}

fn configuration(chance: &Chance) -> Value {
    let of = |name: &str| format!("#Microsoft.Media.ContentKeyPolicy{name}Configuration");
    match chance.below(4) {
        0 => json!({"@odata.type": of("ClearKey")}),
        1 => json!({
            "@odata.type": of("Widevine"),
            "widevineTemplate": format!("{{\r\n\"allowed_track_types\":\"{}\"}}", word(chance)),
        }),
        2 => json!({
            "@odata.type": of("PlayReady"),
            "licenses": [{
                "allowTestDevices": chance.happens(0.5), "licenseType": "Persistent", "contentType": "Unspecified",
                "beginDate": "2026-01-01T00:00:00.000Z", "expirationDate": "2027-10-16T18:53:00.000Z",
                "relativeExpirationDate": "PT1H1M1S", "gracePeriod": "-P1D",
                "contentKeyLocation": {
                    "@odata.type": "#Microsoft.Media.ContentKeyPolicyPlayReadyContentEncryptionKeyFromKeyIdentifier",
                    "keyId": chance.uuid().to_string(),
                },
                "playRight": {"digitalVideoOnlyContentRestriction": false, "allowPassingVideoContentToUnknownOutput": "Allowed"},
            }],
            "responseCustomData": word(chance),
        }),
        _ => json!({
            "@odata.type": of("FairPlay"),
            "ask": secret(chance),
            "fairPlayPfx": secret(chance),
            "fairPlayPfxPassword": password(chance, 12),
            "rentalAndLeaseKeyType": "PersistentUnlimited",
            "rentalDuration": chance.below(5000),
        }),
    }
}

fn restriction(chance: &Chance) -> Value {
    if chance.happens(0.3) {
        return json!({"@odata.type": "#Microsoft.Media.ContentKeyPolicyOpenRestriction"});
    }
    let mut restriction = json!({
        "@odata.type": "#Microsoft.Media.ContentKeyPolicyTokenRestriction",
        "issuer": format!("urn:{}", word(chance)),
        "audience": "urn:viewers",
        "restrictionTokenType": "Jwt",
        "primaryVerificationKey": token_key(chance),
    });
    if chance.happens(0.4) {
        restriction["alternateVerificationKeys"] = json!([token_key(chance), token_key(chance)]);
    }
    if chance.happens(0.5) {
        restriction["requiredClaims"] = json!([{"claimType": "urn:id"}, {"claimType": "urn:group", "claimValue": word(chance)}]);
    }
    if chance.happens(0.3) {
        restriction["openIdConnectDiscoveryDocument"] = json!(url(chance));
    }
    restriction
}

fn token_key(chance: &Chance) -> Value {
    let of = |name: &str| format!("#Microsoft.Media.ContentKeyPolicy{name}TokenKey");
    match chance.below(3) {
        0 => json!({"@odata.type": of("Symmetric"), "keyValue": secret(chance)}),
        1 => {
            json!({"@odata.type": of("Rsa"), "exponent": secret(chance), "modulus": secret(chance)})
        }
        _ => json!({"@odata.type": of("X509Certificate"), "rawBody": secret(chance)}),
    }
}

/// The properties of a streaming policy that names these content key policies, or none of them.
pub(crate) fn streaming_policy(
    chance: &Chance,
    backend: Backend,
    key_policies: &[String],
) -> Value {
    let protocols = |dash: bool| json!({"download": false, "dash": dash, "hls": true, "smoothStreaming": chance.happens(0.5)});
    let scheme = |label: &str| {
        let mut scheme = json!({
            "enabledProtocols": protocols(true),
            "contentKeys": {"defaultKey": {"label": label}},
        });
        if let Some(policy) = chance.any(key_policies).filter(|_| chance.happens(0.3)) {
            scheme["contentKeys"]["defaultKey"]["policyName"] = json!(policy);
        }
        scheme
    };
    let mut policy = match chance.below(4) {
        0 => json!({"noEncryption": {"enabledProtocols": protocols(chance.happens(0.5))}}),
        1 => {
            let mut envelope = scheme("clear");
            envelope["customKeyAcquisitionUrlTemplate"] =
                json!(format!("{}?id={{ContentKeyId}}", url(chance)));
            json!({"envelopeEncryption": envelope})
        }
        2 => {
            let mut cenc = scheme("cenc");
            cenc["drm"] = json!({"playReady": {}, "widevine": {"customLicenseAcquisitionUrlTemplate": url(chance)}});
            if chance.happens(0.3) {
                cenc["contentKeys"]["keyToTrackMappings"] = json!([{
                    "label": "audio",
                    "tracks": [{"trackSelections": [{"property": "FourCC", "operation": "Equal", "value": "mp4a"}]}],
                }]);
            }
            json!({"commonEncryptionCenc": cenc})
        }
        _ => {
            let mut cbcs = scheme("cbcs");
            cbcs["drm"] = json!({"fairPlay": {"allowPersistentLicense": chance.happens(0.5)}});
            let mut cenc = json!({"enabledProtocols": protocols(true), "drm": {"widevine": {}}});
            if chance.happens(0.7) {
                cenc["contentKeys"] = json!({"defaultKey": {"label": "cenc"}});
            }
            json!({"commonEncryptionCenc": cenc, "commonEncryptionCbcs": cbcs})
        }
    };
    if let Some(name) = chance.any(key_policies).filter(|_| chance.happens(0.6)) {
        policy["defaultContentKeyPolicyName"] = json!(name);
    }
    if backend == Backend::Mkio && chance.happens(0.3) {
        policy["catalog"] = json!({"preAvailabilityStatusCode": chance.between(400, 404)});
    }
    policy
}

/// The properties of a filter.
pub(crate) fn filter(chance: &Chance) -> Value {
    let mut filter = json!({"firstQuality": {"bitrate": chance.between(100, 9000)}});
    if chance.happens(0.5) {
        filter["presentationTimeRange"] = json!({
            "startTimestamp": chance.below(1000), "endTimestamp": 170_000_000, "presentationWindowDuration": 9_223_372_036_854_775_807_i64,
            "liveBackoffDuration": 0, "timescale": 10_000_000, "forceEndTimestamp": chance.happens(0.5),
        });
    }
    if chance.happens(0.5) {
        filter["tracks"] = json!([{"trackSelections": [{"property": "Language", "operation": "NotEqual", "value": word(chance)}]}]);
    }
    if chance.happens(0.1) {
        filter[format!("{UNKNOWN}Color")] = json!(word(chance));
    }
    filter
}

/// The texts of an asset.
pub(crate) fn asset_texts(chance: &Chance, backend: Backend) -> Value {
    let mut asset = json!({});
    for name in ["alternateId", "description"] {
        if chance.happens(0.6) {
            asset[name] = json!(word(chance));
        }
    }
    if chance.happens(0.05) {
        asset[format!("{UNKNOWN}Shelf")] = json!(word(chance));
    }
    if backend == Backend::Mkio {
        if chance.happens(0.5) {
            asset["labels"] = json!({"series": word(chance), "season": "2"});
        }
        if chance.happens(0.5) {
            asset["containerDeletionPolicy"] = json!(chance.pick(&["Delete", "Retain"]));
        }
    }
    asset
}

/// A blob of random content and headers.
pub(crate) fn blob(chance: &Chance) -> Blob {
    let length = *chance.pick(&[0, 1, 20, 60, 61, 80, 130, 200]);
    let content = (0..length)
        .map(|_| *chance.pick(b"0123456789abcdef"))
        .collect();
    let mut blob = Blob::new(content);
    if chance.happens(0.4) {
        blob.digest = None;
    }
    if chance.happens(0.7) {
        blob.headers
            .insert("content-type".to_owned(), "video/mp4".to_owned());
    }
    if chance.happens(0.2) {
        let control = format!("max-age={}", chance.below(1000));
        blob.headers.insert("cache-control".to_owned(), control);
    }
    if chance.happens(0.3) {
        blob.metadata.insert("owner".to_owned(), word(chance));
    }
    if chance.happens(0.2) {
        blob.tier = Some((*chance.pick(&["Hot", "Cool", "Cold"])).to_owned());
    }
    blob
}
