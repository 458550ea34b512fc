//! The first chapter: who may watch, how titles are encrypted, what players are shown.

use world::bodies::{content_key_policies, filters, streaming_policies};

use super::{CLEAR_KEY, MEMBERS, MULTI_DRM, SMALL_SCREENS, SUBSCRIBERS, Story};

impl Story<'_> {
    pub(super) async fn protect(&mut self) -> anyhow::Result<()> {
        let policy = content_key_policies::clear_key(&content_key_policies::new_key());
        self.platform
            .put(&format!("contentKeyPolicies/{MEMBERS}"), policy)
            .await?;
        self.follow_or_wait(
            "a content key policy: keys in the clear for viewers with a signed token",
        )
        .await?;

        let policy = content_key_policies::multi_drm(&self.secrets);
        self.platform
            .put(&format!("contentKeyPolicies/{SUBSCRIBERS}"), policy)
            .await?;
        self.follow_or_wait(
            "a content key policy: Widevine, PlayReady and FairPlay, tokens by symmetric key, RSA key and certificate",
        )
        .await?;

        let policy = streaming_policies::multi_drm(SUBSCRIBERS);
        self.platform
            .put(&format!("streamingPolicies/{MULTI_DRM}"), policy)
            .await?;
        self.follow_or_wait("a streaming policy: common encryption both ways, with a licence server of the region's")
            .await?;

        if self.is_mkio() {
            let policy = streaming_policies::clear_key(MEMBERS);
            self.platform
                .put(&format!("streamingPolicies/{CLEAR_KEY}"), policy)
                .await?;
            self.follow_or_wait("a streaming policy: clear-key encryption; MK.IO may refuse given content keys on its predefined one")
                .await?;
        }

        self.platform
            .put(
                &format!("accountFilters/{SMALL_SCREENS}"),
                filters::small_screens(),
            )
            .await?;
        self.follow_or_wait("a filter of the account").await
    }
}
