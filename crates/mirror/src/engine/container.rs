//! Blobs of a container changed: which assets are they of?

use change::ContainerChange;

use super::Mirror;
use crate::{Outcome, Reason, Report, problem::Problem};

impl Mirror {
    /// Finds the assets of the primary that have a container, and asks for a change of each. Nothing else is looked at.
    ///
    /// `applied` says that something follows. A container that no asset has is left alone, `out-of-scope`: storage accounts hold more than
    /// assets, so nothing is wrong with it.
    pub async fn assets_of(&self, hint: &ContainerChange) -> Report {
        let found = self.primary.assets_in(hint.account(), hint.container());
        match found.await {
            Err(error) => Problem::source(error).report(),
            Ok(assets) if assets.is_empty() => Report::new(Outcome::Skipped(Reason::OutOfScope))
                .because("no asset of the primary has this container"),
            Ok(assets) => Report {
                follow_ups: assets.into_iter().map(|asset| hint.about(asset)).collect(),
                ..Report::new(Outcome::Applied)
            },
        }
    }
}
