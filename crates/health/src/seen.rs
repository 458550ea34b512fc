use std::collections::BTreeMap;

use change::{Depth, Kind};
use state::{Figures, Listed, Marks, Primary, Time, Verified};
use time::OffsetDateTime;

use crate::heads::Head;

/// What was seen of a queue.
#[derive(Clone, Debug, Default)]
pub struct QueueSeen {
    /// About how many messages are in it, visible or not.
    pub(crate) messages: u64,
    /// The visible ones at its head.
    pub(crate) heads: Vec<Head>,
}

/// What [`Watch`](crate::Watch) saw at one time. What it could not see is an error that says why.
#[derive(Debug)]
pub struct Seen {
    /// When.
    pub(crate) at: OffsetDateTime,
    /// What was measured before, for since when something is unknown.
    pub(crate) before: Option<Figures>,
    pub(crate) primary: Primary,
    /// The queues that exist.
    pub(crate) queues: BTreeMap<&'static str, Result<QueueSeen, String>>,
    /// Messages in the poison queues that exist, by the queue beside them.
    pub(crate) poisoned: BTreeMap<&'static str, Result<u64, String>>,
    pub(crate) exceptions: BTreeMap<Kind, Result<Listed, String>>,
    pub(crate) marks: Result<Marks, String>,
    pub(crate) arrivals: Result<BTreeMap<String, Time>, String>,
    pub(crate) dead_letters: Option<Result<u64, String>>,
    pub(crate) tokens: BTreeMap<String, Time>,
    pub(crate) verified: Option<Verified>,
    /// What else could not be looked at.
    pub(crate) problems: Vec<String>,
}

impl Seen {
    /// When the latest complete walk of a kind began, at a depth that compares at least what lists show. Filters of assets are walked with
    /// their assets.
    pub(crate) fn walked(marks: &Marks, kind: Kind) -> Option<OffsetDateTime> {
        let (walked, at_least) = match kind.parent() {
            Some(parent) => (parent, Depth::Children),
            None => (kind, Depth::List),
        };
        let depths = Depth::ALL.into_iter().filter(|depth| *depth >= at_least);
        depths
            .filter_map(|depth| Some(marks.walked(walked, depth)?.started))
            .max()
    }
}
