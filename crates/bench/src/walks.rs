//! `list` walks of two accounts that are equal but for a hundred differences.

use std::path::Path;

use anyhow::{Context, ensure};
use change::{Batch, Cause, Change, Depth, Kind, WalkOrder};
use futures::future::try_join_all;
use time::OffsetDateTime;

use crate::{
    clock::{Used, Window, memory_of},
    differences::{self, Differences, Found},
    envelope,
    handler::Handler,
    library::{Library, pages},
    report::{Bar, Row},
    services::Services,
};

/// What is promised of a handler that walks, in MB.
const MEMORY: f64 = 60.0;

/// The rows, of a library with so many locators.
pub(crate) async fn measure(executable: &Path, locators: u32) -> anyhow::Result<Vec<Row>> {
    let services = Services::start().await?;
    let library = Library::of(locators);
    let differences = differences::fill(&services, library)?;
    let mut settings = services.settings()?;
    settings.push((
        "MIRROR_DELETES".to_owned(),
        "streamingLocators=converge".to_owned(),
    ));

    let handler = Handler::start(executable, &settings).await?;
    let mut rows = Vec::new();
    for kind in [Kind::Assets, Kind::StreamingLocators] {
        rows.extend(one(&services, &handler, library, &differences, kind).await?);
    }
    differences.check(&enqueued(&services)?)?;
    rows.push(memory(&handler, "walk-memory", "one after the other")?);
    drop(handler);

    // The orders of a sweep come together.
    let handler = Handler::start(executable, &settings).await?;
    let both = [Kind::Assets, Kind::StreamingLocators];
    let both = both.map(|kind| walk(&handler, kind, "together"));
    try_join_all(both).await?;
    rows.push(memory(&handler, "walk-memory-both", "both at once")?);
    services.simulator.stop().await;
    Ok(rows)
}

async fn walk(handler: &Handler, kind: Kind, run: &str) -> anyhow::Result<()> {
    let now = OffsetDateTime::now_utc();
    let order = WalkOrder::new(kind, Depth::List, Cause::Walk, run, now);
    let envelope = envelope::queue_message("walk", &order.to_text());
    handler.client.invoke("walk", envelope).await?;
    Ok(())
}

async fn one(
    services: &Services,
    handler: &Handler,
    library: Library,
    differences: &Differences,
    kind: Kind,
) -> anyhow::Result<Vec<Row>> {
    let control = services.simulator.control();
    control.reset_requests();
    let window = Window::open(Some(handler.process()?))?;
    walk(handler, kind, "sweep-list").await?;
    let used = window.close()?;
    let requests = control.take_requests();
    ensure!(
        requests
            .iter()
            .all(|request| request.method == "GET" && request.status == Some(200)),
        "a walk did more than reading lists"
    );
    let formula = match kind {
        // Some are missing: which assets are published is asked of the locators.
        Kind::Assets => {
            pages(library.assets)
                + pages(differences.in_secondary(library, kind))
                + pages(library.locators)
        }
        _ => pages(library.locators) + pages(differences.in_secondary(library, kind)),
    };
    let (calls, time, what) = match kind {
        Kind::Assets => (
            "walk-assets-calls",
            "walk-assets-time",
            format!("{} assets a side", library.assets),
        ),
        _ => (
            "walk-locators-calls",
            "walk-locators-time",
            format!("{} locators a side", library.locators),
        ),
    };
    let made = f64::from(u32::try_from(requests.len())?);
    let bar = Bar::Exactly(f64::from(u32::try_from(formula)?));
    Ok(vec![
        Row::new(
            calls,
            &format!("`list` walk of {what}: calls"),
            bar,
            made,
            "",
        )
        .note(differences.text(kind)),
        Row::new(
            time,
            &format!("`list` walk of {what}: time"),
            Bar::None,
            used.wall,
            "s",
        )
        .note(busy(&used)),
    ])
}

/// What else used the machine.
fn busy(used: &Used) -> String {
    format!(
        "CPU time: handler {:.2} s, services and harness {:.2} s; other processes used {:.2} cores meanwhile",
        used.handler, used.own, used.others
    )
}

fn memory(handler: &Handler, id: &'static str, how: &str) -> anyhow::Result<Row> {
    let peak = memory_of(handler.process()?)?.peak / 1e6;
    let what = format!("Peak memory of these walks, {how} (RSS)");
    Ok(Row::new(id, &what, Bar::AtMost(MEMORY), peak, "MB"))
}

/// What the walks put into the app's queues: the names to look at, and the locators to delete.
fn enqueued(services: &Services) -> anyhow::Result<Found> {
    let mut all = Found::default();
    for message in services.messages("backfill")? {
        let batch = Batch::parse(&message).context("a message in the queue backfill")?;
        for name in batch.names {
            all.differs(batch.kind, name.as_str())?;
        }
    }
    for message in services.messages("deletions")? {
        let change = Change::parse(&message).context("a message in the queue deletions")?;
        all.deletions.insert(change.id.name().to_string());
    }
    Ok(all)
}
