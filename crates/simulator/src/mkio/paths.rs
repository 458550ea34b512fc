//! `listPaths`: what a player may ask for, and where it gets licences.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::reply::Reply;
use super::shape::{Shape, field, settable};
use super::{asset_place, predefined};
use crate::state::{Kind, Record};

/// The encryptions in the order in which they are listed: the policy's property, its scheme, and how a path says so.
const SCHEMES: [(&str, &str, &str); 4] = [
    ("noEncryption", "NoEncryption", ""),
    ("envelopeEncryption", "EnvelopeEncryption", "encryption=cbc"),
    (
        "commonEncryptionCenc",
        "CommonEncryptionCenc",
        "encryption=cenc",
    ),
    (
        "commonEncryptionCbcs",
        "CommonEncryptionCbcs",
        "encryption=cbcs-aapl",
    ),
];

/// The protocols: the name in a policy, in a reply, and in a path. Smooth Streaming is ignored.
const PROTOCOLS: [(&str, &str, &str); 2] = [
    ("hls", "Hls", "format=m3u8-cmaf"),
    ("dash", "Dash", "format=mpd-time-cmaf"),
];

/// The licence systems: the name in a policy and in a reply, and the last part of the URL.
const SYSTEMS: [(&str, &str); 3] = [
    ("playReady", "playready-license"),
    ("widevine", "widevine-license"),
    ("fairPlay", "fairplay-license"),
];

/// The styles of URL. Only the paths of the first are published.
const STYLES: [&str; 3] = ["AMS", "Aquila", "Unified"];

pub(super) async fn list_paths(call: &Call<'_>, locator: &Record) -> Result<Reply, Reply> {
    let styles = field("urlStyle", Shape::OneOf(&STYLES));
    let body = settable(call, call.json()?, &[styles])?;
    let style = body.get("urlStyle").and_then(Value::as_str);
    let find = |kind, field| call.find_if_there(kind, None, locator.text(field)?);
    let policy = find(Kind::StreamingPolicies, "streamingPolicyName")
        .map(|policy| predefined::properties(&policy))
        .unwrap_or_default();
    let place = find(Kind::Assets, "assetName").and_then(|asset| asset_place::of(call, &asset));
    let blobs: Vec<String> = match place {
        Some(place) => place
            .blobs(call)
            .await?
            .into_iter()
            .map(|blob| blob.name)
            .collect(),
        None => Vec::new(),
    };
    let server = blobs.iter().find(|blob| blob.ends_with(".ism"));
    let own = locator.text("defaultManifestFilename");
    let manifest = match style {
        None | Some("AMS") => server.map(String::as_str),
        Some(_) => own.or(server.map(String::as_str)),
    };
    let mut shown = paths(&policy, &locator.id, manifest, &blobs);
    shown["drm"] = drm(call, &policy);
    Ok(Reply::ok(shown))
}

fn paths(policy: &Map<String, Value>, id: &str, manifest: Option<&str>, blobs: &[String]) -> Value {
    let mut streaming = Vec::new();
    let mut download = false;
    for (field, scheme, encryption) in SCHEMES {
        let Some(enabled) = policy.get(field).map(|one| &one["enabledProtocols"]) else {
            continue;
        };
        download |= enabled["download"] == true;
        for (protocol, shown, format) in PROTOCOLS {
            if enabled[protocol] != true {
                continue;
            }
            let comma = if encryption.is_empty() { "" } else { "," };
            let paths: Vec<String> = manifest
                .iter()
                .map(|manifest| format!("/{id}/{manifest}/manifest({format}{comma}{encryption})"))
                .collect();
            streaming.push(
                json!({ "streamingProtocol": shown, "encryptionScheme": scheme, "paths": paths }),
            );
        }
    }
    let files = blobs
        .iter()
        .filter(|blob| download && !blob.ends_with(".ism") && !blob.ends_with(".ismc"));
    let download: Vec<String> = files.map(|blob| format!("/{id}/{blob}")).collect();
    json!({ "streamingPaths": streaming, "downloadPaths": download })
}

/// Where licences come from: the policy's own servers, or the project's. Of the spellings only `clearKey` was seen.
fn drm(call: &Call<'_>, policy: &Map<String, Value>) -> Value {
    let server = |tail: &str| {
        format!(
            "https://keys-{}.mk.io/drm/{tail}?ownerUid={}",
            call.region, call.project_id
        )
    };
    let mut shown = Map::new();
    if policy.contains_key("envelopeEncryption") {
        let own = policy["envelopeEncryption"]["customKeyAcquisitionUrlTemplate"].as_str();
        let url = own.map_or_else(|| server("clear-key"), str::to_owned);
        shown.insert(
            "clearKey".to_owned(),
            json!({ "licenseAcquisitionUrl": url }),
        );
    }
    for field in ["commonEncryptionCenc", "commonEncryptionCbcs"] {
        let Some(systems) = policy.get(field).and_then(|one| one.get("drm")) else {
            continue;
        };
        for (system, tail) in SYSTEMS {
            let Some(configuration) = systems.get(system).filter(|one| !one.is_null()) else {
                continue;
            };
            let own = configuration["customLicenseAcquisitionUrlTemplate"].as_str();
            let url = own.map_or_else(|| server(tail), str::to_owned);
            let mut entry = json!({ "licenseAcquisitionUrl": url });
            if system == "fairPlay" {
                entry["certificateUrl"] = json!(server("fairplay-certificate"));
            }
            shown.entry(system).or_insert(entry);
        }
    }
    Value::Object(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_cmaf() {
        let policy = json!({
            "noEncryption": { "enabledProtocols": { "download": true, "dash": false, "hls": true, "smoothStreaming": true } },
            "commonEncryptionCbcs": { "enabledProtocols": { "hls": true } },
        });
        let blobs = ["a.ism", "a.ismc", "a.mp4"].map(str::to_owned);
        let listed = paths(policy.as_object().unwrap(), "id", Some("a.ism"), &blobs);
        assert_eq!(
            listed["streamingPaths"],
            json!([
                {
                    "streamingProtocol": "Hls",
                    "encryptionScheme": "NoEncryption",
                    "paths": ["/id/a.ism/manifest(format=m3u8-cmaf)"],
                },
                {
                    "streamingProtocol": "Hls",
                    "encryptionScheme": "CommonEncryptionCbcs",
                    "paths": ["/id/a.ism/manifest(format=m3u8-cmaf,encryption=cbcs-aapl)"],
                },
            ])
        );
        assert_eq!(listed["downloadPaths"], json!(["/id/a.mp4"]));
    }
}
