//! What the event functions share. They validate and enqueue; they call no service.

use std::time::{Duration, Instant};

use change::Change;
use media::AccountId;
use mirror::{Outcome, Reason};
use serde_json::{Map, Value};
use settings::{AccountIdentity, EventTopics};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{arrival, outputs};
use crate::{
    app::App,
    log,
    protocol::{Invocation, Reply},
};

/// What an event function makes of an event.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// What is to be looked at.
    pub(crate) changes: Vec<Change>,
    /// Why nothing is, or not everything.
    pub(crate) left_out: Option<Outcome>,
    /// What the event is about, for the log.
    pub(crate) subject: String,
}

impl Verdict {
    pub(crate) fn look_at(changes: Vec<Change>, subject: impl Into<String>) -> Self {
        Self {
            changes,
            left_out: None,
            subject: subject.into(),
        }
    }

    pub(crate) fn skip(reason: Reason, subject: impl Into<String>) -> Self {
        Self {
            changes: Vec::new(),
            left_out: Some(Outcome::Skipped(reason)),
            subject: subject.into(),
        }
    }

    /// An event that cannot be understood is logged and let go: delivering it again would not change it, and the next walk finds
    /// whatever it meant.
    pub(crate) fn bad(what: impl Into<String>) -> Self {
        Self {
            changes: Vec::new(),
            left_out: Some(Outcome::Failed(Reason::BadMessage)),
            subject: what.into(),
        }
    }

    /// Whether it came from the primary, whatever is made of it.
    fn is_of_the_primary(&self) -> bool {
        let stranger = [
            Outcome::Skipped(Reason::NotPrimary),
            Outcome::Failed(Reason::BadMessage),
        ];
        !self
            .left_out
            .is_some_and(|outcome| stranger.contains(&outcome))
    }
}

pub(super) fn run(
    app: &App,
    invocation: &Invocation,
    judge: fn(&App, &Invocation) -> Verdict,
) -> Reply {
    let started = Instant::now();
    let verdict = judge(app, invocation);
    if verdict.is_of_the_primary()
        && let Some(event) = Event::of(invocation)
    {
        arrival::note(app, event.kind());
    }
    conclude(invocation, &verdict, started.elapsed())
}

/// Logs what was made of an event, and enqueues it.
pub(super) fn conclude(invocation: &Invocation, verdict: &Verdict, took: Duration) -> Reply {
    let outcome = verdict.left_out.unwrap_or(Outcome::Applied);
    log::event(
        invocation,
        outcome,
        &verdict.subject,
        verdict.changes.len(),
        took,
    );
    Reply::Done(outputs(&verdict.changes))
}

/// The primary, if it is an account whose events come over Event Grid.
pub(crate) const fn ams_account(app: &App) -> Option<&AccountId> {
    match &app.primary {
        AccountIdentity::Ams { id, .. } => Some(id),
        AccountIdentity::Mkio { .. } => None,
    }
}

/// An event in either schema of Event Grid: its own, or CloudEvents 1.0.
pub(crate) struct Event(Map<String, Value>);

impl Event {
    pub(crate) fn of(invocation: &Invocation) -> Option<Self> {
        invocation.event(super::EVENT).map(Self)
    }

    fn text(&self, event_grid: &str, cloud_event: &str) -> &str {
        let own = self.0.get(event_grid).and_then(Value::as_str);
        let own = own.or_else(|| self.0.get(cloud_event).and_then(Value::as_str));
        own.unwrap_or_default()
    }

    pub(crate) fn kind(&self) -> &str {
        self.text("eventType", "type")
    }

    /// The resource whose topic sent it.
    pub(crate) fn topic(&self) -> &str {
        self.text("topic", "source")
    }

    pub(crate) fn subject(&self) -> &str {
        self.text("subject", "subject")
    }

    /// When it happened.
    pub(crate) fn time(&self) -> Option<OffsetDateTime> {
        OffsetDateTime::parse(self.text("eventTime", "time"), &Rfc3339).ok()
    }

    /// Whether the settings accept events of its topic. `is_system` says whether a topic is the system topic of an account.
    pub(crate) fn is_accepted(
        &self,
        app: &App,
        is_system: impl Fn(&AccountId, &str) -> bool,
    ) -> bool {
        let Some(account) = ams_account(app) else {
            return false;
        };
        match &app.event_topics {
            EventTopics::System => is_system(account, self.topic()),
            EventTopics::Custom(ids) => ids.iter().any(|id| id.eq_ignore_ascii_case(self.topic())),
            EventTopics::None => false,
        }
    }

    pub(crate) fn data(&self) -> Option<&Map<String, Value>> {
        self.0.get("data")?.as_object()
    }
}
