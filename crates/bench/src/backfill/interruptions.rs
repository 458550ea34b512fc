//! A smaller backfill whose handler is killed at ten random points.

use std::collections::BTreeSet;

use anyhow::ensure;

use super::{IN_FLIGHT, Site};
use crate::{
    library::Library,
    report::{Bar, Row},
};

/// How many locators: enough for ten interruptions, few enough to do it all several times.
const LOCATORS: u32 = 5000;

const INTERRUPTIONS: usize = 10;

/// Names in a batch.
const BATCH: u64 = change::MAX_NAMES as u64;

/// The rows, at so many times the published rates.
pub(super) async fn measure(times: f64) -> anyhow::Result<Vec<Row>> {
    let library = Library::of(LOCATORS);
    let whole = {
        let mut site = Site::start(library, times).await?;
        let whole = site.backfill(IN_FLIGHT, |_| false).await?;
        site.is_mirrored(&whole.calls)?;
        site.services.simulator.stop().await;
        whole.calls
    };
    let mut rows = Vec::new();
    for (in_flight, written, repeated) in [
        (1, "interrupted-writes-one", "interrupted-reads-one"),
        (IN_FLIGHT, "interrupted-writes", "interrupted-reads"),
    ] {
        let mut left = points(whole.all());
        let said = format!("{left:?}");
        let mut site = Site::start(library, times).await?;
        let mut done = 0_u32;
        let interrupted = site
            .backfill(in_flight, |calls| {
                let due = left.first().is_some_and(|point| *point <= calls);
                if due {
                    left.pop_first();
                    done += 1;
                }
                due
            })
            .await?;
        site.is_mirrored(&interrupted.calls)?;
        site.services.simulator.stop().await;
        ensure!(left.is_empty(), "not interrupted at {left:?}");
        let (again, one) = interrupted.calls.written_again();
        // A list of each kind, and what a name takes, the dearest kind's as much as the cheapest's.
        let walk = u64::from(library.locators + library.assets).div_ceil(1000) * 2;
        let batch = BATCH * whole.looks().div_ceil(u64::from(library.size()));
        let allowed = walk + batch * u64::try_from(in_flight)?;
        let more = interrupted.calls.looks().saturating_sub(whole.looks());
        let number = |count: u64| u32::try_from(count).map(f64::from);
        let how = format!(
            "{} locators, {in_flight} at once, killed {done} times",
            library.locators
        );
        rows.extend([
            Row::new(
                written,
                &format!("Backfill of {how}: resources written more than once"),
                Bar::Exactly(0.0),
                f64::from(u32::try_from(again)?),
                "",
            )
            .note(one.map_or_else(|| format!("after {said} calls"), ToOwned::to_owned)),
            Row::new(
                repeated,
                &format!("Backfill of {how}: reads repeated each time"),
                Bar::AtMost(number(allowed)?),
                number(more)? / f64::from(done),
                "",
            )
            .note(format!(
                "a walk of everything takes {walk}, a batch {batch}, and {in_flight} batches are under way; undisturbed {} in all",
                whole.looks()
            )),
        ]);
    }
    Ok(rows)
}

/// After how many calls it is interrupted.
fn points(calls: u64) -> BTreeSet<u64> {
    let mut points = BTreeSet::new();
    while points.len() < INTERRUPTIONS {
        points.insert(rand::random_range(1..calls));
    }
    points
}
