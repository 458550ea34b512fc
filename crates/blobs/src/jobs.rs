//! Copies many blobs at once, a bounded number at a time.

use crate::{
    BlobError, Told,
    copy::{Outcome, copy},
    run::Run,
    service::Copying,
};
use std::sync::Arc;
use tokio::task::{JoinError, JoinSet};

type Done = (String, u64, Result<Outcome, BlobError>);

/// The copies under way, and what became of those before them. Dropping it cancels what is under way.
pub(crate) struct Jobs {
    run: Arc<Run>,
    tasks: JoinSet<Done>,
    pub blobs: u64,
    pub bytes: u64,
    pub changed: u64,
    /// One of the changed, and what the service said.
    pub changed_one: Option<(String, Told)>,
    pub stopped: bool,
}

impl Jobs {
    pub(crate) fn new(run: Arc<Run>) -> Self {
        Self {
            run,
            tasks: JoinSet::new(),
            blobs: 0,
            bytes: 0,
            changed: 0,
            changed_one: None,
            stopped: false,
        }
    }

    /// Starts copying one more blob, when there is room; not at all once the budget is used up.
    ///
    /// # Errors
    /// The error of any copy that has ended meanwhile.
    pub(crate) async fn start(
        &mut self,
        copying: Copying,
        arriving: bool,
    ) -> Result<(), BlobError> {
        while self.tasks.len() >= self.run.settings.concurrency {
            self.end_one().await?;
        }
        while let Some(done) = self.tasks.try_join_next() {
            self.end(done)?;
        }
        if self.stopped || !self.run.budget.left() {
            self.stopped = true;
            return Ok(());
        }
        let run = self.run.clone();
        self.tasks.spawn(async move {
            let outcome = copy(&run, &copying, arriving).await;
            (copying.blob.name, copying.blob.length, outcome)
        });
        Ok(())
    }

    /// Waits for all copies under way.
    ///
    /// # Errors
    /// The first error of a copy; the others under way are then cancelled.
    pub(crate) async fn finish(&mut self) -> Result<(), BlobError> {
        while !self.tasks.is_empty() {
            self.end_one().await?;
        }
        Ok(())
    }

    /// Whether everything started so far was copied.
    pub(crate) fn all_copied(&self) -> bool {
        self.changed == 0 && !self.stopped
    }

    async fn end_one(&mut self) -> Result<(), BlobError> {
        match self.tasks.join_next().await {
            Some(done) => self.end(done),
            None => Ok(()),
        }
    }

    fn end(&mut self, done: Result<Done, JoinError>) -> Result<(), BlobError> {
        let (name, length, outcome) = match done {
            Ok(done) => done,
            // A panic of a copy is a panic of the whole: it is a bug, not an outcome.
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => return Ok(()),
        };
        match outcome? {
            Outcome::Copied => {
                self.blobs += 1;
                self.bytes += length;
            }
            Outcome::Changed(told) => {
                self.changed += 1;
                self.changed_one.get_or_insert((name, told));
            }
            Outcome::Stopped => self.stopped = true,
        }
        Ok(())
    }
}
