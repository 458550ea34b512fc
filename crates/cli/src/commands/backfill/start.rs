//! Begins a run: its document, and its messages.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use change::{Batch, Cause, Depth, Kind, Name, WalkOrder};
use state::{Exceptions, Run, Runs};
use time::{OffsetDateTime, macros::format_description};
use wildmatch::WildMatch;
use wiring::Parts;

use super::Start;
use crate::failure::Failure;

/// The queue of walks. Function and queue bear the same name.
const WALK: &str = "walk";
/// The queue of batches.
const BACKFILL: &str = "backfill";
/// What to do when the app's own storage cannot be used.
const NEXT: &str = "Check the app's own storage with `media-mirror config check`. What has begun goes on; running it again does no harm.";

/// Starts it and gives the run's ID; `None` if there is nothing to do.
///
/// # Errors
/// When the app's own storage cannot be written.
pub(super) async fn start(
    start: &Start,
    kinds: &[Kind],
    parts: &Parts,
    runs: &Runs,
) -> Result<Option<String>, Failure> {
    let now = OffsetDateTime::now_utc();
    let id = id(now);
    if start.failed_only {
        let batches = failed(start, kinds, parts, &id, now).await?;
        if batches.is_empty() {
            return Ok(None);
        }
        let mut run = Run::new(&id, "backfill", Depth::List, &[], now);
        for batch in &batches {
            let progress = run.progress(batch.kind);
            progress.walked = true;
            progress.enqueued += batch.names.len() as u64;
        }
        runs.begin(&run).await.map_err(told)?;
        for batch in batches {
            send(parts, BACKFILL, &batch.to_text()).await?;
        }
    } else {
        let run = Run::new(&id, "backfill", start.depth, kinds, now);
        runs.begin(&run).await.map_err(told)?;
        for kind in kinds {
            let order = WalkOrder {
                name: start.name.clone(),
                created_after: start.created_after,
                rate: start.rate,
                ..WalkOrder::new(*kind, start.depth, Cause::Backfill, &id, now)
            };
            send(parts, WALK, &order.to_text()).await?;
        }
    }
    Ok(Some(id))
}

/// What is recorded as failed, in batches. A filter of an asset comes with its asset.
async fn failed(
    start: &Start,
    kinds: &[Kind],
    parts: &Parts,
    run: &str,
    now: OffsetDateTime,
) -> Result<Vec<Batch>, Failure> {
    let exceptions = Exceptions::new(parts.documents.clone());
    let pattern = start.name.as_deref().map(WildMatch::new);
    let mut names: BTreeMap<(Kind, Depth), Vec<Name>> = BTreeMap::new();
    let recorded = Kind::ALL
        .into_iter()
        .filter(|kind| kinds.contains(&kind.parent().unwrap_or(*kind)));
    for kind in recorded {
        let listed = exceptions.of(kind, usize::MAX).await.map_err(told)?;
        for one in listed.read {
            let name = Name::new(one.parent.unwrap_or(one.name));
            let wanted = |name: &Name| {
                one.outcome == "failed"
                    && pattern
                        .as_ref()
                        .is_none_or(|pattern| pattern.matches(name.as_str()))
            };
            let (kind, depth) = match kind.parent() {
                Some(above) => (above, Depth::Children),
                None => (kind, Depth::List),
            };
            if let Ok(name) = name
                && wanted(&name)
            {
                names.entry((kind, depth)).or_default().push(name);
            }
        }
    }
    let batches = names.into_iter().flat_map(|((kind, depth), names)| {
        let batch = Batch {
            kind,
            names,
            depth,
            cause: Cause::Backfill,
            run: Some(run.to_owned()),
            since: Some(now),
            attempt: 0,
        };
        batch.split()
    });
    Ok(batches.collect())
}

async fn send(parts: &Parts, queue: &str, text: &str) -> Result<(), Failure> {
    let sent = parts.queues.send(queue, text, Duration::ZERO).await;
    sent.map_err(|error| Failure::new(error, NEXT))
}

fn told(error: state::StateError) -> Failure {
    Failure::new(error, NEXT)
}

/// An ID that can be read, sorted and typed.
fn id(now: OffsetDateTime) -> String {
    let form = format_description!("[year][month][day]-[hour][minute][second]");
    let moment = now.format(form).unwrap_or_default();
    let random = RandomState::new().hash_one(now) & 0xffff;
    format!("backfill-{moment}-{random:04x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn ids_can_be_sorted_and_told_apart() {
        let now = datetime!(2026-11-22 13:45:00 UTC);
        let one = id(now);
        assert!(one.starts_with("backfill-20261122-134500-"), "{one}");
        assert_eq!(one.len(), "backfill-20261122-134500-".len() + 4);
        assert!((0..20).any(|_| id(now) != one));
    }
}
