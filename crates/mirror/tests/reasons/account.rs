//! An account in memory that answers as a row says.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use change::{Kind, Name, ResourceId};
use media::{Body, ErrorKind, ListRequest, MediaService, Page, ServiceError, Storage};

type Hook = Arc<dyn Fn() + Send + Sync>;

#[derive(Default)]
struct Held {
    resources: HashMap<ResourceId, Body>,
    faults: HashMap<&'static str, ServiceError>,
    hooks: HashMap<&'static str, Hook>,
    /// What the account makes of what is written to it.
    alters: Option<fn(&mut Body)>,
    /// Whether deletions are accepted and not done.
    ignores_deletions: bool,
    /// Where it differs from a storage account of the same name.
    storage: Option<Option<Storage>>,
}

/// An account. Clones share what it holds.
#[derive(Clone, Default)]
pub(crate) struct Account(Arc<Mutex<Held>>);

impl Account {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap()
    }

    pub(crate) fn put(&self, body: Body) {
        self.held().resources.insert(body.id().clone(), body);
    }

    pub(crate) fn get(&self, id: &ResourceId) -> Option<Body> {
        self.held().resources.get(id).cloned()
    }

    /// Every call of a method fails.
    pub(crate) fn fail(&self, method: &'static str, error: ServiceError) {
        self.held().faults.insert(method, error);
    }

    /// Every call of a method is refused for this.
    pub(crate) fn refuse(&self, method: &'static str, kind: ErrorKind) {
        self.fail(method, ServiceError::new(kind, method, "scripted"));
    }

    /// Something happens just before every call of a method.
    pub(crate) fn before(&self, method: &'static str, hook: impl Fn() + Send + Sync + 'static) {
        self.held().hooks.insert(method, Arc::new(hook));
    }

    pub(crate) fn alter(&self, alters: fn(&mut Body)) {
        self.held().alters = Some(alters);
    }

    pub(crate) fn ignore_deletions(&self) {
        self.held().ignores_deletions = true;
    }

    pub(crate) fn has_storage(&self, storage: Option<Storage>) {
        self.held().storage = Some(storage);
    }

    fn called(&self, method: &str) -> Result<(), ServiceError> {
        let (hook, fault) = {
            let held = self.held();
            (
                held.hooks.get(method).cloned(),
                held.faults.get(method).cloned(),
            )
        };
        if let Some(hook) = hook {
            hook();
        }
        fault.map_or(Ok(()), Err)
    }

    fn write(&self, body: &Body) -> Body {
        let mut written = body.clone();
        if let Some(alter) = self.held().alters {
            alter(&mut written);
        }
        self.put(written.clone());
        written
    }
}

#[async_trait]
impl MediaService for Account {
    async fn read(&self, id: &ResourceId) -> Result<Option<Body>, ServiceError> {
        self.called("read")?;
        Ok(self.get(id))
    }

    async fn exists(&self, id: &ResourceId) -> Result<bool, ServiceError> {
        self.called("exists")?;
        Ok(self.get(id).is_some())
    }

    async fn list(&self, request: &ListRequest) -> Result<Page, ServiceError> {
        self.called("list")?;
        let held = self.held();
        let items = held.resources.values().filter(|body| {
            body.id().kind() == request.kind && body.id().parent() == request.parent.as_ref()
        });
        Ok(Page {
            items: items.cloned().collect(),
            next: None,
        })
    }

    async fn locators_of(&self, asset: &Name) -> Result<Option<Vec<Name>>, ServiceError> {
        self.called("locators_of")?;
        let held = self.held();
        let locators = held.resources.values().filter(|body| {
            body.id().kind() == Kind::StreamingLocators
                && body.text("assetName") == Some(asset.as_str())
        });
        Ok(Some(
            locators
                .map(|locator| locator.id().name().clone())
                .collect(),
        ))
    }

    async fn storage(&self, name: &str) -> Result<Option<Storage>, ServiceError> {
        self.called("storage")?;
        let usual = || Some(Storage::Azure(name.to_owned()));
        Ok(self.held().storage.clone().unwrap_or_else(usual))
    }

    async fn create(&self, body: &Body) -> Result<Body, ServiceError> {
        self.called("create")?;
        if self.get(body.id()).is_some() {
            return Err(ServiceError::new(ErrorKind::Conflict, "PUT", "Conflict"));
        }
        Ok(self.write(body))
    }

    async fn update(&self, body: &Body) -> Result<Body, ServiceError> {
        self.called("update")?;
        Ok(self.write(body))
    }

    async fn delete(&self, id: &ResourceId) -> Result<(), ServiceError> {
        self.called("delete")?;
        let mut held = self.held();
        if !held.ignores_deletions {
            held.resources.remove(id);
        }
        Ok(())
    }
}
