//! The second chapter: a title is encoded and published, in four ways.

use serde_json::{Value, json};
use world::bodies::{filters, streaming_locators, streaming_policies::LABELS};

use super::{
    ASSET, CLEAR_KEY, CLIP, FREE, MEMBERS, MEMBERS_LOCATOR, MULTI_DRM, PREMIERE, PREVIEW,
    SMALL_SCREENS, SUBSCRIBERS, SUBSCRIBERS_LOCATOR, Story,
};

impl Story<'_> {
    pub(super) async fn encode(&mut self) -> anyhow::Result<()> {
        let mut asset = json!({"description": "A title", "alternateId": "title-1"});
        if self.is_mkio() {
            // The primary's container goes with its asset. The replica's must not.
            asset["containerDeletionPolicy"] = json!("Delete");
        }
        let labels = json!({"series": "Titles", "season": "1"});
        self.platform.put_asset(ASSET, asset, labels).await?;
        let bytes = self.platform.upload_title(ASSET).await?;
        self.follow_or_wait("an encoded asset is uploaded").await?;
        println!("  ({bytes} bytes uploaded; nothing published yet)");

        self.platform.encode("title", &[ASSET]).await?;
        self.follow("its encoding job is finished").await?;

        self.platform
            .put(
                &format!("assets/{ASSET}/assetFilters/{CLIP}"),
                filters::clip(),
            )
            .await?;
        self.follow_or_wait("a filter of the asset").await
    }

    pub(super) async fn publish(&mut self) -> anyhow::Result<()> {
        self.locator(FREE, streaming_locators::clear(ASSET)).await?;
        self.follow("a clear locator is published").await?;

        let mut locator = streaming_locators::clear_key(ASSET, MEMBERS);
        if self.is_mkio() {
            locator["streamingPolicyName"] = json!(CLEAR_KEY);
        }
        self.locator(MEMBERS_LOCATOR, locator).await?;
        self.follow("a locator with clear-key encryption is published")
            .await?;

        let mut locator = streaming_locators::with_keys(ASSET, MULTI_DRM, &LABELS);
        if self.is_mkio() {
            complete_keys(&mut locator);
        }
        self.locator(SUBSCRIBERS_LOCATOR, locator).await?;
        self.follow("a multi-DRM locator is published, with content keys of the platform's own")
            .await?;

        let mut locator = streaming_locators::clear(ASSET);
        locator["alternativeMediaId"] = json!("title-1-premiere");
        locator["filters"] = json!([SMALL_SCREENS, CLIP]);
        let [start, end] = if self.is_mkio() {
            // MK.IO takes two digits of a second's fraction, and shows six.
            ["2026-01-31T19:59:59.12Z", "2036-01-31T19:59:59.98Z"]
        } else {
            // To a tenth of a microsecond, which is more than the service keeps.
            [
                "2026-01-31T19:59:59.1234567Z",
                "2036-01-31T19:59:59.9876543Z",
            ]
        };
        locator["startTime"] = json!(start);
        locator["endTime"] = json!(end);
        self.locator(PREMIERE, locator).await?;
        self.follow(
            "a locator with a start, an end, filters and an alternative media ID is published",
        )
        .await?;

        self.locator(PREVIEW, streaming_locators::clear(ASSET))
            .await?;
        self.follow("a preview is published").await
    }

    pub(super) async fn locator(&self, name: &str, properties: Value) -> anyhow::Result<Value> {
        let path = format!("streamingLocators/{name}");
        self.platform.put(&path, properties).await
    }
}

/// MK.IO's documentation wants the type and the policy of each content key too.
fn complete_keys(locator: &mut Value) {
    let keys = locator["contentKeys"].as_array_mut();
    for key in keys.into_iter().flatten() {
        let label = key["labelReferenceInStreamingPolicy"].as_str();
        key["type"] = json!(if label == Some(LABELS[2]) {
            "CommonEncryptionCbcs"
        } else {
            "CommonEncryptionCenc"
        });
        key["policyName"] = json!(SUBSCRIBERS);
    }
}
