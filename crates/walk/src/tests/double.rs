//! Accounts that are lists: in pages that begin at an offset, as the services' are, and that change under the reader.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use blobs::{BlobError, Budget, Claim, Copied, Look, Place, Settle, Share, ShareCopied, Sharing};
use change::{Kind, Name, ResourceId};
use media::{Body, ErrorKind, ListRequest, MediaService, Page, ServiceError, Storage};
use mirror::AssetBytes;
use time::OffsetDateTime;

type Surprise = Box<dyn FnOnce(&mut Vec<Body>) + Send>;

/// An account. Clones share what it holds.
#[derive(Clone, Default)]
pub(super) struct Account(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    lists: HashMap<Kind, Vec<Body>>,
    surprises: Vec<(usize, Surprise)>,
    asked: Vec<(Kind, Option<OffsetDateTime>)>,
    ends: Ends,
    fails: Option<(usize, ErrorKind)>,
    hangs: bool,
}

/// How a list ends.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Ends {
    /// The last page names no other.
    #[default]
    Well,
    /// Every page names another, which is the first again after the last.
    Never,
    /// Every page names the same one.
    InItself,
}

/// Resources on a page.
pub(super) const ON_A_PAGE: usize = 2;

impl Account {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap()
    }

    /// What the lists show, in this order.
    pub(super) fn lists(&self, bodies: impl IntoIterator<Item = Body>) {
        let mut inside = self.inside();
        for body in bodies {
            let kind = body.id().kind();
            inside.lists.entry(kind).or_default().push(body);
        }
    }

    /// What happens to the list just before its page of this number is read, counted over all lists from 0.
    pub(super) fn before(
        &self,
        page: usize,
        surprise: impl FnOnce(&mut Vec<Body>) + Send + 'static,
    ) {
        self.inside().surprises.push((page, Box::new(surprise)));
    }

    /// The page of this number is an error.
    pub(super) fn fails(&self, page: usize, kind: ErrorKind) {
        self.inside().fails = Some((page, kind));
    }

    /// Lists end so.
    pub(super) fn ends(&self, ends: Ends) {
        self.inside().ends = ends;
    }

    /// Lists do not answer.
    pub(super) fn hangs(&self) {
        self.inside().hangs = true;
    }

    /// The pages that were asked for.
    pub(super) fn asked(&self) -> Vec<(Kind, Option<OffsetDateTime>)> {
        self.inside().asked.clone()
    }

    fn page(&self, request: &ListRequest) -> Result<Page, ServiceError> {
        let mut inside = self.inside();
        let number = inside.asked.len();
        inside.asked.push((request.kind, request.updated_since));
        if let Some((_, kind)) = inside.fails.filter(|(page, _)| *page == number) {
            return Err(ServiceError::new(kind, "GET list", "made for this test"));
        }
        let (due, rest) = std::mem::take(&mut inside.surprises)
            .into_iter()
            .partition(|(page, _)| *page == number);
        inside.surprises = rest;
        let ends = inside.ends;
        let list = inside.lists.entry(request.kind).or_default();
        for (_, surprise) in due {
            surprise(list);
        }
        let from: usize = request
            .next
            .as_deref()
            .map_or(0, |next| next.parse().unwrap());
        let items: Vec<Body> = list.iter().skip(from).take(ON_A_PAGE).cloned().collect();
        let to = from + items.len();
        let next = match ends {
            Ends::Well => (to < list.len()).then_some(to),
            Ends::Never => Some(if to < list.len() { to } else { 0 }),
            Ends::InItself => Some(0),
        };
        Ok(Page {
            items,
            next: next.map(|next| next.to_string()),
        })
    }
}

fn nobody_asks<T>() -> T {
    panic!("a walk only lists")
}

#[async_trait]
impl MediaService for Account {
    async fn read(&self, _: &ResourceId) -> Result<Option<Body>, ServiceError> {
        nobody_asks()
    }

    async fn exists(&self, _: &ResourceId) -> Result<bool, ServiceError> {
        nobody_asks()
    }

    async fn list(&self, request: &ListRequest) -> Result<Page, ServiceError> {
        if self.inside().hangs {
            std::future::pending::<()>().await;
        }
        self.page(request)
    }

    async fn locators_of(&self, _: &Name) -> Result<Option<Vec<Name>>, ServiceError> {
        nobody_asks()
    }

    async fn storage(&self, _: &str) -> Result<Option<Storage>, ServiceError> {
        nobody_asks()
    }

    async fn create(&self, _: &Body) -> Result<Body, ServiceError> {
        nobody_asks()
    }

    async fn update(&self, _: &Body) -> Result<Body, ServiceError> {
        nobody_asks()
    }

    async fn delete(&self, _: &ResourceId) -> Result<(), ServiceError> {
        nobody_asks()
    }
}

/// A walk over lists looks at no byte.
pub(super) struct NoBytes;

#[async_trait]
impl AssetBytes for NoBytes {
    async fn look(&self, _: &Place, _: &Place, _: Settle) -> Result<Look, BlobError> {
        nobody_asks()
    }

    async fn claim(&self, _: &Place, _: &Place, _: &str) -> Result<Claim, BlobError> {
        nobody_asks()
    }

    async fn shares(&self, _: &Place, _: &Place, _: Settle) -> Result<Sharing, BlobError> {
        nobody_asks()
    }

    fn is_large(&self, _: &Look) -> bool {
        nobody_asks()
    }

    async fn mirror(
        &self,
        _: &Place,
        _: &Place,
        _: Settle,
        _: &Budget,
    ) -> Result<Copied, BlobError> {
        nobody_asks()
    }

    async fn copy_share(&self, _: &Share, _: &Budget) -> Result<ShareCopied, BlobError> {
        nobody_asks()
    }
}
