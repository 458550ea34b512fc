//! The third chapter: what was published is changed, taken down by mistake, and withdrawn.

use serde_json::{Value, json};
use world::bodies::{
    content_key_policies::{new_key, rotated},
    filters, streaming_locators,
};

use super::{
    ASSET, FREE, PREMIERE, PREMIERE_END, PREMIERE_MEDIA_ID, PREVIEW, SMALL_SCREENS, SUBSCRIBERS,
    Story,
};
use crate::demo::PATIENCE;

impl Story<'_> {
    pub(super) async fn change(&mut self) -> anyhow::Result<()> {
        let policy = rotated(&self.secrets, &new_key());
        self.platform
            .change_content_key_policy(SUBSCRIBERS, policy)
            .await?;
        self.follow_hint(
            "the content key policy gets another symmetric key and one option more",
            "contentKeyPolicies",
            SUBSCRIBERS,
        )
        .await?;

        let mut filter = filters::small_screens();
        filter["firstQuality"]["bitrate"] = json!(600_000);
        self.platform
            .put(&format!("accountFilters/{SMALL_SCREENS}"), filter)
            .await?;
        self.follow_hint(
            "the filter of the account begins with another bitrate",
            "accountFilters",
            SMALL_SCREENS,
        )
        .await?;

        let mut locator = self.as_it_is(PREMIERE).await?;
        locator["alternativeMediaId"] = json!(PREMIERE_MEDIA_ID);
        locator["filters"] = json!([SMALL_SCREENS]);
        self.take_down(PREMIERE).await?;
        self.locator(PREMIERE, locator).await?;
        self.follow("a locator is changed: deleted, and created with the same ID, another alternative media ID and fewer filters")
            .await?;
        if self.is_mkio() {
            self.update(PREMIERE, json!({"endTime": PREMIERE_END}))
                .await?;
            self.follow_hint(
                "the locator ends earlier, which MK.IO can change in place",
                "streamingLocators",
                PREMIERE,
            )
            .await?;
        }
        Ok(())
    }

    /// Azure Media Services announces a deletion, which is done after a grace.
    pub(super) async fn mistake(&mut self) -> anyhow::Result<()> {
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
        .await
    }

    /// MK.IO has a switch that hides a locator, and the mirror turns it too.
    pub(super) async fn suppress(&mut self) -> anyhow::Result<()> {
        for (suppressed, what) in [
            (true, "a locator is suppressed by mistake"),
            (false, "it is released again"),
        ] {
            self.update(FREE, json!({"suppressed": suppressed})).await?;
            self.follow_hint(what, "streamingLocators", FREE).await?;
        }
        Ok(())
    }

    pub(super) async fn withdraw(&mut self) -> anyhow::Result<()> {
        self.take_down(PREVIEW).await?;
        self.follow_walk("the preview is withdrawn", "streamingLocators")
            .await
    }

    /// Updates a locator of MK.IO: its times and whether it is suppressed are all that can be.
    async fn update(&self, name: &str, change: Value) -> anyhow::Result<()> {
        let mut locator = streaming_locators::clear(ASSET);
        if let (Some(locator), Value::Object(change)) = (locator.as_object_mut(), change) {
            locator.extend(change);
        }
        self.locator(name, locator).await.map(drop)
    }

    /// What to send so that a locator without content keys is there again under the same streaming locator ID.
    async fn as_it_is(&self, name: &str) -> anyhow::Result<Value> {
        let mut locator = self
            .platform
            .get(&format!("streamingLocators/{name}"))
            .await?;
        let mut properties = locator["properties"].take();
        if self.is_mkio() {
            settable(&mut properties);
        }
        Ok(properties)
    }

    async fn take_down(&self, name: &str) -> anyhow::Result<()> {
        let path = format!("streamingLocators/{name}");
        self.platform.delete(&path).await
    }
}

/// What MK.IO shows of a locator and does not take: its state, and more than two digits of a second's fraction.
fn settable(locator: &mut Value) {
    let Some(fields) = locator.as_object_mut() else {
        return;
    };
    fields.retain(|name, _| !["provisioningState", "resourceState"].contains(&name.as_str()));
    for name in ["startTime", "endTime"] {
        let time = fields.get(name).and_then(Value::as_str);
        // Such as 2026-01-31T19:59:59.120000Z.
        let short = time
            .and_then(|time| time.get(..22))
            .map(|time| format!("{time}Z"));
        if let Some(short) = short {
            fields.insert(name.to_owned(), json!(short));
        }
    }
}
