//! `listPaths`: what a player may ask for.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::reply::Reply;
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

/// The protocols: the name in a policy, in a reply, and in a path.
const PROTOCOLS: [(&str, &str, &str); 3] = [
    ("hls", "Hls", "format=m3u8-aapl"),
    ("dash", "Dash", "format=mpd-time-csf"),
    ("smoothStreaming", "SmoothStreaming", ""),
];

/// The protocols of the locator's policy; their paths are empty while the container has no `.ism`.
pub(super) async fn list_paths(call: &Call<'_>, locator: &Record) -> Result<Reply, Reply> {
    let (policy, place) = {
        let world = call.core.world();
        let account = world.account(&call.account).ok_or_else(Reply::not_found)?;
        let policy = locator
            .text("streamingPolicyName")
            .and_then(|name| account.get(Kind::StreamingPolicies, None, name))
            .map(|policy| policy.fields.clone())
            .unwrap_or_default();
        let place = locator
            .text("assetName")
            .and_then(|name| account.get(Kind::Assets, None, name))
            .and_then(|asset| {
                Some((
                    asset.text("storageAccountName")?.to_owned(),
                    asset.text("container")?.to_owned(),
                ))
            });
        (policy, place)
    };
    let blobs = match &place {
        Some((storage, container)) => call
            .core
            .storage
            .blob_names(storage, container)
            .await
            .map_err(|error| {
                tracing::warn!(storage.account = storage, %error, "a container cannot be read");
                Reply::conflict(format!(
                    "The storage account '{storage}' cannot be accessed."
                ))
            })?,
        None => Vec::new(),
    };
    Ok(Reply::ok(paths(&policy, &locator.id, &blobs)))
}

fn paths(policy: &Map<String, Value>, id: &str, blobs: &[String]) -> Value {
    let manifests: Vec<&String> = blobs.iter().filter(|blob| blob.ends_with(".ism")).collect();
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
            let details: Vec<&str> = [format, encryption]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect();
            let details = if details.is_empty() {
                String::new()
            } else {
                format!("({})", details.join(","))
            };
            let paths: Vec<String> = manifests
                .iter()
                .map(|manifest| format!("/{id}/{manifest}/manifest{details}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn the_manifest_gives_the_path_and_the_policy_its_form() {
        let policy = policy(json!({
            "commonEncryptionCenc": { "enabledProtocols": { "dash": true, "smoothStreaming": true, "hls": false } },
            "commonEncryptionCbcs": { "enabledProtocols": { "hls": true } },
        }));
        let blobs = ["film.ism", "film.ismc", "film_1.mp4"].map(str::to_owned);
        let listed = paths(&policy, "id-1", &blobs);
        let first = |at: usize| {
            listed["streamingPaths"][at]["paths"][0]
                .as_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(
            first(0),
            "/id-1/film.ism/manifest(format=mpd-time-csf,encryption=cenc)"
        );
        assert_eq!(first(1), "/id-1/film.ism/manifest(encryption=cenc)");
        assert_eq!(
            first(2),
            "/id-1/film.ism/manifest(format=m3u8-aapl,encryption=cbcs-aapl)"
        );
        assert_eq!(listed["downloadPaths"], json!([]));
    }

    #[test]
    fn a_download_lists_files_and_clear_smooth_streaming_has_no_details() {
        let policy = policy(
            json!({ "noEncryption": { "enabledProtocols": { "download": true, "smoothStreaming": true } } }),
        );
        let listed = paths(&policy, "id", &["a.ism".to_owned(), "a.mp4".to_owned()]);
        assert_eq!(
            listed["streamingPaths"][0]["paths"],
            json!(["/id/a.ism/manifest"])
        );
        assert_eq!(listed["downloadPaths"], json!(["/id/a.mp4"]));
    }
}
