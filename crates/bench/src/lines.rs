//! What the handler says of itself: one JSON line an invocation.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::ChildStdout,
    task::JoinHandle,
    time::Instant,
};

/// The handler's lines, counted as they come.
pub(crate) struct Lines {
    seen: Arc<Mutex<Seen>>,
    reader: JoinHandle<()>,
}

/// What the lines since the last look add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Lines by outcome.
    pub(crate) outcomes: BTreeMap<String, u64>,
    /// Calls to the primary's media service.
    pub(crate) primary_calls: u64,
    /// Calls to the secondary's media service.
    pub(crate) secondary_calls: u64,
    /// A line that tells of anything but success, for whoever asks what went wrong.
    pub(crate) odd: Option<String>,
}

impl Seen {
    /// How many lines there were.
    pub(crate) fn all(&self) -> u64 {
        self.outcomes.values().sum()
    }

    /// How many had this outcome.
    pub(crate) fn of(&self, outcome: &str) -> u64 {
        self.outcomes.get(outcome).copied().unwrap_or_default()
    }

    fn add(&mut self, line: &str) {
        let value: Value = serde_json::from_str(line).unwrap_or_default();
        let outcome = value["outcome"].as_str().unwrap_or("none");
        *self.outcomes.entry(outcome.to_owned()).or_default() += 1;
        self.primary_calls += value["calls_primary"].as_u64().unwrap_or_default();
        self.secondary_calls += value["calls_secondary"].as_u64().unwrap_or_default();
        // A batch is told by the changes in it.
        let is_good = matches!(outcome, "applied" | "in-sync" | "walked");
        if !is_good && value["message"] != "batch" {
            self.odd.get_or_insert_with(|| line.to_owned());
        }
    }
}

impl Lines {
    /// Reads them as long as the handler runs.
    pub(crate) fn read(stdout: ChildStdout) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let into = Arc::clone(&seen);
        let reader = tokio::spawn(async move {
            let mut lines = BufReader::new(stdout).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                into.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .add(&line);
            }
        });
        Self { seen, reader }
    }

    /// Waits for `count` lines, at most some seconds, and takes what they add up to.
    pub(crate) async fn take(&self, count: u64) -> Seen {
        let deadline = Instant::now() + Duration::from_secs(5);
        while self.lock().all() < count && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_by_outcome_and_the_first_odd_one_is_kept() {
        let mut seen = Seen::default();
        for line in [
            r#"{"outcome":"applied","calls_primary":2,"calls_secondary":3}"#,
            r#"{"outcome":"applied","calls_primary":2,"calls_secondary":2}"#,
            r#"{"outcome":"failed","reason":"bug"}"#,
            "not JSON",
        ] {
            seen.add(line);
        }
        assert_eq!(
            (
                seen.all(),
                seen.of("applied"),
                seen.of("failed"),
                seen.of("none")
            ),
            (4, 2, 1, 1)
        );
        assert_eq!((seen.primary_calls, seen.secondary_calls), (4, 5));
        assert!(seen.odd.unwrap().contains("bug"));
    }
}
