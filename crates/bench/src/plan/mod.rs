//! `media-mirror plan` of two large accounts that are equal but for a hundred differences: how close to the least possible time, in how
//! much memory, and whether it finds what there is.

mod process;

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use change::{Depth, Kind};
use world::World;

use crate::{
    backfill::{MEMORY, SLOWER},
    child,
    clock::{Used, Window, memory_of},
    differences::{self, Differences},
    library::{Library, pages},
    report::{Bar, Row},
    services::Services,
};
use process::{Plan, Planned};

/// Exit code of a plan that found differences.
const DRIFT: i32 = 2;

/// The rows: of a library with so many locators, at so many times the published rates.
pub(crate) async fn measure(locators: u32, times: f64) -> anyhow::Result<Vec<Row>> {
    let library = Library::of(locators);
    // What lists show is less than what a burst of a hundred times the size lets through at once: that would say nothing of the pace.
    let mut rows = at_depth(library, Depth::List, 1.0).await?;
    rows.extend(at_depth(library, Depth::Keys, times).await?);
    Ok(rows)
}

/// The rows of one depth, with services of its own: no bucket is used up yet.
async fn at_depth(library: Library, depth: Depth, times: f64) -> anyhow::Result<Vec<Row>> {
    let services = Services::start().await?;
    let differences = differences::fill(&services, library)?;
    let accounts = [World::PRIMARY, World::SECONDARY];
    library.put_policies(&services, &accounts).await?;
    let control = services.simulator.control();
    control.change_settings(|settings| settings.throttling_scale = Some(times));
    control.reset_requests();
    let mut settings = child::settings(&services, times)?;
    settings.push((
        "MIRROR_DELETES".to_owned(),
        "streamingLocators=converge".to_owned(),
    ));
    let window = Window::open(None)?;
    let mut plan = Plan::start(depth, &settings)?;
    let window = window.with(plan.process()?);
    let planned = plan
        .read(&control)
        .await
        .with_context(|| format!("plan --depth {depth}"))?;
    let used = window.close()?;
    let peak = memory_of(plan.process()?)?.peak / 1e6;
    let status = plan.dismiss().await?;
    services.simulator.stop().await;
    ensure!(
        status.code() == Some(DRIFT),
        "plan --depth {depth}: {status}"
    );
    differences.check(&planned.found)?;
    planned.check(&expected(library))?;
    rows(library, depth, times, (&planned, &used), &differences, peak)
}

/// How many resources of each plan there are, as the command itself counts them.
fn expected(library: Library) -> BTreeMap<&'static str, u64> {
    let assets = Differences::counts(Kind::Assets);
    let locators = Differences::counts(Kind::StreamingLocators);
    let create = assets.missing + locators.missing;
    let change = assets.different + locators.different;
    [
        ("same", library.size() - create - change),
        ("create", create),
        ("change", change),
        ("delete", locators.extra),
        ("held_back", assets.extra),
    ]
    .map(|(plan, count)| (plan, u64::from(count)))
    .into()
}

/// The least number of calls that can tell the differences of a depth.
fn least_calls(library: Library, depth: Depth, differences: &Differences) -> u64 {
    let Library {
        assets,
        locators,
        policies,
    } = library;
    let of_assets = Differences::counts(Kind::Assets);
    let of_locators = Differences::counts(Kind::StreamingLocators);
    let both = |kind, count| pages(count) + pages(differences.in_secondary(library, kind));
    // Filters and streaming policies: an empty page on each side. Some assets are missing: which are published is asked of the locators.
    let lists = 2 * pages(policies)
        + 4
        + both(Kind::Assets, assets)
        + pages(locators)
        + both(Kind::StreamingLocators, locators);
    // Each is read on both sides; whether a missing asset is published is asked once more.
    let looks = |count: u32| 2 * u64::from(count);
    lists
        + u64::from(of_assets.missing)
        + if depth == Depth::List {
            looks(of_assets.all() + of_locators.all())
        } else {
            // Filters of the assets that are on both sides.
            looks(policies)
                + looks(assets + of_assets.extra)
                + looks(assets - of_assets.missing)
                + looks(locators + of_locators.extra)
        }
}

/// The IDs of the rows of a depth.
const fn ids(depth: Depth) -> [&'static str; 5] {
    match depth {
        Depth::List => [
            "plan-list-ratio",
            "plan-list-real",
            "plan-list-calls",
            "plan-list-throttled",
            "plan-list-memory",
        ],
        _ => [
            "plan-keys-ratio",
            "plan-keys-real",
            "plan-keys-calls",
            "plan-keys-throttled",
            "plan-keys-memory",
        ],
    }
}

fn rows(
    library: Library,
    depth: Depth,
    times: f64,
    (planned, used): (&Planned, &Used),
    differences: &Differences,
    peak: f64,
) -> anyhow::Result<Vec<Row>> {
    let calls = &planned.calls;
    let minimum = calls.least(times, 1.0);
    ensure!(
        minimum.seconds > 0.0,
        "at {times} times the published rates a burst lets everything through at once: more --locators or fewer --rates are needed"
    );
    let (real, half) = (calls.least(1.0, 1.0), calls.least(1.0, 0.5));
    let Library {
        assets,
        locators,
        policies,
    } = library;
    let number = |count: u64| u32::try_from(count).map(f64::from);
    let [ratio, at_published, made, throttled, memory] = ids(depth);
    let wall = used.wall;
    Ok(vec![
        Row::new(
            ratio,
            &format!("Plan, depth `{depth}`, of {assets} assets, {locators} locators, {policies} policies a side: time, in least possible times"),
            Bar::AtMost(SLOWER),
            wall / minimum.seconds,
            "",
        )
        .note(format!(
            "{wall:.1} s at {times} times the published rates, of which {} need {:.1} s; \
             cores used: plan {:.2}, services and harness {:.2}, other processes {:.2}",
            minimum.by,
            minimum.seconds,
            used.handler / wall,
            used.own / wall,
            used.others
        )),
        Row::new(
            at_published,
            "The same at the published rates",
            Bar::None,
            real.seconds,
            "s",
        )
        .note(format!(
            "least possible time, all of the rates ({}); {:.0} s with half of the primary's ({}); calls: {}",
            real.by,
            half.seconds,
            half.by,
            calls.text()
        )),
        Row::new(
            made,
            "Calls of this plan",
            Bar::Exactly(number(least_calls(library, depth, differences))?),
            number(calls.all())?,
            "",
        )
        .note(planned.said["counts"].to_string()),
        Row::new(
            throttled,
            "Calls answered with 429",
            Bar::Exactly(0.0),
            number(calls.throttled)?,
            "",
        ),
        Row::new(
            memory,
            "Peak memory of the plan (RSS)",
            Bar::AtMost(MEMORY),
            peak,
            "MB",
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deeper_plan_reads_everything_on_both_sides() {
        let library = Library::of(100_000);
        let calls = |depth| least_calls(library, depth, &Differences::default());
        // Pages: 2 of policies, 4 empty ones, 40 of assets, 100 for what is published, 200 of locators. 15 assets are missing.
        assert_eq!(calls(Depth::List), 346 + 15 + 2 * 100);
        let keys = 346 + 15 + 2 * (200 + 20_010 + 19_985 + 100_010);
        assert_eq!(calls(Depth::Keys), keys);
    }
}
