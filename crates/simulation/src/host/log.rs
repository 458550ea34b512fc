//! What the handler writes to its log, kept as it is written.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;
use tracing::{Dispatch, Level};
use tracing_subscriber::{filter::Targets, fmt::MakeWriter, layer::SubscriberExt};

/// The lines of a log. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

/// What a line says about one change.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) function: String,
    pub(crate) kind: String,
    pub(crate) parent: Option<String>,
    pub(crate) name: String,
    pub(crate) outcome: String,
    pub(crate) reason: Option<String>,
    pub(crate) detail: String,
}

impl Entry {
    /// The resource, as its ID shows itself.
    pub(crate) fn path(&self) -> String {
        match &self.parent {
            Some(parent) => format!("assets/{parent}/{}/{}", self.kind, self.name),
            None => format!("{}/{}", self.kind, self.name),
        }
    }
}

impl Log {
    /// The subscriber that writes it: the same format and the same targets as the handler's own.
    pub(crate) fn dispatch(&self) -> Dispatch {
        let layer = tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_writer(self.clone());
        Dispatch::new(
            tracing_subscriber::registry()
                .with(Targets::new().with_target("handler", Level::INFO))
                .with(layer),
        )
    }

    pub(crate) fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// How long it is, to read on from here later.
    pub(crate) fn length(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// What it says about changes since it was this long.
    pub(crate) fn entries(&self, since: usize) -> Vec<Entry> {
        let text = self.text();
        let lines = text.get(since..).unwrap_or_default().lines();
        lines
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter_map(|line| {
                let text = |field: &str| line[field].as_str().map(ToOwned::to_owned);
                Some(Entry {
                    function: text("function").unwrap_or_default(),
                    kind: text("kind")?,
                    parent: text("parent"),
                    name: text("name")?,
                    outcome: text("outcome")?,
                    reason: text("reason"),
                    detail: text("detail").unwrap_or_default(),
                })
            })
            .collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
