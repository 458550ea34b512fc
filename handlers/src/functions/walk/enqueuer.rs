//! What a walk finds, on its way to the queue.

use std::time::Duration;

use async_trait::async_trait;
use change::{Batch, Cause, Depth, Name, ResourceId, WalkOrder};
use cloud::QueueError;
use state::{Exception, Progress};
use time::OffsetDateTime;
use walk::{Found, Seen, Visit};

use super::super::route::BACKFILL;
use crate::app::App;

/// What failed for good is looked at again by a sweep after this time.
const FAILED_AGAIN: time::Duration = time::Duration::HOUR;

/// The most names of a kind that sweeps of lists have in the queue at once. A library that was never mirrored is mirrored in steps of so
/// many: else each sweep would enqueue all of it once more.
const OUTSTANDING: u64 = 2000;

/// Whether a sweep leaves alone what is recorded: what waits has a message of its own, and what failed for good is not tried every time.
pub(super) fn was_lately(app: &App, order: &WalkOrder, known: &Exception) -> bool {
    order.cause == Cause::Walk && (app.clock)() - known.at < FAILED_AGAIN
}

/// Collects names and enqueues them in batches.
pub(super) struct Enqueuer<'a> {
    pub(super) app: &'a App,
    pub(super) order: &'a WalkOrder,
    pub(super) names: Vec<Name>,
    pub(super) extra: Vec<ResourceId>,
    /// How many names of the last sweep like this one are in the queue still.
    pub(super) outstanding: u64,
    pub(super) progress: Progress,
    /// When all was last seen, so that what differs now changed after it.
    pub(super) since: OffsetDateTime,
}

impl Enqueuer<'_> {
    /// Enqueues what was found: after the walk, since a handler that is killed walks again and would enqueue all of it twice.
    pub(super) async fn flush(&mut self) -> Result<(), QueueError> {
        let batch = Batch {
            kind: self.order.kind,
            names: std::mem::take(&mut self.names),
            depth: self.order.depth.max(Depth::List),
            // Whoever names what was updated has not seen whether it is in scope.
            cause: match self.order.depth {
                Depth::Updated => Cause::Written,
                _ => self.order.cause,
            },
            run: Some(self.order.run.clone()),
            since: Some(self.since),
            attempt: 0,
        };
        for part in batch.split() {
            // A rate is kept to by when a batch becomes visible.
            let before = self.progress.enqueued;
            #[expect(
                clippy::cast_precision_loss,
                reason = "there are far fewer names than 2^52"
            )]
            let delay = self.order.rate.map_or(0.0, |rate| before as f64 / rate);
            let delay = Duration::try_from_secs_f64(delay).unwrap_or(Duration::MAX);
            self.progress.enqueued += part.names.len() as u64;
            self.app
                .queues
                .send(BACKFILL, &part.to_text(), delay)
                .await?;
        }
        Ok(())
    }

    /// Whether the queue may take another name of this sweep.
    fn has_room(&self) -> bool {
        self.order.cause != Cause::Walk
            || self.outstanding + self.progress.enqueued + (self.names.len() as u64) < OUTSTANDING
    }

    /// Whether it is left alone for now. What was updated since the last walk is another matter than what failed before.
    async fn is_recorded_lately(&self, id: &ResourceId) -> bool {
        if self.order.cause != Cause::Walk || self.order.depth == Depth::Updated {
            return false;
        }
        let known = self.app.exceptions.get(id).await.ok().flatten();
        known.is_some_and(|known| was_lately(self.app, self.order, &known))
    }
}

#[async_trait]
impl Visit for Enqueuer<'_> {
    type Error = QueueError;

    async fn found(&mut self, found: Found) -> Result<(), QueueError> {
        let id = ResourceId::new(self.order.kind, found.name);
        let wanted = match found.seen {
            Seen::OutOfScope => false,
            Seen::Extra => {
                if self.app.mirror.walk_may_delete(&id) {
                    self.extra.push(id);
                }
                return Ok(());
            }
            // What failed for good by what lists show may differ in more than that.
            Seen::Same | Seen::Different
                if walk::looks_inside(self.order.kind, self.order.depth) =>
            {
                true
            }
            Seen::Same => false,
            Seen::Missing | Seen::Different => {
                self.has_room() && !self.is_recorded_lately(&id).await
            }
        };
        if wanted {
            self.names.push(id.name().clone());
        }
        Ok(())
    }
}
