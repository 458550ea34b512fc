//! The app's state in memory: documents, written conditionally.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::Value;
use state::{Condition, Document, Documents, StateError, Written};

use crate::{
    line::{Call, Line},
    weather::{Part, Trouble},
};

/// The documents by path.
#[derive(Default)]
pub(crate) struct Papers {
    last: u64,
    kept: BTreeMap<String, Document>,
}

impl Papers {
    pub(crate) fn read(&self, path: &str) -> Option<&Document> {
        self.kept.get(path)
    }

    pub(crate) fn write(&mut self, path: &str, value: &Value, condition: &Condition) -> Written {
        let present = self.kept.get(path).map(|document| &document.version);
        let holds = match condition {
            Condition::Always => true,
            Condition::New => present.is_none(),
            Condition::Version(version) => present == Some(version),
        };
        if !holds {
            return Written::Lost;
        }
        self.last += 1;
        let document = Document {
            value: value.clone(),
            version: self.last.to_string(),
        };
        let written = Written::Done(document.version.clone());
        self.kept.insert(path.to_owned(), document);
        written
    }

    /// Somebody empties the container.
    pub(crate) fn forget(&mut self) {
        self.kept.clear();
    }

    /// The documents under a prefix.
    pub(crate) fn under<'a>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.kept
            .range(prefix.to_owned()..)
            .take_while(move |(path, _)| path.starts_with(prefix))
            .map(|(path, document)| (path.as_str(), &document.value))
    }
}

/// The way from a handler process to the documents.
pub(crate) struct Clerk(pub(crate) Line);

impl Clerk {
    async fn ask<T: Send>(
        &self,
        verb: &str,
        path: &str,
        effect: impl FnOnce(&mut Papers) -> T + Send,
    ) -> Result<T, StateError> {
        let call = Call {
            part: Part::Documents,
            what: format!("{verb} {path}"),
            writes: matches!(verb, "PUT" | "DELETE"),
        };
        let answer = self
            .0
            .call(call, |state, _| effect(&mut state.papers))
            .await;
        answer.map_err(|trouble: Trouble| StateError {
            path: path.to_owned(),
            what: format!("{trouble:?}"),
        })
    }
}

#[async_trait]
impl Documents for Clerk {
    async fn read(&self, path: &str) -> Result<Option<Document>, StateError> {
        self.ask("GET", path, |papers| papers.read(path).cloned())
            .await
    }

    async fn write(
        &self,
        path: &str,
        value: &Value,
        condition: &Condition,
    ) -> Result<Written, StateError> {
        self.ask("PUT", path, |papers| papers.write(path, value, condition))
            .await
    }

    async fn remove(&self, path: &str) -> Result<(), StateError> {
        self.ask("DELETE", path, |papers| {
            papers.kept.remove(path);
        })
        .await
    }

    async fn list(&self, prefix: &str, at_most: usize) -> Result<Vec<String>, StateError> {
        self.ask("LIST", prefix, |papers| {
            let paths = papers.under(prefix).map(|(path, _)| path.to_owned());
            paths.take(at_most).collect()
        })
        .await
    }
}
