//! What the platform does, step by step. After each step the mirror is given time to follow, and what it did is printed.

use serde_json::json;
use world::{World, platform::Platform};

use super::{PATIENCE, watch::Watch};

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
    let bytes = platform.upload_title(ASSET).await?;
    world.quiet(PATIENCE).await?;
    watch.print(world);
    println!("  ({bytes} bytes uploaded; nothing published yet)");

    println!("\nits encoding job is finished");
    platform.encode("title", &[ASSET]).await?;
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
