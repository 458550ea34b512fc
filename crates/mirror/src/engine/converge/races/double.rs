//! Accounts in memory, in which somebody else can be quicker.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use blobs::{BlobError, Budget, Claim, Copied, Look, Place, Settle, Share, ShareCopied, Sharing};
use change::{Kind, Name, ResourceId};
use media::{Body, ErrorKind, ListRequest, MediaService, Page, ServiceError, Storage};
use serde_json::json;

use crate::AssetBytes;

type Surprise = Box<dyn FnOnce() + Send>;

/// An account. Clones share what it holds.
#[derive(Clone, Default)]
pub(super) struct Account {
    resources: Arc<Mutex<HashMap<ResourceId, Body>>>,
    surprises: Arc<Mutex<Vec<(&'static str, Surprise)>>>,
    /// What was written, in that order.
    written: Arc<Mutex<Vec<ResourceId>>>,
    /// Whether creating a locator that is there hides or shows it, as MK.IO has it.
    pub(super) hides_what_is_there: bool,
    /// What it is making or deleting still, as MK.IO has it. Meanwhile it creates nothing of that name, and nothing that names it.
    making: Arc<Mutex<HashSet<ResourceId>>>,
}

impl Account {
    pub(super) fn put(&self, body: &Body) {
        let mut resources = self.resources.lock().unwrap();
        resources.insert(body.id().clone(), body.clone());
    }

    pub(super) fn remove(&self, id: &ResourceId) {
        self.resources.lock().unwrap().remove(id);
    }

    pub(super) fn get(&self, id: &ResourceId) -> Option<Body> {
        self.resources.lock().unwrap().get(id).cloned()
    }

    /// What happens just before the next call of a method: the first one first, if there are several.
    pub(super) fn before(&self, method: &'static str, surprise: impl FnOnce() + Send + 'static) {
        let mut surprises = self.surprises.lock().unwrap();
        surprises.push((method, Box::new(surprise)));
    }

    pub(super) fn written(&self) -> Vec<ResourceId> {
        self.written.lock().unwrap().clone()
    }

    /// A write arrives, and is done a moment later.
    async fn write(&self, body: &Body) {
        self.written.lock().unwrap().push(body.id().clone());
        tokio::task::yield_now().await;
    }

    pub(super) fn is_making(&self, id: &ResourceId) {
        self.making.lock().unwrap().insert(id.clone());
    }

    pub(super) fn has_made_all(&self) {
        self.making.lock().unwrap().clear();
    }

    fn names_unmade(&self, body: &Body) -> bool {
        let properties = body.expose()["properties"].as_object().unwrap();
        let mut names = properties.values().filter_map(|value| value.as_str());
        let making = self.making.lock().unwrap();
        names.any(|name| making.iter().any(|id| id.name().as_str() == name))
    }

    fn called(&self, method: &str) {
        let surprise = {
            let mut surprises = self.surprises.lock().unwrap();
            let at = surprises.iter().position(|(of, _)| *of == method);
            at.map(|at| surprises.remove(at).1)
        };
        if let Some(surprise) = surprise {
            surprise();
        }
    }
}

#[async_trait]
impl MediaService for Account {
    async fn read(&self, id: &ResourceId) -> Result<Option<Body>, ServiceError> {
        self.called("read");
        Ok(self.get(id))
    }

    async fn exists(&self, id: &ResourceId) -> Result<bool, ServiceError> {
        self.called("exists");
        Ok(self.get(id).is_some())
    }

    async fn list(&self, _: &ListRequest) -> Result<Page, ServiceError> {
        Ok(Page {
            items: Vec::new(),
            next: None,
        })
    }

    async fn locators_of(&self, _: &Name) -> Result<Option<Vec<Name>>, ServiceError> {
        Ok(Some(Vec::new()))
    }

    async fn storage(&self, name: &str) -> Result<Option<Storage>, ServiceError> {
        Ok(Some(Storage::Azure(name.to_owned())))
    }

    async fn create(&self, body: &Body) -> Result<Body, ServiceError> {
        self.called("create");
        self.write(body).await;
        if let Some(mut there) = self.get(body.id()) {
            if self.hides_what_is_there {
                let suppressed = body.property("suppressed").cloned();
                there.set_property("suppressed", suppressed.unwrap_or_default());
                self.put(&there);
                return Ok(there);
            }
            let error = ServiceError::new(ErrorKind::Conflict, "PUT", "Conflict");
            return Err(error);
        }
        let is_made = !self.making.lock().unwrap().contains(body.id());
        if !is_made || self.names_unmade(body) {
            let error = ServiceError::new(ErrorKind::Conflict, "PUT", "NotReady");
            return Err(error);
        }
        self.put(body);
        Ok(body.clone())
    }

    async fn is_being_made(&self, id: &ResourceId) -> Result<bool, ServiceError> {
        self.called("is_being_made");
        Ok(self.making.lock().unwrap().contains(id))
    }

    async fn update(&self, body: &Body) -> Result<Body, ServiceError> {
        self.called("update");
        self.write(body).await;
        let mut written = body.clone();
        if let Some(there) = self.get(body.id()) {
            if let Some(keys) = there.property("contentKeys") {
                written.set_property("contentKeys", keys.clone());
            }
        } else if self.hides_what_is_there && body.id().kind() == Kind::StreamingLocators {
            // Made anew, without the keys that no update sends.
            let keys = json!([{"id": "minted", "value": "bWludGVkIG1pbnRlZCBtIQ=="}]);
            written.set_property("contentKeys", keys);
        }
        self.put(&written);
        Ok(written)
    }

    async fn delete(&self, id: &ResourceId) -> Result<(), ServiceError> {
        self.called("delete");
        self.remove(id);
        Ok(())
    }
}

/// For resources that have no bytes.
pub(super) struct NoBytes;

fn none<T>() -> Result<T, BlobError> {
    let what = "there are no bytes here".to_owned();
    Err(BlobError::Configuration { what })
}

#[async_trait]
impl AssetBytes for NoBytes {
    async fn look(&self, _: &Place, _: &Place, _: Settle) -> Result<Look, BlobError> {
        none()
    }

    async fn claim(&self, _: &Place, _: &Place, _: &str) -> Result<Claim, BlobError> {
        none()
    }

    async fn shares(&self, _: &Place, _: &Place, _: Settle) -> Result<Sharing, BlobError> {
        none()
    }

    fn is_large(&self, _: &Look) -> bool {
        false
    }

    async fn mirror(
        &self,
        _: &Place,
        _: &Place,
        _: Settle,
        _: &Budget,
    ) -> Result<Copied, BlobError> {
        none()
    }

    async fn copy_share(&self, _: &Share, _: &Budget) -> Result<ShareCopied, BlobError> {
        none()
    }
}
