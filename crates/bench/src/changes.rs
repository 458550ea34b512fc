//! New clear locators of assets that are mirrored already: rate, memory, CPU time; then the same changes once more, and events.

use std::{
    num::NonZeroUsize,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use anyhow::{Context, ensure};
use bytes::Bytes;
use change::Change;
use futures::future::try_join_all;

use crate::{
    clock::{Used, Window, memory_of},
    envelope, events,
    handler::Handler,
    http::HandlerClient,
    lines::Seen,
    report::{Bar, Row},
    services::Services,
    starts::quantile,
    titles,
};

/// Invocations at once: what one instance gets at most with the `host.json` of this app.
const IN_FLIGHT: usize = 32;

/// Locators that are mirrored before the measurement, so that connections stand and tokens are there.
const WARM_UP: usize = 500;

const FUNCTION: &str = "mirror-locator";

pub(crate) async fn measure(executable: &Path, count: usize) -> anyhow::Result<Vec<Row>> {
    let services = Services::start().await?;
    let handler = Handler::start(executable, &services.settings()?).await?;
    let locators = prepare(&services, &handler, WARM_UP + count)
        .await
        .context("preparing")?;
    let (warm_up, locators) = locators.split_at(WARM_UP);
    Run::of(&services, &handler, FUNCTION, warm_up)
        .await?
        .all("applied")?;

    let new = Run::of(&services, &handler, FUNCTION, locators).await?;
    new.all("applied")?;
    let expected = WARM_UP + count;
    ensure!(
        services.replicas() == expected,
        "the secondary has {} locators, not {expected}",
        services.replicas()
    );
    let peak = memory_of(handler.process()?)?.peak;

    let again = &locators[..count.div_ceil(2)];
    let same = Run::of(&services, &handler, FUNCTION, again).await?;
    same.all("in-sync")?;

    let mut rows = new.rows(peak);
    rows.push(
        Row::new(
            "in-sync-rate",
            "The same changes once more",
            Bar::None,
            same.rate(),
            "/s",
        )
        .note(format!(
            "{} changes; {}; {}",
            same.count,
            same.cpu_text(),
            same.calls_text()
        )),
    );
    rows.extend(events::measure(&handler).await.context("events")?);
    let resident = memory_of(handler.process()?)?.resident;
    rows.push(Row::new(
        "memory-after",
        "Memory after all this (RSS)",
        Bar::None,
        resident / 1e6,
        "MB",
    ));
    services.simulator.stop().await;
    Ok(rows)
}

/// Assets in both accounts with their bytes, and locators in the primary.
async fn prepare(
    services: &Services,
    handler: &Handler,
    locators: usize,
) -> anyhow::Result<Vec<Change>> {
    let count = NonZeroUsize::new(locators.div_ceil(titles::LOCATORS_OF_AN_ASSET))
        .unwrap_or(NonZeroUsize::MIN);
    let assets = titles::assets(services, count).await?;
    Run::of(services, handler, "mirror-asset", &assets)
        .await?
        .all("applied")?;
    titles::locators(services, &assets, locators).await
}

/// A number of invocations, and what they took.
struct Run {
    count: usize,
    used: Used,
    /// Round trips, in milliseconds.
    round_trips: Vec<f64>,
    seen: Seen,
    storage: u64,
    state: u64,
}

impl Run {
    async fn of(
        services: &Services,
        handler: &Handler,
        function: &'static str,
        changes: &[Change],
    ) -> anyhow::Result<Self> {
        let envelopes: Vec<Bytes> = changes
            .iter()
            .map(|change| envelope::queue_message(function, &change.to_text()))
            .collect();
        let before = services.storage_requests();
        let window = Window::open(Some(handler.process()?))?;
        let round_trips = invoke_all(&handler.client, function, envelopes).await?;
        let used = window.close()?;
        let after = services.storage_requests();
        Ok(Self {
            count: changes.len(),
            used,
            round_trips,
            seen: handler.lines.take(u64::try_from(changes.len())?).await,
            storage: after.0 - before.0,
            state: after.1 - before.1,
        })
    }

    /// A measurement counts only if every change had this outcome.
    fn all(&self, outcome: &str) -> anyhow::Result<()> {
        let odd = self
            .seen
            .odd
            .as_deref()
            .unwrap_or("every line was as it should be");
        let count = u64::try_from(self.count)?;
        ensure!(
            self.seen.of(outcome) == count && self.seen.all() == count,
            "of {count} changes {} were {outcome}: {:?}; {odd}",
            self.seen.of(outcome),
            self.seen.outcomes
        );
        Ok(())
    }

    fn rate(&self) -> f64 {
        float(self.count) / self.used.wall
    }

    fn cpu_text(&self) -> String {
        let each = |seconds: f64| seconds * 1e3 / float(self.count);
        format!(
            "CPU a change: handler {:.2} ms, services and harness {:.2} ms",
            each(self.used.handler),
            each(self.used.own)
        )
    }

    fn calls_text(&self) -> String {
        let each =
            |calls: u64| float(usize::try_from(calls).unwrap_or(usize::MAX)) / float(self.count);
        format!(
            "calls a change: primary {:.2}, secondary {:.2}, blobs of both {:.2}, state {:.2}",
            each(self.seen.primary_calls),
            each(self.seen.secondary_calls),
            each(self.storage),
            each(self.state)
        )
    }

    fn rows(mut self, peak: f64) -> Vec<Row> {
        let (median, p99) = (
            quantile(&mut self.round_trips, 0.5),
            quantile(&mut self.round_trips, 0.99),
        );
        let cpu = self.used.handler * 1e3 / float(self.count);
        vec![
            Row::new("change-rate", "New clear locators, 32 in flight", Bar::AtLeast(300.0), self.rate(), "/s").note(format!(
                "{} changes; round trip {median:.0} ms at the median, {p99:.0} ms at p99; other processes used {:.2} cores meanwhile",
                self.count, self.used.others
            )),
            Row::new("change-cpu", "Handler's CPU time a change", Bar::AtMost(1.5), cpu, "ms")
                .note(format!("user and system; {}", self.calls_text())),
            Row::new("peak-memory", "Peak memory (RSS)", Bar::AtMost(40.0), peak / 1e6, "MB"),
        ]
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn float(count: usize) -> f64 {
    count as f64
}

/// Keeps as many invocations in flight as the host would; returns the round trips in milliseconds.
async fn invoke_all(
    client: &HandlerClient,
    function: &'static str,
    envelopes: Vec<Bytes>,
) -> anyhow::Result<Vec<f64>> {
    let (envelopes, next) = (Arc::new(envelopes), Arc::new(AtomicUsize::new(0)));
    let workers = (0..IN_FLIGHT).map(|_| {
        let (client, envelopes, next) = (client.clone(), Arc::clone(&envelopes), Arc::clone(&next));
        let worker = tokio::spawn(async move {
            let mut round_trips = Vec::new();
            while let Some(envelope) = envelopes.get(next.fetch_add(1, Ordering::Relaxed)) {
                let began = Instant::now();
                client.invoke(function, envelope.clone()).await?;
                round_trips.push(began.elapsed().as_secs_f64() * 1e3);
            }
            anyhow::Ok(round_trips)
        });
        async move { worker.await? }
    });
    Ok(try_join_all(workers).await?.concat())
}
