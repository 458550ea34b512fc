//! What all parts of one operation share.

use crate::{
    BlobError, Budget, Place, Settings, Side,
    blob::Blob,
    counted::Counted,
    refusal::{Refusal, Trouble},
    route::Lessons,
    service::{BlobService, Copying},
};
use std::sync::Arc;
use tokio::sync::{Semaphore, SemaphorePermit};

/// One call of the public API: the two places, the limits, and the count of calls made for it.
pub(crate) struct Run {
    pub service: Counted,
    pub settings: Settings,
    pub lessons: Arc<Lessons>,
    pub source: Place,
    pub replica: Place,
    pub budget: Budget,
    slots: Semaphore,
}

impl Run {
    pub(crate) fn new(
        service: Arc<dyn BlobService>,
        settings: &Settings,
        lessons: &Arc<Lessons>,
        (source, replica): (&Place, &Place),
        budget: &Budget,
    ) -> Result<Arc<Self>, BlobError> {
        source.check()?;
        replica.check()?;
        Ok(Arc::new(Self {
            service: Counted::new(service),
            slots: Semaphore::new(settings.concurrency),
            settings: settings.clone(),
            lessons: lessons.clone(),
            source: source.clone(),
            replica: replica.clone(),
            budget: budget.clone(),
        }))
    }

    /// Waits for one of the slots that bound the copy calls under way.
    pub(crate) async fn slot(&self) -> Option<SemaphorePermit<'_>> {
        // Acquiring fails only once the semaphore is closed, and nobody closes it.
        self.slots.acquire().await.ok()
    }

    pub(crate) fn place(&self, side: Side) -> &Place {
        match side {
            Side::Source => &self.source,
            Side::Replica => &self.replica,
        }
    }

    pub(crate) fn copying(&self, blob: Blob, replaces: Option<String>) -> Copying {
        Copying {
            source: self.source.clone(),
            replica: self.replica.clone(),
            blob,
            replaces,
        }
    }

    pub(crate) fn gone(&self, side: Side) -> BlobError {
        BlobError::ContainerGone {
            side,
            container: self.place(side).container.clone(),
        }
    }

    /// The error of a call that has no use for any special answer.
    pub(crate) fn error(&self, refusal: Refusal, side: Side) -> BlobError {
        let status = refusal.told.status.unwrap_or(0);
        match refusal.trouble(side, None) {
            Trouble::Fatal(error) => error,
            Trouble::Gone(side) => self.gone(side),
            other => BlobError::Unreadable {
                side,
                what: format!("status {status} ({other:?}) where it makes no sense"),
            },
        }
    }
}
