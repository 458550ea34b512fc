//! The record of what happened: invocations, log lines, and a feed of events for those who wait.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tokio::sync::{broadcast, watch};
use uuid::Uuid;

use crate::lines::{ConsoleSink, Level, LogLine};

/// How many finished invocations and how many lines are kept: a stand-in may run for a day.
const KEPT: usize = 10_000;
/// How far a slow subscriber may fall behind before it loses events.
const FEED: usize = 4_096;

/// One run of one function.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The invocation ID, as the handler sees it in `X-Azure-Functions-InvocationId`.
    pub id: Uuid,
    /// The function's name.
    pub function: String,
    /// Why it ran, in the real host's words.
    pub reason: String,
    /// What triggered it: message ID and dequeue count, or empty.
    pub details: String,
    /// When it began.
    pub started: OffsetDateTime,
    /// How long it took; `None` while it runs.
    pub duration: Option<Duration>,
    /// How it ended: `Err` holds the failure's text; `None` while it runs.
    pub outcome: Option<Result<(), String>>,
    /// `Logs` of the handler's reply.
    pub logs: Vec<String>,
}

impl Invocation {
    /// Whether it ended well.
    pub fn succeeded(&self) -> bool {
        matches!(self.outcome, Some(Ok(())))
    }

    /// The failure's text, if it failed.
    pub fn failure(&self) -> Option<&str> {
        match &self.outcome {
            Some(Err(text)) => Some(text),
            _ => None,
        }
    }
}

/// Something a test or a dashboard may wait for.
#[derive(Clone, Debug)]
pub enum HostEvent {
    /// An invocation began.
    Started(Invocation),
    /// An invocation ended.
    Finished(Invocation),
    /// The handler process answered its first probe.
    HandlerReady {
        /// Its process ID.
        pid: u32,
    },
    /// The handler process ended.
    HandlerExited {
        /// What the host made of it.
        text: String,
    },
    /// A message was moved to a poison queue.
    Poisoned {
        /// The queue it came from.
        queue: String,
        /// The poison queue it went to.
        poison_queue: String,
        /// Its ID in the queue it came from.
        message_id: String,
    },
    /// A log line was written.
    Line(LogLine),
    /// The host stopped of its own accord.
    Stopped {
        /// Why.
        reason: String,
    },
}

#[derive(Default)]
struct State {
    invocations: VecDeque<Invocation>,
    began: Vec<(Uuid, Instant)>,
    lines: VecDeque<LogLine>,
    started: u64,
}

/// The journal of one host.
pub(crate) struct Journal {
    state: Mutex<State>,
    feed: broadcast::Sender<HostEvent>,
    version: watch::Sender<u64>,
    console: Option<ConsoleSink>,
}

impl Journal {
    pub(crate) fn new(console: Option<ConsoleSink>) -> Self {
        Self {
            state: Mutex::default(),
            feed: broadcast::channel(FEED).0,
            version: watch::channel(0).0,
            console,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes an event and wakes whoever waits for a condition.
    pub(crate) fn publish(&self, event: HostEvent) {
        // Nobody listening is the usual case.
        let _ = self.feed.send(event);
        self.version.send_modify(|version| *version += 1);
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<HostEvent> {
        self.feed.subscribe()
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    pub(crate) fn line(
        &self,
        level: Level,
        category: impl Into<String>,
        invocation: Option<Uuid>,
        text: impl Into<String>,
    ) {
        let line = LogLine {
            at: OffsetDateTime::now_utc(),
            level,
            category: category.into(),
            text: text.into(),
            invocation,
        };
        if let Some(console) = &self.console {
            console.write(&line);
        }
        {
            let mut state = self.state();
            if state.lines.len() == KEPT {
                state.lines.pop_front();
            }
            state.lines.push_back(line.clone());
        }
        self.publish(HostEvent::Line(line));
    }

    pub(crate) fn info(&self, category: &str, text: impl Into<String>) {
        self.line(Level::Information, category, None, text);
    }

    pub(crate) fn warn(&self, category: &str, text: impl Into<String>) {
        self.line(Level::Warning, category, None, text);
    }

    pub(crate) fn error(&self, category: &str, text: impl Into<String>) {
        self.line(Level::Error, category, None, text);
    }

    pub(crate) fn begin(&self, id: Uuid, function: &str, reason: &str, details: &str) {
        let invocation = Invocation {
            id,
            function: function.to_owned(),
            reason: reason.to_owned(),
            details: details.to_owned(),
            started: OffsetDateTime::now_utc(),
            duration: None,
            outcome: None,
            logs: Vec::new(),
        };
        {
            let mut state = self.state();
            state.started += 1;
            state.began.push((id, Instant::now()));
            if state.invocations.len() >= KEPT {
                state.invocations.pop_front();
            }
            state.invocations.push_back(invocation.clone());
        }
        let category = format!("Function.{function}");
        self.line(
            Level::Information,
            &category,
            Some(id),
            format!("Executing 'Functions.{function}' (Reason='{reason}', Id={id})"),
        );
        if !details.is_empty() {
            self.line(
                Level::Information,
                category,
                Some(id),
                format!("Trigger Details: {details}"),
            );
        }
        self.publish(HostEvent::Started(invocation));
    }

    /// Attaches `Logs` of a reply to its invocation.
    pub(crate) fn user_logs(&self, id: Uuid, function: &str, logs: &[String]) {
        if let Some(invocation) = self
            .state()
            .invocations
            .iter_mut()
            .rev()
            .find(|i| i.id == id)
        {
            invocation.logs.extend_from_slice(logs);
        }
        for log in logs {
            self.line(
                Level::Information,
                format!("Function.{function}.User"),
                Some(id),
                log,
            );
        }
    }

    pub(crate) fn finish(&self, id: Uuid, function: &str, outcome: Result<(), String>) {
        let finished = {
            let mut state = self.state();
            let Some(at) = state.began.iter().position(|(running, _)| *running == id) else {
                return;
            };
            let duration = state.began.swap_remove(at).1.elapsed();
            state
                .invocations
                .iter_mut()
                .rev()
                .find(|i| i.id == id)
                .map(|invocation| {
                    invocation.duration = Some(duration);
                    invocation.outcome = Some(outcome.clone());
                    (invocation.clone(), duration)
                })
        };
        let Some((invocation, duration)) = finished else {
            return;
        };
        let (level, word, tail) = match &outcome {
            Ok(()) => (Level::Information, "Succeeded", String::new()),
            Err(text) => (Level::Error, "Failed", format!(" {text}")),
        };
        let millis = duration.as_millis();
        self.line(
            level,
            format!("Function.{function}"),
            Some(id),
            format!("Executed 'Functions.{function}' ({word}, Id={id}, Duration={millis}ms){tail}"),
        );
        self.publish(HostEvent::Finished(invocation));
    }

    /// Everything that ran, oldest first.
    pub(crate) fn invocations(&self) -> Vec<Invocation> {
        self.state().invocations.iter().cloned().collect()
    }

    /// The last lines, oldest first.
    pub(crate) fn lines(&self) -> Vec<LogLine> {
        self.state().lines.iter().cloned().collect()
    }

    /// How many invocations began so far, and how many of them still run.
    pub(crate) fn activity(&self) -> (u64, usize) {
        let state = self.state();
        (state.started, state.began.len())
    }

    /// Whether `test` holds for what ran so far.
    pub(crate) fn check(&self, test: &mut dyn FnMut(&[Invocation]) -> bool) -> bool {
        test(self.state().invocations.make_contiguous())
    }
}
