use std::sync::Arc;

use change::ResourceId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::{Condition, Documents, StateError, documents::path_of};

const FOLDER: &str = "exceptions";

/// A resource that is not mirrored and should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its parent, for asset filters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// `waiting` or `failed`.
    pub outcome: String,
    /// The reason's code.
    pub reason: String,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// When the primary changed.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// When this was written.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// How often it was tried.
    pub attempt: u32,
}

/// What failed, or has waited for more than a minute.
#[derive(Clone)]
pub struct Exceptions(Arc<dyn Documents>);

impl Exceptions {
    /// The exceptions among documents.
    #[must_use]
    pub fn new(documents: Arc<dyn Documents>) -> Self {
        Self(documents)
    }

    /// Records an exception in place of what was recorded about the resource before.
    ///
    /// # Errors
    /// [`StateError`]; nothing but the record is lost.
    pub async fn record(&self, id: &ResourceId, exception: &Exception) -> Result<(), StateError> {
        let path = path_of(FOLDER, id);
        let value = serde_json::to_value(exception).unwrap_or(Value::Null);
        self.0.write(&path, &value, &Condition::Always).await?;
        Ok(())
    }

    /// Removes what was recorded about a resource.
    ///
    /// # Errors
    /// [`StateError`]; the record then stays until the resource is looked at again.
    pub async fn clear(&self, id: &ResourceId) -> Result<(), StateError> {
        self.0.remove(&path_of(FOLDER, id)).await
    }

    /// What is recorded about a resource.
    ///
    /// # Errors
    /// [`StateError`] when it cannot be read.
    pub async fn get(&self, id: &ResourceId) -> Result<Option<Exception>, StateError> {
        let path = path_of(FOLDER, id);
        let document = self.0.read(&path).await?;
        Ok(document.and_then(|document| serde_json::from_value(document.value).ok()))
    }
}
