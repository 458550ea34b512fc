//! Reads one side's blobs page by page, remembering one page at a time.

use crate::{BlobError, Side, blob::Blob, refusal::Trouble, run::Run, service::BlobService};
use std::{sync::Arc, vec};
use time::OffsetDateTime;

/// Why a listing could not be read on.
#[derive(Debug)]
pub(crate) enum ListFault {
    /// The names do not ascend by their bytes.
    Disorder,
    Error(BlobError),
}

impl From<BlobError> for ListFault {
    fn from(error: BlobError) -> Self {
        Self::Error(error)
    }
}

enum Next {
    Page(Option<String>),
    End,
}

/// The blobs of one side, in the order in which the service lists them; directory entries left out.
pub(crate) struct Listing {
    run: Arc<Run>,
    side: Side,
    page: vec::IntoIter<Blob>,
    head: Option<Blob>,
    last: Option<String>,
    next: Next,
    /// The marker of the page in memory.
    marker: Option<String>,
    date: Option<OffsetDateTime>,
    absent: bool,
    any_order: bool,
}

impl Listing {
    /// With `any_order`, names that do not ascend are no fault.
    pub(crate) fn new(run: Arc<Run>, side: Side, any_order: bool) -> Self {
        Self {
            run,
            side,
            page: Vec::new().into_iter(),
            head: None,
            last: None,
            next: Next::Page(None),
            marker: None,
            date: None,
            absent: false,
            any_order,
        }
    }

    /// Makes the next blob available to [`head`](Self::head), if there is one.
    pub(crate) async fn fill(&mut self) -> Result<(), ListFault> {
        while self.head.is_none() {
            match self.page.next() {
                Some(blob) if blob.is_directory() => {}
                Some(blob) => self.accept(blob)?,
                None => match &self.next {
                    Next::End => break,
                    Next::Page(marker) => {
                        let marker = marker.clone();
                        self.fetch(marker).await?;
                    }
                },
            }
        }
        Ok(())
    }

    fn accept(&mut self, blob: Blob) -> Result<(), ListFault> {
        if !self.any_order {
            match self
                .last
                .as_deref()
                .map(|last| last.cmp(blob.name.as_str()))
            {
                Some(std::cmp::Ordering::Greater) => return Err(ListFault::Disorder),
                // Pages shift when blobs are added: the same name once more says nothing new.
                Some(std::cmp::Ordering::Equal) => return Ok(()),
                Some(std::cmp::Ordering::Less) | None => {}
            }
            self.last = Some(blob.name.clone());
        }
        self.head = Some(blob);
        Ok(())
    }

    async fn fetch(&mut self, marker: Option<String>) -> Result<(), ListFault> {
        let place = self.run.place(self.side);
        let answer = self
            .run
            .service
            .list(self.side, place, marker.as_deref())
            .await;
        let page =
            match answer.map_err(|refusal| (refusal.clone(), refusal.trouble(self.side, None))) {
                Ok(page) => page,
                Err((_, Trouble::Gone(_))) if marker.is_none() => {
                    self.absent = true;
                    self.next = Next::End;
                    return Ok(());
                }
                Err((refusal, _)) => return Err(self.run.error(*refusal, self.side).into()),
            };
        if page.next.is_some() && page.next == marker {
            return Err(ListFault::Error(BlobError::Unreadable {
                side: self.side,
                what: "a page of the listing says that it follows itself".into(),
            }));
        }
        // The first page's date: time spent listing must not make the source look older.
        self.date = self.date.or(page.date);
        self.marker = marker;
        self.next = match page.next {
            Some(next) => Next::Page(Some(next)),
            None => Next::End,
        };
        self.page = page.blobs.into_iter();
        Ok(())
    }

    pub(crate) fn head(&self) -> Option<&Blob> {
        self.head.as_ref()
    }

    pub(crate) fn take(&mut self) -> Option<Blob> {
        self.head.take()
    }

    /// The marker of the page from which the last blob came; `None` is the first page.
    pub(crate) fn marker(&self) -> Option<&str> {
        self.marker.as_deref()
    }

    /// The service's clock when the listing began.
    pub(crate) fn date(&self) -> Option<OffsetDateTime> {
        self.date
    }

    /// Whether there is no such container.
    pub(crate) fn absent(&self) -> bool {
        self.absent
    }
}
