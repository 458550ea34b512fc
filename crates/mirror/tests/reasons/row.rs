//! One way to a reason.

use std::time::Duration;

use change::{Cause, Change, ResourceId};
use mirror::{Again, Outcome, Reason, Report};

use crate::scene::Scene;

type Arrange = Box<dyn FnOnce(&mut Scene)>;

/// What is asked of the mirror.
#[derive(Clone, Copy)]
enum Act {
    /// To carry out the change.
    Mirror,
    /// To do the deletion, whose grace is over.
    Delete,
    /// To carry out the change, and then to do the deletion that it announced.
    AnnounceAndDelete,
}

pub(crate) struct Row {
    what: String,
    act: Act,
    change: Change,
    arrange: Vec<Arrange>,
    outcome: Outcome,
    again: Option<Again>,
    holds: Option<fn(&Scene) -> bool>,
    named: Option<&'static str>,
    goes_on_with: Option<ResourceId>,
}

impl Row {
    pub(crate) fn new(what: impl Into<String>, id: ResourceId, cause: Cause) -> Self {
        Self {
            what: what.into(),
            act: Act::Mirror,
            change: Change::new(id, cause, None),
            arrange: Vec::new(),
            outcome: Outcome::Applied,
            again: None,
            holds: None,
            named: None,
            goes_on_with: None,
        }
    }

    /// A deletion whose grace is over.
    pub(crate) fn deletion(what: &str, id: ResourceId) -> Self {
        Self {
            act: Act::Delete,
            ..Self::new(what, id, Cause::Deleted)
        }
    }

    /// A deletion that is announced first.
    pub(crate) fn announced_deletion(what: &str, id: ResourceId) -> Self {
        Self {
            act: Act::AnnounceAndDelete,
            ..Self::new(what, id, Cause::Deleted)
        }
    }

    /// The change was put back so often before.
    pub(crate) fn attempt(mut self, attempt: u32) -> Self {
        self.change.attempt = attempt;
        self
    }

    pub(crate) fn given(mut self, arrange: impl FnOnce(&mut Scene) + 'static) -> Self {
        self.arrange.push(Box::new(arrange));
        self
    }

    pub(crate) fn fails(self, reason: Reason) -> Self {
        self.ends(Outcome::Failed(reason), None)
    }

    pub(crate) fn skips(self, reason: Reason) -> Self {
        self.ends(Outcome::Skipped(reason), None)
    }

    pub(crate) fn waits(self, reason: Reason, again: Again) -> Self {
        self.ends(Outcome::Waiting(reason), Some(again))
    }

    /// Another change carries it on.
    pub(crate) fn waits_for_another(self, reason: Reason) -> Self {
        self.ends(Outcome::Waiting(reason), None)
    }

    fn ends(mut self, outcome: Outcome, again: Option<Again>) -> Self {
        self.outcome = outcome;
        self.again = again;
        self
    }

    /// What must be so afterwards.
    pub(crate) fn and_then(mut self, holds: fn(&Scene) -> bool) -> Self {
        self.holds = Some(holds);
        self
    }

    /// What the detail must name.
    pub(crate) const fn naming(mut self, named: &'static str) -> Self {
        self.named = Some(named);
        self
    }

    /// Which other resource it asks for, though it failed.
    pub(crate) fn going_on_with(mut self, other: fn() -> ResourceId) -> Self {
        self.goes_on_with = Some(other());
        self
    }

    /// Does it, and answers with the reason, or with what is wrong.
    pub(crate) async fn run(self) -> Result<Reason, String> {
        let mut scene = Scene::default();
        for arrange in self.arrange {
            arrange(&mut scene);
        }
        if matches!(self.act, Act::AnnounceAndDelete) {
            scene.options.grace = Duration::ZERO;
        }
        let mirror = scene.mirror();
        let report = match self.act {
            Act::Mirror => mirror.mirror(&self.change).await,
            Act::Delete => mirror.delete(&self.change).await,
            Act::AnnounceAndDelete => {
                mirror.mirror(&self.change).await;
                mirror.delete(&self.change).await
            }
        };
        let wrong = |what: &str| Err(format!("{}: {what}: {report:?}", self.what));
        let Some(reason) = report.outcome.reason() else {
            return wrong("there is no reason");
        };
        if (report.outcome, report.again) != (self.outcome, self.again) {
            return wrong(&format!("not {} {:?}", self.outcome, self.again));
        }
        let others: Vec<_> = report.follow_ups.iter().map(|change| &change.id).collect();
        if let Some(other) = &self.goes_on_with
            && others != [other]
        {
            return wrong("it does not go on with what it is to go on with");
        }
        if let Some(what) = inconsistent(&report, reason).filter(|_| self.goes_on_with.is_none()) {
            return wrong(what);
        }
        let detail = report.detail.as_deref().unwrap_or_default();
        if self.named.is_some_and(|named| !detail.contains(named)) {
            return wrong("the detail does not name it");
        }
        if self.holds.is_some_and(|holds| !holds(&scene)) {
            return wrong("the accounts are not as they should be");
        }
        Ok(reason)
    }
}

/// What no report may say, whatever the reason.
fn inconsistent(report: &Report, reason: Reason) -> Option<&'static str> {
    let carried_on =
        report.again.is_some() || !report.follow_ups.is_empty() || report.delete_in.is_some();
    match report.outcome {
        Outcome::Waiting(_) if !carried_on => Some("it waits, and nothing carries it on"),
        Outcome::Failed(_) if carried_on => Some("it failed, and goes on"),
        Outcome::Failed(_) if reason.is_transient() => Some("it passes by itself, and failed"),
        Outcome::Failed(_) if report.detail.is_none() => Some("nobody can tell what failed"),
        _ => None,
    }
}
