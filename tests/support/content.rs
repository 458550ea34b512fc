//! What platforms publish, small.

use serde_json::{Value, json};
use world::bodies::streaming_policies;

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

/// Publishes an encoded asset for viewers who signed in, with content keys that the service makes: a content key policy, a streaming
/// policy of the platform's own, and a locator, all of that name.
pub(crate) async fn members(scene: &Scene, name: &str) -> anyhow::Result<()> {
    let key = scene.secrets.base64("verification-key");
    let policy = format!("contentKeyPolicies/{name}");
    scene.put(&policy, viewers(&key)).await?;
    scene.expect(&policy, "applied").await?;
    let encryption = streaming_policies::clear_key(name);
    let primary = scene.primary()?;
    primary
        .put(&format!("streamingPolicies/{name}"), encryption)
        .await?;
    let locator = json!({
        "assetName": name,
        "streamingPolicyName": name,
        "defaultContentKeyPolicyName": name,
    });
    primary
        .put(&format!("streamingLocators/{name}"), locator)
        .await?;
    Ok(())
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
