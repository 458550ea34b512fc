//! The primary says that a resource is gone.

use std::time::Duration;

use change::{Cause, Change, Kind, ResourceId};
use time::OffsetDateTime;

use super::Mirror;
use crate::{
    Again, Outcome, Reason, Report, outcome::DELETIONS_HELD, policy::Deletes, problem::Problem,
};

/// How far the clocks of two instances may be apart.
const CLOCKS: Duration = Duration::from_secs(30);

/// The longest that a message of the deletions stays out of sight: ten minutes, spread by a quarter. Clocks apart.
const UNSEEN: Duration = Duration::from_secs(750 + CLOCKS.as_secs());

/// The same from [`OFTEN`] on: an hour, spread as much.
const UNSEEN_LATER: Duration = Duration::from_secs(4500 + CLOCKS.as_secs());

/// The attempt from which on what is put back waits for an hour.
const OFTEN: u32 = 20;

impl Mirror {
    /// What becomes of the replica is the operator's decision. At most it is announced here: [`Mirror::delete`] does it when its grace is over.
    pub(super) async fn gone(&self, change: &Change, id: &ResourceId) -> Result<Report, Problem> {
        self.seen.forget(id);
        let kept = self.options.policy.keeps(id);
        let policy = self.options.policy.deletes(id);
        let deletes = !kept && policy != Deletes::Off;
        let announced = match change.cause {
            Cause::Deleted => true,
            Cause::Walk => policy == Deletes::Converge,
            _ => false,
        } && change.id == *id;
        let grace = self.options.grace;
        if !self.secondary.exists(id).await.map_err(Problem::replica)? {
            return Ok(Report {
                // Another invocation that read the source before it went may be about to write it: looked at again after the grace.
                delete_in: (deletes && announced).then_some(grace),
                ..Report::new(Outcome::InSync).because("gone from both accounts")
            });
        }
        if !(deletes && announced) {
            let why = match (kept, deletes) {
                (true, _) => "the replica is among those that are kept",
                (_, true) => "the primary did not announce a deletion",
                _ => "replicas of this kind are kept",
            };
            return Ok(Report::new(Outcome::Skipped(Reason::DeletesOff)).because(why));
        }
        let due = (self.options.clock)() + grace;
        // Without the note the deletion is not counted against the cap; that is decided when it is due.
        let _ = self.deletions.announce(id, due).await;
        Ok(Report {
            delete_in: Some(grace),
            detail: Some(format!(
                "deleted in {} s unless it comes back",
                grace.as_secs()
            )),
            ..Report::new(Outcome::Waiting(Reason::SourceGone))
        })
    }

    /// Notes what a whole walk would delete, so that it counts against the cap. Whether it is to be enqueued: not if it was within the last
    /// hour, since it waits for its turn, or for an operator. If it is not noted it must not be deleted.
    ///
    /// # Errors
    /// Why the note could not be written.
    pub async fn announce(&self, id: &ResourceId) -> Result<bool, state::StateError> {
        let now = (self.options.clock)();
        let since = now - time::Duration::HOUR;
        self.deletions.announce_anew(id, now, since).await
    }

    /// Whether an operator confirmed the deletions that wait, whatever their number. Not if that cannot be known.
    pub async fn deletions_confirmed(&self) -> bool {
        let now = (self.options.clock)();
        self.deletions.confirmed(now).await.unwrap_or(false)
    }

    /// How many deletions may wait at once before none is done.
    #[must_use]
    pub const fn delete_cap(&self) -> usize {
        self.options.delete_cap
    }

    /// Deletes a replica whose deletion the primary announced or a whole walk found, if the source is gone still and not too many are due.
    pub async fn delete(&self, change: &Change) -> Report {
        let problem = match self.delete_if_gone(change).await {
            Ok(report) => return report,
            Err(problem) => problem,
        };
        if !problem.reason.is_transient() {
            // It waits no more: counted on, those that cannot be deleted would hold back all others for ever.
            let _ = self.deletions.done(&change.id).await;
        }
        problem.report()
    }

    async fn delete_if_gone(&self, change: &Change) -> Result<Report, Problem> {
        let id = &change.id;
        if self.primary.exists(id).await.map_err(Problem::source)? {
            let _ = self.deletions.done(id).await;
            return Ok(Report {
                follow_ups: vec![change.about(id.clone(), Cause::Written)],
                ..Report::new(Outcome::Skipped(Reason::SourceChanging)).because("it came back")
            });
        }
        let allowed = match self.options.policy.deletes(id) {
            Deletes::Off => false,
            // A walk may have named it before the setting was changed.
            Deletes::Events => change.cause == Cause::Deleted,
            Deletes::Converge => true,
        };
        if !allowed || self.options.policy.keeps(id) {
            let _ = self.deletions.done(id).await;
            return Ok(Report::new(Outcome::Skipped(Reason::DeletesOff)));
        }
        let confirmed = self.deletions_confirmed().await;
        if !confirmed && self.too_many().await {
            self.count_again(change).await;
            return Ok(Report {
                again: Some(Again::Progress(DELETIONS_HELD)),
                ..Report::new(Outcome::Waiting(Reason::DeleteCap)).because(format!(
                    "more than {} deletions wait; none is done until they are confirmed",
                    self.options.delete_cap
                ))
            });
        }
        let replica = self.secondary.read(id).await.map_err(Problem::replica)?;
        let there = replica.is_some();
        if let Some(replica) = replica {
            if !confirmed && let Some(wait) = self.is_early(change).await {
                return Ok(Report {
                    again: Some(Again::Progress(wait)),
                    ..Report::new(Outcome::Waiting(Reason::DeleteCap)).because(format!(
                        "done in {} s if no more than {} wait then",
                        wait.as_secs(),
                        self.options.delete_cap
                    ))
                });
            }
            self.refuse_while_published(id).await?;
            self.refuse_to_take_keys(&replica, None).await?;
            self.secondary.delete(id).await.map_err(Problem::replica)?;
            if self.secondary.exists(id).await.map_err(Problem::replica)? {
                let leaving = self.secondary.is_being_made(id).await;
                return Err(if leaving.map_err(Problem::replica)? {
                    Problem::new(Reason::ReplicaNotReady, "deleted, and about to go")
                } else {
                    Problem::new(Reason::ReplicaIgnored, "deleted, and still there")
                });
            }
            // It may have been made anew since it was seen gone, and mirrored by another invocation: then that was deleted here.
            if self.primary.exists(id).await.map_err(Problem::source)? {
                let _ = self.deletions.done(id).await;
                return Ok(Report {
                    follow_ups: vec![change.about(id.clone(), Cause::Written)],
                    ..Report::new(Outcome::Waiting(Reason::SourceChanging))
                        .because("deleted, and it came back meanwhile: mirrored anew")
                });
            }
        }
        let _ = self.deletions.done(id).await;
        Ok(if there {
            Report::new(Outcome::Applied).because("deleted")
        } else {
            Report::new(Outcome::InSync).because("gone from both accounts")
        })
    }

    /// If it cannot be known how many wait, nothing is deleted.
    async fn too_many(&self) -> bool {
        let exceed = self.deletions.exceed(self.options.delete_cap);
        exceed.await.unwrap_or(true)
    }

    /// How long a deletion is to wait still. One whose note is gone is noted once more and waits: somebody may have removed all notes, and
    /// with them the count of what is held. Until its time its other messages wait too. If it cannot be noted, that is seen when it comes
    /// back.
    async fn is_early(&self, change: &Change) -> Option<Duration> {
        let now = (self.options.clock)();
        match self.deletions.due(&change.id).await {
            Ok(Some(due)) => (due > now + CLOCKS).then(|| (due - now).unsigned_abs()),
            Ok(None) => Some(self.note_again(change, now).await),
            Err(_) => Some(DELETIONS_HELD),
        }
    }

    /// Notes one that is held once more if its note is gone, and there is something to delete: the message of a deletion that was done may
    /// come twice.
    async fn count_again(&self, change: &Change) {
        if let Ok(None) = self.deletions.due(&change.id).await
            && self.secondary.exists(&change.id).await.unwrap_or(false)
        {
            self.note_again(change, (self.options.clock)()).await;
        }
    }

    async fn note_again(&self, change: &Change, now: OffsetDateTime) -> Duration {
        let wait = self.until_all_came(change);
        let _ = self.deletions.announce(&change.id, now + wait).await;
        wait
    }

    /// How long it takes until each message of the deletions that wait was in sight once, and so is counted again. If this one was put
    /// back for an hour, so were the others that could not be confirmed with the primary.
    fn until_all_came(&self, change: &Change) -> Duration {
        let unseen = if change.attempt < OFTEN {
            UNSEEN
        } else {
            UNSEEN_LATER
        };
        unseen.max(self.options.grace)
    }

    /// Deletions go in the reverse order of creation: an asset whose replica is published still waits for its locators to go.
    async fn refuse_while_published(&self, id: &ResourceId) -> Result<(), Problem> {
        if id.kind() != Kind::Assets {
            return Ok(());
        }
        let locators = self.secondary.locators_of(id.name()).await;
        match locators
            .map_err(Problem::replica)?
            .unwrap_or_default()
            .len()
        {
            0 => Ok(()),
            count => Err(Problem::new(
                Reason::ReplicaNotReady,
                format!("{count} locators of the replica publish it still"),
            )),
        }
    }
}
