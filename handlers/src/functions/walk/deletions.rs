//! Replicas without a source.

use std::time::Duration;

use change::{Cause, Change, ResourceId, WalkOrder};
use cloud::QueueError;
use mirror::{Outcome, Reason};
use state::Progress;

use super::{super::mirroring::DELETIONS, enqueuer::was_lately};
use crate::app::App;

/// The most deletions that one walk asks for after an operator confirmed them.
const MAX_CONFIRMED: usize = 1000;

/// Why nothing is deleted: the list of the primary is not what it was.
pub(super) const SHRUNK: &str = "the primary's list is empty, or under half of the last one";

/// A whole walk did not find these sources. Each is confirmed gone before its replica is deleted, and nothing is deleted where it looks as
/// if the primary was lost. `full`: how many resources the primary had when its list was last full.
pub(super) async fn delete(
    app: &App,
    order: &WalkOrder,
    full: Option<u64>,
    extra: Vec<ResourceId>,
    progress: &mut Progress,
) -> Result<(), QueueError> {
    if extra.is_empty() {
        return Ok(());
    }
    let cap = app.mirror.delete_cap();
    let confirmed = app.mirror.deletions_confirmed().await;
    let (candidates, refused) = candidates(app, order, extra).await;
    progress.candidates = candidates
        .iter()
        .take(cap.saturating_add(1).min(state::MAX_CANDIDATES))
        .map(ToString::to_string)
        .collect();
    let shrunk =
        progress.primary == 0 || full.is_some_and(|full| progress.primary.saturating_mul(2) < full);
    if shrunk && !confirmed {
        progress.detail = Some(SHRUNK.to_owned());
        return Ok(());
    }
    if candidates.len() > cap && !confirmed {
        progress.detail = Some(format!(
            "more than {cap}; none is deleted until they are confirmed"
        ));
        return Ok(());
    }
    let most = if confirmed { MAX_CONFIRMED } else { cap };
    for id in candidates.into_iter().chain(refused).take(most) {
        // What is not counted must not be deleted. The next walk finds it again.
        if app.mirror.announce(&id).await.unwrap_or(false) {
            let change = Change::new(id, Cause::Walk, Some(order.since));
            let text = change.to_text();
            app.queues.send(DELETIONS, &text, Duration::ZERO).await?;
        }
    }
    Ok(())
}

/// Reasons for which a deletion was refused for good.
const REFUSED: [Reason; 4] = [
    Reason::KeysShared,
    Reason::ReplicaDenied,
    Reason::ReplicaIgnored,
    Reason::ReplicaRefused,
];

/// Replicas without a source, apart from those whose deletion was refused before: counted on, these would hold back all others. Those that
/// were looked at lately are left out.
async fn candidates(
    app: &App,
    order: &WalkOrder,
    extra: Vec<ResourceId>,
) -> (Vec<ResourceId>, Vec<ResourceId>) {
    let (mut candidates, mut refused) = (Vec::new(), Vec::new());
    for id in extra {
        // So many are looked into by an operator.
        let known = match candidates.len() {
            0..=MAX_CONFIRMED => app.exceptions.get(&id).await.ok().flatten(),
            _ => None,
        };
        let Some(known) = known else {
            candidates.push(id);
            continue;
        };
        let was_refused = REFUSED.iter().any(|reason| known.reason == reason.as_str());
        let waits = known.outcome == Outcome::Waiting(Reason::DeleteCap).as_str();
        if (was_refused || waits) && was_lately(app, order, &known) {
            continue;
        }
        if was_refused {
            refused.push(id);
        } else {
            candidates.push(id);
        }
    }
    (candidates, refused)
}
