use std::{fmt, time::Duration};

use blobs::Share;
use change::Change;

use crate::Reason;

/// How long deletions over the cap wait before it is looked whether somebody confirmed them.
pub(crate) const DELETIONS_HELD: Duration = Duration::from_secs(600);

/// What became of one change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Source and replica agree; nothing was written.
    InSync,
    /// Something was written and read back.
    Applied,
    /// Not yet; the work goes back into its queue, or another change carries it on.
    Waiting(Reason),
    /// Left alone on purpose.
    Skipped(Reason),
    /// Not done, and trying again would not help.
    Failed(Reason),
}

impl Outcome {
    /// The word without the reason.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InSync => "in-sync",
            Self::Applied => "applied",
            Self::Waiting(_) => "waiting",
            Self::Skipped(_) => "skipped",
            Self::Failed(_) => "failed",
        }
    }

    /// The reason, where there is one.
    #[must_use]
    pub const fn reason(self) -> Option<Reason> {
        match self {
            Self::InSync | Self::Applied => None,
            Self::Waiting(reason) | Self::Skipped(reason) | Self::Failed(reason) => Some(reason),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason() {
            None => f.write_str(self.as_str()),
            Some(reason) => write!(f, "{}({reason})", self.as_str()),
        }
    }
}

/// The whole answer to one change.
#[derive(Clone, Debug)]
pub struct Report {
    /// What became of it.
    pub outcome: Outcome,
    /// More about the reason: fields, codes, names; never a value.
    pub detail: Option<String>,
    /// Whether this same change is to be looked at again, and when at the earliest.
    pub again: Option<Again>,
    /// Other changes that follow from it, to be enqueued at once.
    pub follow_ups: Vec<Change>,
    /// Parts of a large asset's copy, to be enqueued at once.
    pub shares: Vec<Share>,
    /// Whether this change is to be enqueued as a deletion, and when it is due from now.
    pub delete_in: Option<Duration>,
}

/// When a change is to be looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// After the usual back-off.
    BackOff,
    /// Not before this time from now, because the service or the work itself says so.
    After(Duration),
    /// After this time from now, as part of work that goes on: not counted as an attempt.
    Progress(Duration),
}

impl Report {
    /// A report without anything to follow.
    #[must_use]
    pub const fn new(outcome: Outcome) -> Self {
        Self {
            outcome,
            detail: None,
            again: None,
            follow_ups: Vec::new(),
            shares: Vec::new(),
            delete_in: None,
        }
    }

    /// The same with a detail.
    #[must_use]
    pub fn because(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}
