//! Accounts in memory that can be walked.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use change::{Kind, Name, ResourceId};
use media::{Body, ErrorKind, ListRequest, MediaService, Page, ServiceError, Storage};
use serde_json::{Value, json};

/// An account. Clones share what it holds.
#[derive(Clone, Default)]
pub(crate) struct Account(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    resources: BTreeMap<String, Body>,
    lists: usize,
    deletes: Vec<String>,
    /// What cannot be deleted.
    refuses: Option<String>,
    /// What lists and reads end with.
    fails: Option<ErrorKind>,
    /// How long a read takes.
    takes: Duration,
    /// Reads at the moment, and the most that there were.
    reading: [usize; 2],
}

pub(crate) fn id(kind: Kind, name: &str) -> ResourceId {
    ResourceId::new(kind, Name::new(name).unwrap())
}

impl Account {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap()
    }

    pub(crate) fn put(&self, kind: Kind, name: &str, properties: Value) {
        let Value::Object(value) = json!({"properties": properties}) else {
            unreachable!()
        };
        let body = Body::new(id(kind, name), value);
        self.keep(&body);
    }

    pub(crate) fn remove(&self, kind: Kind, name: &str) {
        let path = id(kind, name).to_string();
        self.inside().resources.remove(&path);
    }

    pub(crate) fn has(&self, kind: Kind, name: &str) -> bool {
        let path = id(kind, name).to_string();
        self.inside().resources.contains_key(&path)
    }

    /// Does not delete this.
    pub(crate) fn refuse_to_delete(&self, kind: Kind, name: &str) {
        self.inside().refuses = Some(id(kind, name).to_string());
    }

    /// Lists and reads are an error, or are not.
    pub(crate) fn fail(&self, kind: Option<ErrorKind>) {
        self.inside().fails = kind;
    }

    /// Reads take this long from now on.
    pub(crate) fn slow_down(&self, takes: Duration) {
        self.inside().takes = takes;
    }

    /// The most reads at one time.
    pub(crate) fn most_reads(&self) -> usize {
        self.inside().reading[1]
    }

    /// How many lists were asked for since the last time.
    pub(crate) fn lists(&self) -> usize {
        std::mem::take(&mut self.inside().lists)
    }

    /// What was to be deleted since the last time.
    pub(crate) fn deletes(&self) -> Vec<String> {
        std::mem::take(&mut self.inside().deletes)
    }

    fn keep(&self, body: &Body) {
        let path = body.id().to_string();
        self.inside().resources.insert(path, body.clone());
    }
}

#[async_trait]
impl MediaService for Account {
    async fn read(&self, id: &ResourceId) -> Result<Option<Body>, ServiceError> {
        let takes = {
            let mut inside = self.inside();
            inside.reading[0] += 1;
            inside.reading[1] = inside.reading[1].max(inside.reading[0]);
            inside.takes
        };
        if !takes.is_zero() {
            tokio::time::sleep(takes).await;
        }
        let mut inside = self.inside();
        inside.reading[0] -= 1;
        match inside.fails {
            Some(kind) => Err(ServiceError::new(kind, "GET", "made for this test")),
            None => Ok(inside.resources.get(&id.to_string()).cloned()),
        }
    }

    async fn exists(&self, id: &ResourceId) -> Result<bool, ServiceError> {
        Ok(self.inside().resources.contains_key(&id.to_string()))
    }

    async fn list(&self, request: &ListRequest) -> Result<Page, ServiceError> {
        let mut inside = self.inside();
        inside.lists += 1;
        if let Some(kind) = inside.fails {
            return Err(ServiceError::new(kind, "GET list", "made for this test"));
        }
        let of_kind = inside
            .resources
            .values()
            .filter(|body| body.id().kind() == request.kind);
        Ok(Page {
            items: of_kind.cloned().collect(),
            next: None,
        })
    }

    async fn locators_of(&self, asset: &Name) -> Result<Option<Vec<Name>>, ServiceError> {
        let inside = self.inside();
        let locators = inside.resources.values().filter(|body| {
            body.id().kind() == Kind::StreamingLocators
                && body.text("assetName") == Some(asset.as_str())
        });
        Ok(Some(
            locators.map(|body| body.id().name().clone()).collect(),
        ))
    }

    async fn storage(&self, name: &str) -> Result<Option<Storage>, ServiceError> {
        Ok(Some(Storage::Azure(name.to_owned())))
    }

    async fn create(&self, body: &Body) -> Result<Body, ServiceError> {
        self.keep(body);
        Ok(body.clone())
    }

    async fn update(&self, body: &Body) -> Result<Body, ServiceError> {
        self.keep(body);
        Ok(body.clone())
    }

    async fn delete(&self, id: &ResourceId) -> Result<(), ServiceError> {
        let path = id.to_string();
        let mut inside = self.inside();
        inside.deletes.push(path.clone());
        if inside.refuses.as_ref() == Some(&path) {
            let operation = format!("DELETE {path}");
            return Err(ServiceError::new(ErrorKind::Refused, &operation, "Refused"));
        }
        inside.resources.remove(&path);
        Ok(())
    }
}
