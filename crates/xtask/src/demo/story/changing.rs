//! The third chapter: what was published is changed, taken down by mistake, and withdrawn.

use serde_json::{Value, json};
use world::bodies::content_key_policies::{new_key, rotated};

use super::{FREE, PREMIERE, PREMIERE_MEDIA_ID, PREVIEW, SMALL_SCREENS, SUBSCRIBERS, Story};
use crate::demo::PATIENCE;

impl Story<'_> {
    pub(super) async fn change(&mut self) -> anyhow::Result<()> {
        let policy = rotated(&self.secrets, &new_key());
        self.platform
            .put(&format!("contentKeyPolicies/{SUBSCRIBERS}"), policy)
            .await?;
        self.follow("the content key policy gets another symmetric key and one option more")
            .await?;

        let mut locator = self.as_it_is(PREMIERE).await?;
        locator["alternativeMediaId"] = json!(PREMIERE_MEDIA_ID);
        locator["filters"] = json!([SMALL_SCREENS]);
        self.take_down(PREMIERE).await?;
        self.locator(PREMIERE, locator).await?;
        self.follow("a locator is changed: deleted, and created with the same ID, another alternative media ID and fewer filters")
            .await
    }

    pub(super) async fn withdraw(&mut self) -> anyhow::Result<()> {
        let locator = self.as_it_is(FREE).await?;
        self.take_down(FREE).await?;
        let noticed = |record: &Value| {
            record["name"] == FREE && record["cause"] == "deleted" && record["outcome"] == "waiting"
        };
        self.watch.wait(self.world, PATIENCE, noticed).await?;
        self.locator(FREE, locator).await?;
        self.follow(
            "a locator is taken down by mistake, and is back as it was before the grace is over",
        )
        .await?;

        self.take_down(PREVIEW).await?;
        self.follow("the preview is withdrawn").await
    }

    /// What to send so that a locator without content keys is there again under the same streaming locator ID.
    async fn as_it_is(&self, name: &str) -> anyhow::Result<Value> {
        let mut locator = self
            .platform
            .get(&format!("streamingLocators/{name}"))
            .await?;
        Ok(locator["properties"].take())
    }

    async fn take_down(&self, name: &str) -> anyhow::Result<()> {
        let path = format!("streamingLocators/{name}");
        self.platform.delete(&path).await
    }
}
