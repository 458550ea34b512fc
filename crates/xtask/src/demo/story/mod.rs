//! What the platform does, step by step. After each step the mirror is given time to follow, and what it did is printed.

mod changing;
mod hints;
mod protecting;
mod publishing;

use world::{Backend, World, bodies::content_key_policies::Secrets, platform::Platform};

use super::{PATIENCE, watch::Watch};

pub(super) use hints::Hint;

/// The encoded asset.
pub(super) const ASSET: &str = "title";

/// Who gets a key in the clear.
pub(super) const MEMBERS: &str = "title-members";
/// Who gets a licence.
pub(super) const SUBSCRIBERS: &str = "title-subscribers";

/// The platform's own streaming policy.
pub(super) const MULTI_DRM: &str = "multi-drm";

/// Its second one, on MK.IO.
pub(super) const CLEAR_KEY: &str = "clear-key";

/// A filter of the account.
pub(super) const SMALL_SCREENS: &str = "small-screens";
/// A filter of the asset.
pub(super) const CLIP: &str = "clip";

/// The locators that are published in the end.
pub(super) const LOCATORS: [&str; 4] = [FREE, MEMBERS_LOCATOR, SUBSCRIBERS_LOCATOR, PREMIERE];
/// The locator that is withdrawn.
pub(super) const PREVIEW: &str = "title-preview";
const FREE: &str = "title-free";
const MEMBERS_LOCATOR: &str = "title-members";
const SUBSCRIBERS_LOCATOR: &str = "title-subscribers";
/// The locator that is changed.
pub(super) const PREMIERE: &str = "title-premiere";

/// The alternative media ID that the changed locator has in the end.
pub(super) const PREMIERE_MEDIA_ID: &str = "title-1-directors-cut";

/// The end that it has on MK.IO, where that can be changed later.
const PREMIERE_END: &str = "2031-01-31T20:00:00.50Z";

/// Tells the whole story, and returns the hints that the platform gave the mirror about what the service does not announce.
pub(super) async fn tell(world: &World, platform: &Platform) -> anyhow::Result<Vec<Hint>> {
    let secrets = Secrets::generate(world.tls.pem());
    let mut story = Story {
        world,
        platform,
        secrets,
        watch: Watch::default(),
        hints: Vec::new(),
    };
    story.protect().await?;
    story.encode().await?;
    story.publish().await?;
    story.change().await?;
    match world.backend {
        Backend::Ams => story.mistake().await?,
        Backend::Mkio => story.suppress().await?,
    }
    story.withdraw().await?;
    Ok(story.hints)
}

/// The chapters are methods, each in its file.
struct Story<'w> {
    world: &'w World,
    platform: &'w Platform,
    secrets: Secrets,
    watch: Watch,
    hints: Vec<Hint>,
}

impl Story<'_> {
    fn is_mkio(&self) -> bool {
        self.world.backend == Backend::Mkio
    }

    /// Lets the mirror follow what the platform did, and prints what it did.
    async fn follow(&mut self, what: &str) -> anyhow::Result<()> {
        println!("\n{what}");
        self.world.quiet(PATIENCE).await?;
        self.watch.print(self.world)
    }
}
