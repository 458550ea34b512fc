mod arrivals;
mod figures;
mod steps;
mod words;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use arrivals::Arrivals;
pub use figures::{Ages, Figures, Time, Verified};
pub use steps::{KEPT, STEP, Step};
pub use words::{Blind, Lag, Primary, QueueFigures};

use crate::{Condition, Document, Documents, StateError, Written};

const PATH: &str = "heartbeat.json";

/// How often the document is written anew when somebody else was first.
const TRIES: usize = 4;

/// What the heartbeat measured last, and the day before it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// What was measured last; `None` before the first heartbeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<Figures>,
    /// The last day in steps of five minutes, oldest first: at most 288.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// What the operator's last verification said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<Verified>,
    /// What others keep in the document. It stays as it is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Heartbeat {
    /// Takes in what was measured.
    pub fn add(&mut self, figures: Figures) {
        steps::add(&mut self.steps, &figures);
        self.latest = Some(figures);
    }
}

/// The document `heartbeat.json`.
#[derive(Clone)]
pub struct Heartbeats(Arc<dyn Documents>);

impl Heartbeats {
    /// The heartbeat among documents.
    #[must_use]
    pub fn new(documents: Arc<dyn Documents>) -> Self {
        Self(documents)
    }

    /// The document; an empty one when there is none, or when it is not what this version writes.
    ///
    /// # Errors
    /// [`StateError`] when it cannot be read.
    pub async fn read(&self) -> Result<Heartbeat, StateError> {
        Ok(parsed(self.0.read(PATH).await?.as_ref()))
    }

    /// Takes in what was measured. Of two processes that write at one time, neither loses what the other wrote.
    ///
    /// # Errors
    /// [`StateError`]; what was measured is then in the log only.
    pub async fn beat(&self, figures: &Figures) -> Result<(), StateError> {
        self.change(|heartbeat| heartbeat.add(figures.clone()))
            .await
    }

    /// Takes in what a verification said.
    ///
    /// # Errors
    /// [`StateError`]; what it said is then known to the operator alone.
    pub async fn verified(&self, verified: &Verified) -> Result<(), StateError> {
        self.change(|heartbeat| heartbeat.verified = Some(verified.clone()))
            .await
    }

    async fn change(
        &self,
        change: impl Fn(&mut Heartbeat) + Send + Sync,
    ) -> Result<(), StateError> {
        for _ in 0..TRIES {
            let document = self.0.read(PATH).await?;
            let mut heartbeat = parsed(document.as_ref());
            change(&mut heartbeat);
            let value = serde_json::to_value(&heartbeat).unwrap_or(Value::Null);
            let condition = document.map_or(Condition::New, |document| {
                Condition::Version(document.version)
            });
            if let Written::Done(_) = self.0.write(PATH, &value, &condition).await? {
                return Ok(());
            }
        }
        Err(StateError {
            path: PATH.to_owned(),
            what: "somebody else was first every time".to_owned(),
        })
    }
}

fn parsed(document: Option<&Document>) -> Heartbeat {
    document
        .and_then(|document| serde_json::from_value(document.value.clone()).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
