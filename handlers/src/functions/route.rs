//! Where what follows from a report goes: into the queues of live changes, or back into the backfill's.

use std::time::Duration;

use blobs::Share;
use change::{Batch, Change, Depth};
use cloud::QueueError;
use mirror::{Again, Report};

use super::{copy_blobs, mirroring::DELETIONS};
use crate::{app::App, backoff};

/// The queue of names that are looked at when there is time.
pub(super) const BACKFILL: &str = "backfill";

/// The way of a change.
#[derive(Clone, Copy)]
pub(super) enum Route<'a> {
    /// Through the queue of its kind; what is put back goes into the queue it came from.
    Live(&'a str),
    /// As part of a batch: all that follows is looked at when there is time, too.
    Backfill(&'a Batch),
}

impl Route<'_> {
    /// Enqueues all that a report asks for.
    pub(super) async fn follow(
        self,
        app: &App,
        change: &Change,
        report: &Report,
    ) -> Result<(), QueueError> {
        for follow_up in &report.follow_ups {
            self.send(app, follow_up, Duration::ZERO).await?;
        }
        for share in &report.shares {
            self.share(app, change, share).await?;
        }
        if let Some(grace) = report.delete_in {
            app.queues.send(DELETIONS, &change.to_text(), grace).await?;
        }
        if let Some(again) = report.again {
            self.put_back(app, change, again).await?;
        }
        Ok(())
    }

    async fn send(self, app: &App, change: &Change, delay: Duration) -> Result<(), QueueError> {
        match self {
            Self::Backfill(batch) if change.id.parent().is_none() => {
                let one = Batch {
                    kind: change.id.kind(),
                    depth: Depth::List,
                    cause: change.cause,
                    since: change.since,
                    attempt: change.attempt,
                    ..batch.of(vec![change.id.name().clone()])
                };
                app.queues.send(BACKFILL, &one.to_text(), delay).await
            }
            _ => {
                let queue = change.id.kind().queue();
                app.queues.send(queue, &change.to_text(), delay).await
            }
        }
    }

    async fn share(self, app: &App, change: &Change, share: &Share) -> Result<(), QueueError> {
        let queue = match self {
            Self::Live(_) => copy_blobs::QUEUE,
            Self::Backfill(_) => BACKFILL,
        };
        copy_blobs::send(app, queue, change, share).await
    }

    /// Puts a change back to where it came from.
    async fn put_back(self, app: &App, change: &Change, again: Again) -> Result<(), QueueError> {
        let delay = backoff::delay(again, change.attempt, (app.jitter)());
        let next = match again {
            Again::Progress(_) => change.clone(),
            Again::BackOff | Again::After(_) => change.again(),
        };
        match self {
            Self::Live(queue) => app.queues.send(queue, &next.to_text(), delay).await,
            Self::Backfill(batch) => {
                // It is looked at whole: what a deeper walk compares may be what is waited for.
                let one = Batch {
                    attempt: next.attempt,
                    ..batch.of(vec![next.id.name().clone()])
                };
                app.queues.send(BACKFILL, &one.to_text(), delay).await
            }
        }
    }
}
