//! What the platform does, step by step. After each step the mirror is given time to follow, and what it did is printed.

use anyhow::Context;
use serde_json::json;
use world::World;

use super::{PATIENCE, platform::Platform, watch::Watch};

pub(super) const ASSET: &str = "title";
pub(super) const POLICY: &str = "title-viewers";
pub(super) const LOCATORS: [&str; 2] = ["title-free", "title-members"];

pub(super) async fn tell(world: &World, platform: &Platform) -> anyhow::Result<()> {
    let mut watch = Watch::default();

    println!("\na content key policy: clear key, for viewers with a signed token");
    platform
        .put(&format!("contentKeyPolicies/{POLICY}"), viewers())
        .await?;
    world.quiet(PATIENCE).await?;
    watch.print(world);

    println!("\nan encoded asset is uploaded");
    platform
        .put(
            &format!("assets/{ASSET}"),
            json!({"description": "A title", "alternateId": "title-1"}),
        )
        .await?;
    let bytes = upload(platform).await?;
    world.quiet(PATIENCE).await?;
    watch.print(world);
    println!("  ({bytes} bytes uploaded; nothing published yet)");

    println!("\nits encoding job is finished");
    platform
        .put(
            "transforms/encode",
            json!({"outputs": [{"preset": {"@odata.type": "#Microsoft.Media.BuiltInStandardEncoderPreset", "presetName": "AdaptiveStreaming"}}]}),
        )
        .await?;
    platform
        .put(
            "transforms/encode/jobs/title",
            json!({
                "input": {"@odata.type": "#Microsoft.Media.JobInputHttp", "files": ["https://example.com/title.mov"]},
                "outputs": [{"@odata.type": "#Microsoft.Media.JobOutputAsset", "assetName": ASSET}]
            }),
        )
        .await?;
    world.quiet(PATIENCE).await?;
    watch.print(world);

    println!("\na clear locator is published");
    platform
        .put(
            &format!("streamingLocators/{}", LOCATORS[0]),
            json!({"assetName": ASSET, "streamingPolicyName": "Predefined_ClearStreamingOnly"}),
        )
        .await?;
    world.quiet(PATIENCE).await?;
    watch.print(world);

    println!("\na locator with clear-key encryption is published");
    platform
        .put(
            &format!("streamingLocators/{}", LOCATORS[1]),
            json!({"assetName": ASSET, "streamingPolicyName": "Predefined_ClearKey", "defaultContentKeyPolicyName": POLICY}),
        )
        .await?;
    world.quiet(PATIENCE).await?;
    watch.print(world);
    Ok(())
}

fn viewers() -> serde_json::Value {
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
                    "keyValue": "ZGVtby1vbmx5LXZlcmlmaWNhdGlvbi1rZXktMDEyMzQ1Njc4OQ=="
                },
                "requiredClaims": [{"claimType": "urn:microsoft:azure:mediaservices:contentkeyidentifier"}]
            }
        }]
    })
}

/// Uploads the encoded asset that is kept in the repository.
async fn upload(platform: &Platform) -> anyhow::Result<u64> {
    let container = platform.container(ASSET, "ReadWrite").await?;
    let folder = world::workspace_root().join("crates/world/media");
    let mut total = 0;
    for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let content_type = match path.extension().and_then(|extension| extension.to_str()) {
            Some("ismv") => "video/mp4",
            Some("isma") => "audio/mp4",
            Some("ism" | "ismc") => "application/xml",
            _ => continue,
        };
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .context("a file name")?;
        let bytes = std::fs::read(&path)?;
        total += u64::try_from(bytes.len())?;
        platform
            .upload(&container, name, content_type, bytes)
            .await?;
    }
    Ok(total)
}
