//! The bytes of an asset: small ones in this invocation, large ones shared out over many.

use std::{convert::Infallible, time::Duration};

use blobs::{Budget, Copied, Look, Place, Presence, Settle, Share};
use change::{Cause, Change};
use serde_json::json;
use state::Taken;
use tokio::time::Instant;

use super::{Mirror, places::expect_apart};
use crate::{Again, Outcome, Reason, Report, problem::Problem};

/// The longest pause between two looks at a large asset.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// An asset that is still being written when it was looked at so often belongs to a live output, most likely.
const LIVE_AFTER: u32 = 5;

/// How long a copy lock lasts unless the invocation that copies renews it. A handler that was killed renews nothing, and whoever
/// gets its message next need not wait for longer than this.
const LEASE: Duration = Duration::from_secs(15);

/// Where an asset's bytes stand.
pub(super) enum Bytes {
    /// All there: this many blobs were copied for it.
    Complete { blobs: u64, bytes: u64 },
    /// Not yet; the report says what is to come.
    Incomplete(Box<Report>),
}

impl Mirror {
    /// Copies what is missing, or sees to it that it is copied.
    pub(super) async fn copy(
        &self,
        change: &Change,
        from: &Place,
        to: &Place,
    ) -> Result<Bytes, Problem> {
        expect_apart(from, to)?;
        let settle = if change.cause == Cause::JobFinished {
            Settle::AfterJob
        } else {
            Settle::Wait
        };
        let look = self
            .bytes
            .look(from, to, settle)
            .await
            .map_err(Problem::blobs)?;
        if look.source_container == Presence::Absent {
            return Err(Problem::new(
                Reason::SourceGone,
                format!(
                    "the container {} is not in {}",
                    from.container, from.account
                ),
            ));
        }
        if look.complete() {
            return Ok(Bytes::Complete { blobs: 0, bytes: 0 });
        }
        if look.missing == 0 && look.replica_container == Presence::Exists {
            return Ok(not_settled(change, look.settled_in, "all blobs are there"));
        }
        let large = self.bytes.is_large(&look) && look.replica_container == Presence::Exists;
        if large {
            self.share_out(change, from, to, settle, &look).await
        } else {
            self.copy_here(change, from, to, settle).await
        }
    }

    async fn copy_here(
        &self,
        change: &Change,
        from: &Place,
        to: &Place,
        settle: Settle,
    ) -> Result<Bytes, Problem> {
        let holder = new_holder();
        let locked = self.lock(change, &holder, LEASE, &json!(null)).await;
        if locked.is_none() {
            return Ok(elsewhere());
        }
        let budget = self.budget();
        let copied = tokio::select! {
            biased;
            copied = self.bytes.mirror(from, to, settle, &budget) => copied,
            never = self.keep_lock(change, &holder) => match never {},
        };
        self.unlock(change).await;
        let copied = copied.map_err(Problem::blobs)?;
        if copied.complete {
            return Ok(Bytes::Complete {
                blobs: copied.blobs,
                bytes: copied.bytes,
            });
        }
        Ok(not_settled(
            change,
            copied.settled_in,
            &format!("{}, {} left", told(&copied), copied.left),
        ))
    }

    /// Hands out what is missing, waits while it gets less, and hands out again what is still missing when it does not.
    async fn share_out(
        &self,
        change: &Change,
        from: &Place,
        to: &Place,
        settle: Settle,
        look: &Look,
    ) -> Result<Bytes, Problem> {
        // Else each share would be refused.
        self.expect_mapped(from, to).await?;
        let pause = pause(change.attempt);
        let left = json!([look.missing, look.missing_bytes]);
        let Some(before) = self.lock(change, &new_holder(), pause, &left).await else {
            return Ok(elsewhere());
        };
        let mut report = Report {
            again: Some(Again::Progress(pause)),
            ..Report::new(Outcome::Waiting(Reason::ReplicaNotReady))
        };
        let going_on = !before.is_null() && before != left;
        if going_on {
            report.detail = Some(format!("{} blobs left, being copied", look.missing));
        } else {
            let sharing = self.bytes.shares(from, to, settle).await;
            report.shares = sharing.map_err(Problem::blobs)?.shares;
            report.detail = Some(format!(
                "{} blobs left, {} shares handed out",
                look.missing,
                report.shares.len()
            ));
        }
        Ok(Bytes::Incomplete(Box::new(report)))
    }

    /// Copies one share of an asset. It decides nothing: whether the asset is complete is seen by `mirror-asset`. Only the accounts are
    /// checked, since a message that somebody else wrote may name any place, and it is copied with the mirror's own rights.
    pub async fn copy_share(&self, share: &Share) -> Report {
        if let Err(problem) = self.expect_mapped(&share.source, &share.replica).await {
            return problem.report();
        }
        match self.bytes.copy_share(share, &self.budget()).await {
            Ok(copied) if copied.blobs == 0 && copied.bytes == 0 => Report::new(Outcome::InSync),
            Ok(copied) => Report::new(Outcome::Applied).because(format!(
                "{} blobs ({} bytes) copied",
                copied.blobs, copied.bytes
            )),
            Err(error) => Problem::blobs(error).report(),
        }
    }

    /// Takes the asset's copy lock, with what the run before left in it; `None` while another run holds it. Without state there are no
    /// locks, and no harm either.
    async fn lock(
        &self,
        change: &Change,
        holder: &str,
        length: Duration,
        note: &serde_json::Value,
    ) -> Option<serde_json::Value> {
        let now = (self.options.clock)();
        match self.locks.take(&change.id, holder, now, length, note).await {
            Ok(Taken::Theirs(_)) => None,
            Ok(Taken::Ours(before)) => Some(before),
            Err(_) => Some(serde_json::Value::Null),
        }
    }

    /// Renews the lock for as long as this is waited for. One that is lost all the same costs work twice, and nothing else.
    async fn keep_lock(&self, change: &Change, holder: &str) -> Infallible {
        loop {
            tokio::time::sleep(LEASE / 3).await;
            self.lock(change, holder, LEASE, &json!(null)).await;
        }
    }

    pub(super) async fn unlock(&self, change: &Change) {
        // A lock that cannot be given back ends by itself.
        let _ = self.locks.release(&change.id).await;
    }

    fn budget(&self) -> Budget {
        let until = Instant::now() + self.options.copy_budget;
        Budget::new(move || Instant::now() < until)
    }
}

/// Who holds a lock: one invocation.
fn new_holder() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// 5 s doubling to 60 s.
fn pause(attempt: u32) -> Duration {
    (Duration::from_secs(5) * 2_u32.pow(attempt.min(4))).min(LONGEST_PAUSE)
}

fn not_settled(change: &Change, settled_in: Option<Duration>, what: &str) -> Bytes {
    let again = settled_in.map_or_else(
        || pause(change.attempt),
        |left| left.max(Duration::from_secs(1)),
    );
    Bytes::Incomplete(Box::new(Report {
        again: Some(Again::After(again)),
        detail: Some(what.to_owned()),
        ..Report::new(Outcome::Waiting(if change.attempt < LIVE_AFTER {
            Reason::SourceNotReady
        } else {
            Reason::SourceLive
        }))
    }))
}

fn elsewhere() -> Bytes {
    Bytes::Incomplete(Box::new(Report {
        again: Some(Again::BackOff),
        detail: Some("another invocation copies it".to_owned()),
        ..Report::new(Outcome::Waiting(Reason::ReplicaNotReady))
    }))
}

fn told(copied: &Copied) -> String {
    format!("{} blobs ({} bytes) copied", copied.blobs, copied.bytes)
}
