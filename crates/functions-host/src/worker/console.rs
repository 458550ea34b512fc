//! What the child writes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use crate::journal::Journal;
use crate::lines::Level;

const CATEGORY: &str = "Host.Function.Console";
/// Lines with this prefix are the worker's own system log.
const SYSTEM_PREFIX: &str = "LanguageWorkerConsoleLog";
/// Lines with this prefix are meant for tooling.
const TOOLING_PREFIX: &str = "azfuncjsonlog:";
/// How many of the last stderr lines go into a crash's text.
const TAIL: usize = 3;

/// The last lines of stderr.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tail(Arc<Mutex<VecDeque<String>>>);

impl Tail {
    fn push(&self, line: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == TAIL {
            lines.pop_front();
        }
        lines.push_back(line.to_owned());
    }

    pub(crate) fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(|line| format!("\n{line}")).collect()
    }
}

/// The level of a line of stderr.
pub(crate) fn stderr_level(line: &str, errors_only: bool) -> Level {
    let lower = line.to_ascii_lowercase();
    if lower.contains("warn") {
        Level::Warning
    } else if errors_only
        || ["error", "fail", "severe", "unhandled exception"]
            .iter()
            .any(|word| lower.contains(word))
    {
        Level::Error
    } else {
        Level::Information
    }
}

/// Logs a stream line by line until it ends. Console lines carry no invocation ID: the host cannot know it.
pub(crate) async fn pipe(
    stream: impl AsyncRead + Unpin,
    journal: Arc<Journal>,
    level: impl Fn(&str) -> Level,
    tail: Option<Tail>,
) {
    let mut reader = BufReader::new(stream);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_until(b'\n', &mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&buffer);
        let line = text.trim_end_matches(['\n', '\r']);
        if let Some(tail) = &tail {
            tail.push(line);
        }
        let category = if line.starts_with(SYSTEM_PREFIX) {
            "Host.Worker"
        } else if line.starts_with(TOOLING_PREFIX) {
            "Host.Function.ToolingConsoleLog"
        } else {
            CATEGORY
        };
        journal.line(level(line), category, None, line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stderr_is_an_error_unless_it_warns() {
        assert_eq!(stderr_level("hello", true), Level::Error);
        assert_eq!(stderr_level("WARNING: x", true), Level::Warning);
        assert_eq!(stderr_level("hello", false), Level::Information);
        assert_eq!(stderr_level("it Failed", false), Level::Error);
    }
}
