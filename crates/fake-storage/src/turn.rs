//! One request's turn with the store.

use time::OffsetDateTime;

use crate::call::Call;
use crate::refusal::Refusal;
use crate::server::Shared;
use crate::store::{Account, Blob, Container, Stamp, Store};

/// What an operation works with: the request and, for as long as it is served, the whole store.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    pub(crate) store: &'a mut Store,
    pub(crate) call: &'a Call,
    pub(crate) shared: &'a Shared,
}

impl Turn<'_> {
    pub(crate) fn now(&self) -> OffsetDateTime {
        self.store.now(&self.call.account)
    }

    /// A new ETag and the present time.
    pub(crate) fn stamp(&mut self) -> Stamp {
        self.store.stamp(&self.call.account)
    }

    pub(crate) fn account(&self) -> Result<&Account, Refusal> {
        self.store.account(&self.call.account)
    }

    pub(crate) fn account_mut(&mut self) -> Result<&mut Account, Refusal> {
        self.store.account_mut(&self.call.account)
    }

    /// The container the request names.
    pub(crate) fn container(&self) -> Result<&Container, Refusal> {
        self.account()?.container(&self.call.container)
    }

    pub(crate) fn container_mut(&mut self) -> Result<&mut Container, Refusal> {
        let call = self.call;
        self.account_mut()?.container_mut(&call.container)
    }

    /// The blob the request names.
    pub(crate) fn blob(&self) -> Result<&Blob, Refusal> {
        self.container()?.blob(&self.call.name)
    }

    pub(crate) fn blob_mut(&mut self) -> Result<&mut Blob, Refusal> {
        let call = self.call;
        self.container_mut()?.blob_mut(&call.name)
    }

    /// Checks that the named blob may be written: its container exists, no copy is pending onto it, and the
    /// request's conditions hold. Returns when it was created, if it is there already.
    pub(crate) fn writable(&self) -> Result<Option<OffsetDateTime>, Refusal> {
        let existing = self.container()?.blob(&self.call.name).ok();
        if existing.is_some_and(|blob| {
            blob.copy
                .as_ref()
                .is_some_and(crate::store::CopyRecord::is_pending)
        }) {
            return Err(Refusal::pending_copy());
        }
        crate::conditions::Conditions::own(&self.call.headers)?
            .check_write(existing.map(|blob| &blob.stamp))?;
        Ok(existing.map(|blob| blob.created))
    }

    /// Puts a blob under the request's name.
    pub(crate) fn put(&mut self, blob: Blob) -> Result<(), Refusal> {
        let call = self.call;
        self.container_mut()?.put(&call.name, blob);
        Ok(())
    }
}
