//! Both accounts, compared: what `plan`, `verify` and the report of a backfill share.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use async_trait::async_trait;
use change::{Depth, Kind, ResourceId};
use futures::{SinkExt, StreamExt, channel::mpsc, stream};
use mirror::{Finding, Mirror, Reason, Verdict};
use tokio::time::Instant;
use walk::{Found, Seen, Selection, Stopped, Visit, Walked, looks_inside, walk};

use crate::failure::Failure;

/// How many resources are looked at at once. The pace of calls is the settings' all the same.
const AT_ONCE: usize = 16;
/// Nobody waits longer for a command.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

/// Until when calls wait for their turn.
pub(crate) fn patiently() -> Instant {
    Instant::now() + LONGEST
}

/// How closely is looked, and at how much.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) depth: Depth,
    /// At most so many resources of a kind are looked into, chosen at random; the lists are compared whole.
    pub(crate) sample: Option<usize>,
}

impl Look {
    pub(crate) const fn at(depth: Depth) -> Self {
        Self {
            depth,
            sample: None,
        }
    }
}

/// Walks a kind and looks at what it finds, in the order of the lists. Writes nothing, and lets live changes go first.
///
/// # Errors
/// When a list cannot be read to its end; or what `take_in` says.
pub(crate) async fn compare(
    mirror: &Mirror,
    selection: &Selection,
    look: Look,
    mut take_in: impl FnMut(Finding) -> Result<(), Failure>,
) -> Result<Walked, Failure> {
    let (sender, receiver) = mpsc::channel(AT_ONCE);
    let walking = async move {
        let mut visit = Names(sender);
        walk(mirror, selection, patiently(), &mut visit).await
    };
    let kind = selection.kind;
    let looking = async {
        let chosen = match look.sample {
            None => receiver.boxed(),
            Some(most) => stream::iter(sample(receiver.collect().await, most)).boxed(),
        };
        let mut findings = chosen
            .map(|found| looked(mirror, kind, look.depth, found))
            .buffered(AT_ONCE);
        while let Some(found) = findings.next().await {
            for finding in found {
                take_in(finding)?;
            }
        }
        Ok::<(), Failure>(())
    };
    let (walked, looked) =
        media::in_background(patiently(), async { tokio::join!(walking, looking) }).await;
    looked?;
    walked.map_err(|stopped| told(kind, stopped))
}

/// Looks at one resource.
pub(crate) async fn inspect(mirror: &Mirror, id: &ResourceId, depth: Depth) -> Vec<Finding> {
    media::in_background(patiently(), mirror.inspect(id, depth)).await
}

struct Names(mpsc::Sender<Found>);

#[async_trait]
impl Visit for Names {
    type Error = mpsc::SendError;

    async fn found(&mut self, found: Found) -> Result<(), Self::Error> {
        self.0.send(found).await
    }
}

/// What the lists have said already is not asked again.
async fn looked(mirror: &Mirror, kind: Kind, depth: Depth, found: Found) -> Vec<Finding> {
    let id = ResourceId::new(kind, found.name);
    let said = match found.seen {
        Seen::Same if !looks_inside(kind, depth) => Verdict::Same,
        Seen::OutOfScope => Verdict::Skipped(Reason::OutOfScope, String::new()),
        _ => return mirror.inspect(&id, depth).await,
    };
    vec![Finding { id, verdict: said }]
}

/// So many at random of those in which the lists agree, and all others.
fn sample(all: Vec<Found>, most: usize) -> Vec<Found> {
    let random = RandomState::new();
    let mut ranks: Vec<u64> = all
        .iter()
        .filter(|found| found.seen == Seen::Same)
        .map(|found| random.hash_one(found.name.as_str()))
        .collect();
    ranks.sort_unstable();
    let last = ranks.get(most).copied().unwrap_or(u64::MAX);
    let chosen =
        |found: &Found| found.seen != Seen::Same || random.hash_one(found.name.as_str()) < last;
    all.into_iter().filter(chosen).collect()
}

fn told<E>(kind: Kind, stopped: Stopped<E>) -> Failure {
    match stopped {
        Stopped::List(reason, detail) => Failure::new(
            format!("the {kind} cannot be listed: {}: {detail}", reason.as_str()),
            format!(
                "{} `media-mirror config check` says more.",
                reason.next_step()
            ),
        ),
        Stopped::TooLong => Failure::new(
            format!("the walk of {kind} took longer than a week"),
            "Give the mirror a larger share of the rate limits.",
        ),
        // The receiver went first, and has said why.
        Stopped::Visit(_) => Failure::ClosedPipe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use change::Name;

    #[test]
    fn a_sample_has_so_many_of_the_same_and_everything_else() {
        let found = |n: usize, seen| Found {
            name: Name::new(format!("film-{n}")).unwrap(),
            seen,
        };
        let all = || {
            let same = (0..100).map(|n| found(n, Seen::Same));
            same.chain([found(100, Seen::Missing), found(101, Seen::Extra)])
                .collect::<Vec<_>>()
        };
        assert_eq!(sample(all(), 10).len(), 12);
        assert_eq!(sample(all(), 0).len(), 2);
        assert_eq!(sample(all(), 1000).len(), 102);
    }
}
