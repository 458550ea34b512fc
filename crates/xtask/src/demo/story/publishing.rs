//! The second chapter: a title is encoded and published, in four ways.

use serde_json::{Value, json};
use world::bodies::{filters, streaming_locators, streaming_policies::LABELS};

use super::{
    ASSET, CLIP, FREE, MEMBERS, MEMBERS_LOCATOR, MULTI_DRM, PREMIERE, PREVIEW, SMALL_SCREENS,
    SUBSCRIBERS_LOCATOR, Story,
};

impl Story<'_> {
    pub(super) async fn encode(&mut self) -> anyhow::Result<()> {
        let asset = json!({"description": "A title", "alternateId": "title-1"});
        self.platform.put(&format!("assets/{ASSET}"), asset).await?;
        let bytes = self.platform.upload_title(ASSET).await?;
        self.follow("an encoded asset is uploaded").await?;
        println!("  ({bytes} bytes uploaded; nothing published yet)");

        self.platform.encode("title", &[ASSET]).await?;
        self.follow("its encoding job is finished").await?;

        self.platform
            .put(
                &format!("assets/{ASSET}/assetFilters/{CLIP}"),
                filters::clip(),
            )
            .await?;
        self.follow("a filter of the asset").await
    }

    pub(super) async fn publish(&mut self) -> anyhow::Result<()> {
        self.locator(FREE, streaming_locators::clear(ASSET)).await?;
        self.follow("a clear locator is published").await?;

        let locator = streaming_locators::clear_key(ASSET, MEMBERS);
        self.locator(MEMBERS_LOCATOR, locator).await?;
        self.follow("a locator with clear-key encryption is published")
            .await?;

        let locator = streaming_locators::with_keys(ASSET, MULTI_DRM, &LABELS);
        self.locator(SUBSCRIBERS_LOCATOR, locator).await?;
        self.follow("a multi-DRM locator is published, with content keys of the platform's own")
            .await?;

        let mut locator = streaming_locators::clear(ASSET);
        locator["alternativeMediaId"] = json!("title-1-premiere");
        locator["filters"] = json!([SMALL_SCREENS, CLIP]);
        // To a tenth of a microsecond, which is more than the service keeps.
        locator["startTime"] = json!("2026-01-31T19:59:59.1234567Z");
        locator["endTime"] = json!("2036-01-31T19:59:59.9876543Z");
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
