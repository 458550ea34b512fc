//! Log lines, as the host would write them.

use std::fmt;
use std::sync::Arc;

use time::OffsetDateTime;
use uuid::Uuid;

/// How grave a line is; the real host's own names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Ordinary progress.
    Information,
    /// Something an operator should look at.
    Warning,
    /// Something failed.
    Error,
}

/// One line of the host's log.
#[derive(Clone, Debug)]
pub struct LogLine {
    /// When it was written.
    pub at: OffsetDateTime,
    /// How grave it is.
    pub level: Level,
    /// Who wrote it: `Host.Function.Console` for the handler's own output, `Function.<name>` for an execution,
    /// `Function.<name>.User` for `Logs` of a reply, `Host.StandIn` for hints that the real host does not give.
    pub category: String,
    /// The line without its end.
    pub text: String,
    /// The invocation it belongs to; the handler's console output belongs to none.
    pub invocation: Option<Uuid>,
}

impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Information => "info",
            Level::Warning => "warn",
            Level::Error => "fail",
        };
        write!(f, "{level}: {} {}", self.category, self.text)
    }
}

/// A receiver of log lines. It runs on the host's own tasks, so it must return quickly.
#[derive(Clone)]
pub struct ConsoleSink(Arc<dyn Fn(&LogLine) + Send + Sync>);

impl ConsoleSink {
    /// A sink that calls `write` for every line.
    pub fn new(write: impl Fn(&LogLine) + Send + Sync + 'static) -> Self {
        Self(Arc::new(write))
    }

    /// A sink that prints to standard output.
    pub fn stdout() -> Self {
        Self::new(|line| println!("{line}"))
    }

    pub(crate) fn write(&self, line: &LogLine) {
        (self.0)(line);
    }
}

impl fmt::Debug for ConsoleSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConsoleSink")
    }
}
