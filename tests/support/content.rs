//! What platforms publish, small.

use serde_json::{Value, json};

use super::Scene;

/// Makes an asset in the primary with a manifest and a media file of a few bytes.
pub(crate) async fn made(scene: &Scene, asset: &str) -> anyhow::Result<()> {
    let primary = scene.primary()?;
    primary.put_asset(asset, json!({}), json!({})).await?;
    fill(scene, asset).await
}

async fn fill(scene: &Scene, asset: &str) -> anyhow::Result<()> {
    let primary = scene.primary()?;
    let container = primary.container(asset, "ReadWrite").await?;
    let media = format!("the media of {asset}").into_bytes();
    for (name, content_type, bytes) in [
        ("film.mp4", "video/mp4", media),
        ("film.ism", "application/xml", b"<smil/>".to_vec()),
    ] {
        primary
            .upload(&container, name, content_type, bytes)
            .await?;
    }
    Ok(())
}

/// Makes an asset, finishes its encoding job, and waits until it is mirrored.
pub(crate) async fn encoded(scene: &Scene, asset: &str) -> anyhow::Result<()> {
    made(scene, asset).await?;
    scene.primary()?.encode(asset, &[asset]).await?;
    scene.expect(&format!("assets/{asset}"), "applied").await?;
    Ok(())
}

/// The properties of a locator without encryption.
pub(crate) fn clear(asset: &str) -> Value {
    json!({"assetName": asset, "streamingPolicyName": "Predefined_ClearStreamingOnly"})
}

/// The properties of a content key policy: clear key, for viewers with a token that was signed with `key` (base64).
pub(crate) fn viewers(key: &str) -> Value {
    json!({
        "description": "Viewers who signed in",
        "options": [{
            "name": "signed-in",
            "configuration": {"@odata.type": "#Microsoft.Media.ContentKeyPolicyClearKeyConfiguration"},
            "restriction": {
                "@odata.type": "#Microsoft.Media.ContentKeyPolicyTokenRestriction",
                "issuer": "https://login.example.com",
                "audience": "viewers",
                "restrictionTokenType": "Jwt",
                "primaryVerificationKey": {
                    "@odata.type": "#Microsoft.Media.ContentKeyPolicySymmetricTokenKey",
                    "keyValue": key
                },
                "requiredClaims": [{"claimType": "urn:microsoft:azure:mediaservices:contentkeyidentifier"}]
            }
        }]
    })
}
