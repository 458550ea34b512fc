use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use serde_json::Value;

use crate::{Condition, Document, Documents, StateError, Written};

/// Documents in memory, for a process that has no storage account: a single handler, or a test.
#[derive(Debug, Default)]
pub struct MemoryDocuments(Mutex<(u64, BTreeMap<String, Document>)>);

impl MemoryDocuments {
    fn lock(&self) -> MutexGuard<'_, (u64, BTreeMap<String, Document>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.lock().1.clear();
    }
}

#[async_trait]
impl Documents for MemoryDocuments {
    async fn read(&self, path: &str) -> Result<Option<Document>, StateError> {
        Ok(self.lock().1.get(path).cloned())
    }

    async fn write(
        &self,
        path: &str,
        value: &Value,
        condition: &Condition,
    ) -> Result<Written, StateError> {
        let mut guard = self.lock();
        let (count, documents) = &mut *guard;
        let present = documents.get(path).map(|document| &document.version);
        let holds = match condition {
            Condition::Always => true,
            Condition::New => present.is_none(),
            Condition::Version(version) => present == Some(version),
        };
        if !holds {
            return Ok(Written::Lost);
        }
        *count += 1;
        let version = count.to_string();
        let document = Document {
            value: value.clone(),
            version: version.clone(),
        };
        documents.insert(path.to_owned(), document);
        Ok(Written::Done(version))
    }

    async fn remove(&self, path: &str) -> Result<(), StateError> {
        self.lock().1.remove(path);
        Ok(())
    }

    async fn list(&self, prefix: &str, at_most: usize) -> Result<Vec<String>, StateError> {
        let guard = self.lock();
        let paths = guard.1.range(prefix.to_owned()..).map(|(path, _)| path);
        Ok(paths
            .take_while(|path| path.starts_with(prefix))
            .take(at_most)
            .cloned()
            .collect())
    }
}
