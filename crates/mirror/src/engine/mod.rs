//! Carrying out one change.

mod asset;
mod converge;
mod gone;
mod locator;
mod needs;
mod seen;

use std::{sync::Arc, time::Duration};

use change::{Change, Kind};
use media::{Primary, Secondary};

use crate::{AssetBytes, Maps, Outcome, Reason, Report, problem::Problem};
use seen::Seen;

/// What the mirror needs to know besides the two accounts.
#[derive(Clone, Debug)]
pub struct MirrorOptions {
    /// What is bound to the region.
    pub maps: Maps,
    /// How long one invocation copies blobs.
    pub copy_budget: Duration,
}

/// Keeps the secondary like the primary, one change at a time. Any number of changes may be carried out at once.
pub struct Mirror {
    primary: Primary,
    secondary: Secondary,
    bytes: Arc<dyn AssetBytes>,
    options: MirrorOptions,
    seen: Seen,
}

impl Mirror {
    /// A mirror between two accounts.
    #[must_use]
    pub fn new(
        primary: Primary,
        secondary: Secondary,
        bytes: Arc<dyn AssetBytes>,
        options: MirrorOptions,
    ) -> Self {
        Self {
            primary,
            secondary,
            bytes,
            options,
            seen: Seen::default(),
        }
    }

    /// Looks at the resource that a change names, in both accounts, and does what brings the replica to its source.
    ///
    /// A change may be carried out any number of times: it writes only what differs. What could not be done is in the report;
    /// there is no other kind of failure.
    pub async fn mirror(&self, change: &Change) -> Report {
        let result = match change.id.kind() {
            Kind::Assets => self.asset(change).await,
            Kind::StreamingLocators => self.locator(change).await,
            _ => self.plain(change).await,
        };
        result.unwrap_or_else(Problem::report)
    }

    /// A resource that consists of its properties only.
    async fn plain(&self, change: &Change) -> Result<Report, Problem> {
        if is_predefined(change) {
            return Ok(Report::new(Outcome::Skipped(Reason::Predefined)));
        }
        match self
            .primary
            .read(&change.id)
            .await
            .map_err(Problem::source)?
        {
            None => self.gone(&change.id).await,
            Some(source) => self.converge(change, source, None).await,
        }
    }
}

/// Predefined streaming policies exist in every account.
fn is_predefined(change: &Change) -> bool {
    change.id.kind() == Kind::StreamingPolicies && needs::is_predefined(change.id.name().as_str())
}
