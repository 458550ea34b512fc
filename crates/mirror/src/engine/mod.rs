//! Carrying out one change.

mod asset;
mod container;
mod converge;
mod copying;
mod gone;
mod inspect;
mod keys;
mod locator;
mod needs;
mod places;
mod seen;
mod turns;
mod writing;

use std::{sync::Arc, time::Duration};

use change::{Change, Kind, ResourceId};
use media::{Body, Primary, Secondary};
use state::{CopyLocks, Deletions, Documents};
use time::OffsetDateTime;

use crate::{
    AssetBytes, Maps, Outcome, Policy, Reason, Report, Scope,
    problem::Problem,
    rules::{Backend, Rules},
};
pub use inspect::{Finding, Verdict, Weight};
use seen::Seen;
use turns::Turns;

/// What the mirror needs to know besides the two accounts.
#[derive(Clone, Debug)]
pub struct MirrorOptions {
    /// The service that both accounts speak.
    pub backend: Backend,
    /// What is bound to the region.
    pub maps: Maps,
    /// Which assets are mirrored.
    pub scope: Scope,
    /// What becomes of deletions and conflicts.
    pub policy: Policy,
    /// How long an announced deletion waits.
    pub grace: Duration,
    /// How many deletions may wait at once before none is done.
    pub delete_cap: usize,
    /// How long one invocation copies blobs.
    pub copy_budget: Duration,
    /// What time it is.
    pub clock: fn() -> OffsetDateTime,
}

impl Default for MirrorOptions {
    fn default() -> Self {
        Self {
            backend: Backend::default(),
            maps: Maps::default(),
            scope: Scope::default(),
            policy: Policy::usual(Backend::default()),
            grace: Duration::from_secs(300),
            delete_cap: 10,
            copy_budget: Duration::from_secs(300),
            clock: OffsetDateTime::now_utc,
        }
    }
}

/// Keeps the secondary like the primary, one change at a time. Any number of changes may be carried out at once.
pub struct Mirror {
    primary: Primary,
    secondary: Secondary,
    bytes: Arc<dyn AssetBytes>,
    locks: CopyLocks,
    deletions: Deletions,
    options: MirrorOptions,
    seen: Seen,
    /// Of whatever is looked at and written.
    writing: Turns,
    /// Of what something else needs.
    needing: Turns,
}

impl Mirror {
    /// A mirror between two accounts.
    #[must_use]
    pub fn new(
        primary: Primary,
        secondary: Secondary,
        bytes: Arc<dyn AssetBytes>,
        documents: Arc<dyn Documents>,
        options: MirrorOptions,
    ) -> Self {
        Self {
            primary,
            secondary,
            bytes,
            locks: CopyLocks::new(Arc::clone(&documents)),
            deletions: Deletions::new(documents),
            options,
            seen: Seen::default(),
            writing: Turns::default(),
            needing: Turns::default(),
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

    const fn rules_of(&self, kind: Kind) -> &'static Rules {
        self.options.backend.rules(kind)
    }

    const fn rules(&self, body: &Body) -> &'static Rules {
        self.rules_of(body.id().kind())
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
            None => self.gone(change, &change.id).await,
            Some(source) => match self.converge(change, source, None).await {
                Err(problem) if self.lacks_asset(&change.id, &problem).await? => Ok(Report::new(
                    Outcome::Skipped(Reason::OutOfScope),
                )
                .because("its asset is not in the secondary, and brings its filters itself")),
                result => result,
            },
        }
    }

    /// Whether a filter could not be written because its asset is not mirrored. The service then answers as if it were lost, and
    /// waiting would never end.
    async fn lacks_asset(&self, id: &ResourceId, problem: &Problem) -> Result<bool, Problem> {
        let Some(asset) = id
            .parent()
            .filter(|_| problem.reason == Reason::ReplicaUnavailable)
        else {
            return Ok(false);
        };
        let asset = ResourceId::new(Kind::Assets, asset.clone());
        let there = self.secondary.exists(&asset).await;
        Ok(!there.map_err(Problem::replica)?)
    }
}

/// Predefined streaming policies exist in every account.
fn is_predefined(change: &Change) -> bool {
    change.id.kind() == Kind::StreamingPolicies && needs::is_predefined(change.id.name().as_str())
}
