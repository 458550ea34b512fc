//! A backfill of a whole library into an empty account, within the published rates taken many times: how close to the least possible time,
//! in how much memory, and what interruptions cost.

mod interruptions;
mod pump;

use std::time::Instant;

use anyhow::{Context, ensure};
use change::{Cause, Depth, Kind, WalkOrder};
use fake_storage::Seed;
use state::Run;
use time::OffsetDateTime;
use world::World;

use crate::{
    calls::Calls,
    child,
    clock::{Used, Window, memory_of},
    handler::Handler,
    library::Library,
    report::{Bar, Row},
    services::{self, Services},
};
use pump::Pump;

/// Invocations of one function at once: `batchSize` and `newBatchThreshold` of `host.json`.
pub(crate) const IN_FLIGHT: usize = 12;

/// How much longer than the least possible time it may take.
pub(crate) const SLOWER: f64 = 1.1;

/// What is promised of a handler that backfills, and of a plan, in MB.
pub(crate) const MEMORY: f64 = 80.0;

/// The rows: of a library with so many locators, at so many times the published rates.
pub(crate) async fn measure(locators: u32, times: f64) -> anyhow::Result<Vec<Row>> {
    let library = Library::of(locators);
    let mut site = Site::start(library, times).await?;
    let window = Window::open(Some(site.handler.process()?))?;
    let whole = site.backfill(IN_FLIGHT, |_| false).await?;
    let used = window.close()?;
    site.is_mirrored(&whole.calls)?;
    let peak = memory_of(site.handler.process()?)?.peak / 1e6;
    let again = site.backfill(IN_FLIGHT, |_| false).await?;
    ensure!(
        again.calls.written() == 0,
        "a backfill of what is mirrored wrote {}",
        again.calls.written()
    );
    site.services.simulator.stop().await;
    let mut rows = rows(library, times, (&whole, &used), &again, peak)?;
    rows.extend(interruptions::measure(times).await?);
    Ok(rows)
}

/// What one backfill took.
struct Backfill {
    calls: Calls,
    seconds: f64,
    invocations: u32,
}

/// Both accounts, and the handler in a process of its own.
struct Site {
    services: Services,
    handler: Handler,
    library: Library,
}

impl Site {
    /// The library in the primary, nothing in the secondary, both accounts as strict as they say at so many times the published rates.
    async fn start(library: Library, times: f64) -> anyhow::Result<Self> {
        let services = Services::start().await?;
        library.fill_primary(&services).await?;
        let control = services.simulator.control();
        control.change_settings(|settings| settings.throttling_scale = Some(times));
        control.reset_requests();
        let mut settings = child::settings(&services, times)?;
        settings.push(("MIRROR_SETTLE".to_owned(), "0s".to_owned()));
        let handler = Handler::start(&std::env::current_exe()?, &settings).await?;
        Ok(Self {
            services,
            handler,
            library,
        })
    }

    /// What `media-mirror backfill` begins, to its end.
    async fn backfill(
        &mut self,
        in_flight: usize,
        interrupt: impl FnMut(u64) -> bool,
    ) -> anyhow::Result<Backfill> {
        let now = OffsetDateTime::now_utc();
        let run = Run::new("backfill", "backfill", Depth::List, &walk::KINDS, now);
        let document = Seed::bytes(serde_json::to_vec(&run)?);
        let app = self.services.app();
        app.put(services::STATE, "runs/run-backfill", document);
        for kind in walk::KINDS {
            let order = WalkOrder::new(kind, Depth::List, Cause::Backfill, &run.id, now);
            self.services.send("walk", &order.to_text());
        }
        let began = Instant::now();
        let mut pump = Pump::new(&self.services, &mut self.handler, in_flight)?;
        pump.run(interrupt).await.context("the queues")?;
        let (calls, invocations) = (pump.calls, pump.invocations);
        Ok(Backfill {
            calls,
            seconds: began.elapsed().as_secs_f64(),
            invocations,
        })
    }

    /// Whether the secondary has everything.
    fn is_mirrored(&self, calls: &Calls) -> anyhow::Result<()> {
        let accounts = self.services.simulator.control().accounts();
        let of = |name: &str| accounts.iter().find(|account| account.name == name);
        let (Some(primary), Some(secondary)) = (of(World::PRIMARY), of(World::SECONDARY)) else {
            anyhow::bail!("an account is gone");
        };
        ensure!(
            primary.resources == secondary.resources,
            "the primary has {:?}, the secondary {:?}",
            primary.resources,
            secondary.resources
        );
        let odd = |kind: Kind| primary.resources.get(kind.as_str()).copied();
        ensure!(odd(Kind::StreamingLocators) == usize::try_from(self.library.locators).ok());
        let written = calls.written();
        ensure!(
            u32::try_from(written)? == self.library.size(),
            "{written} resources were written"
        );
        Ok(())
    }
}

fn rows(
    library: Library,
    times: f64,
    (whole, used): (&Backfill, &Used),
    again: &Backfill,
    peak: f64,
) -> anyhow::Result<Vec<Row>> {
    let minimum = whole.calls.least(times, 1.0);
    let (real, half) = (whole.calls.least(1.0, 1.0), whole.calls.least(1.0, 0.5));
    let seconds = whole.seconds;
    let plan = again.calls.least(1.0, 1.0);
    let Library {
        assets,
        locators,
        policies,
    } = library;
    let (again_written, one) = whole.calls.written_again();
    Ok(vec![
        Row::new(
            "backfill-ratio",
            &format!("Backfill of {assets} assets, {locators} locators, {policies} policies: time, in least possible times"),
            Bar::AtMost(SLOWER),
            seconds / minimum.seconds,
            "",
        )
        .note(format!(
            "{seconds:.1} s at {times} times the published rates, of which {} need {:.1} s; {} invocations, {IN_FLIGHT} at once; \
             cores used: handler {:.2}, services and harness {:.2}, other processes {:.2}",
            minimum.by,
            minimum.seconds,
            whole.invocations,
            used.handler / seconds,
            used.own / seconds,
            used.others
        )),
        Row::new(
            "backfill-real",
            "The same at the published rates",
            Bar::None,
            real.seconds / 3600.0,
            "h",
        )
        .note(format!(
            "least possible time, all of the rates ({}); {:.1} h with half of the primary's ({}); calls: {}",
            real.by,
            half.seconds / 3600.0,
            half.by,
            whole.calls.text()
        )),
        Row::new(
            "backfill-throttled",
            "Calls answered with 429",
            Bar::Exactly(0.0),
            f64::from(u32::try_from(whole.calls.throttled + again.calls.throttled)?),
            "",
        ),
        Row::new(
            "backfill-written-again",
            "Resources written more than once",
            Bar::Exactly(0.0),
            f64::from(u32::try_from(again_written)?),
            "",
        )
        .note(one.unwrap_or_default().to_owned()),
        Row::new(
            "backfill-memory",
            "Peak memory of the handler (RSS)",
            Bar::AtMost(MEMORY),
            peak,
            "MB",
        ),
        Row::new(
            "backfill-again",
            "The same once more, with nothing to do",
            Bar::None,
            again.seconds,
            "s",
        )
        .note(format!(
            "{} calls, none a write; at the published rates {:.0} s",
            again.calls.all(),
            plan.seconds
        )),
    ])
}
