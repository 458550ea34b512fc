//! What the handler and the host say, line by line, and waiting for it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use functions_host::ConsoleSink;
use serde_json::Value;
use tokio::sync::watch;

/// Keeps every line of a host.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Shared>);

#[derive(Default)]
struct Shared {
    lines: Mutex<Lines>,
    changed: watch::Sender<usize>,
}

#[derive(Default)]
struct Lines {
    texts: Vec<String>,
    records: Vec<Record>,
}

/// A line of the handler's own, which is JSON.
#[derive(Clone, Debug)]
pub(crate) struct Record(Value);

impl Record {
    pub(crate) fn text(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap_or_default()
    }

    pub(crate) fn number(&self, field: &str) -> Option<u64> {
        self.0[field].as_u64()
    }

    /// A field that is more than a text or a number.
    pub(crate) fn value(&self, field: &str) -> &Value {
        &self.0[field]
    }

    /// Whether it says what became of a change; others are about events or faults.
    pub(crate) fn is_change(&self) -> bool {
        self.text("message") == "change"
    }

    /// The path of the resource below the account.
    pub(crate) fn resource(&self) -> String {
        let (kind, name) = (self.text("kind"), self.text("name"));
        match self.text("parent") {
            "" => format!("{kind}/{name}"),
            parent => format!("assets/{parent}/{kind}/{name}"),
        }
    }

    /// `applied`, `waiting(source-unavailable)`, ...
    pub(crate) fn outcome(&self) -> String {
        match self.text("reason") {
            "" => self.text("outcome").to_owned(),
            reason => format!("{}({reason})", self.text("outcome")),
        }
    }
}

impl Log {
    pub(crate) fn sink(&self) -> ConsoleSink {
        let log = self.clone();
        ConsoleSink::new(move |line| log.add(&line.text))
    }

    fn add(&self, text: &str) {
        let count = {
            let mut lines = self.lines();
            lines.texts.push(text.to_owned());
            if let Ok(value @ Value::Object(_)) = serde_json::from_str(text) {
                lines.records.push(Record(value));
            }
            lines.texts.len()
        };
        self.0.changed.send_replace(count);
    }

    /// Where the records end now.
    pub(crate) fn end(&self) -> usize {
        self.lines().records.len()
    }

    /// The records from a place on.
    pub(crate) fn records(&self, from: usize) -> Vec<Record> {
        self.lines().records.iter().skip(from).cloned().collect()
    }

    /// Every line, the host's own included.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.lines().texts.clone()
    }

    /// The first record from a place on that is wanted; `None` when there is none after `longest`.
    pub(crate) async fn wait(
        &self,
        from: usize,
        longest: Duration,
        wanted: impl Fn(&Record) -> bool,
    ) -> Option<Record> {
        let mut changed = self.0.changed.subscribe();
        let search = async {
            let mut from = from;
            loop {
                changed.borrow_and_update();
                {
                    let lines = self.lines();
                    let found = lines
                        .records
                        .iter()
                        .skip(from)
                        .find(|record| wanted(record));
                    if let Some(found) = found {
                        return Some(found.clone());
                    }
                    from = from.max(lines.records.len());
                }
                changed.changed().await.ok()?;
            }
        };
        tokio::time::timeout(longest, search).await.ok().flatten()
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
