//! What a live change waits for while a backfill runs, at the rates that are published and in the whole local world: real events, real
//! queues, the Functions host's stand-in.

use std::{
    collections::HashMap,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use change::{Cause, Depth, Kind, WalkOrder};
use serde_json::json;
use simulator::Request;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use world::{World, WorldOptions, platform::Platform};

use crate::{
    library::locator_of,
    report::{Bar, Row},
    starts::quantile,
};

/// Live changes in each half, and the pause between two of them: few enough a second that Azurite keeps up on a busy machine.
const CHANGES: u32 = 60;
const PAUSE: Duration = Duration::from_secs(1);

/// What the backfill has to do: more than it gets done at the published rates.
const BACKLOG: u32 = 2000;

/// So many of the backlog are done before the live changes begin: then the spare half of each burst is used up.
const UNDER_WAY: usize = 60;

const TITLES: u32 = 10;

/// How long each step may take.
const LONGEST: Duration = Duration::from_secs(240);

/// How much longer than without a backfill, in seconds.
const SLOWER: f64 = 1.0;

pub(crate) async fn measure(handler: &Path) -> anyhow::Result<Vec<Row>> {
    let share = |name: &str, part: &str| (name.to_owned(), part.to_owned());
    let world = World::start(WorldOptions {
        handler: handler.to_owned(),
        settings: vec![
            share("MIRROR_PRIMARY_SHARE", "0.5"),
            share("MIRROR_SECONDARY_SHARE", "1"),
        ],
        ..WorldOptions::default()
    })
    .await?;
    let rows = changes(&world).await;
    world.stop().await;
    rows
}

async fn changes(world: &World) -> anyhow::Result<Vec<Row>> {
    let platform = Platform::new(world, World::PRIMARY)?;
    for n in 0..TITLES {
        let title = format!("title-{n}");
        platform.put(&format!("assets/{title}"), json!({})).await?;
        platform.upload_title(&title).await?;
        publish(&platform, &format!("first-{n}"), n).await?;
    }
    world.quiet(LONGEST).await?;
    let control = world.control();
    control.change_settings(|settings| settings.throttling_scale = Some(1.0));
    let mut without = times(world, &platform, "without").await?;
    world.quiet(LONGEST).await?;

    let backlog = (0..BACKLOG).map(|n| locator_of(n, &format!("title-{}", n % TITLES)));
    control.fill(World::PRIMARY, "streamingLocators", backlog)?;
    let now = OffsetDateTime::now_utc();
    let order = WalkOrder::new(
        Kind::StreamingLocators,
        Depth::List,
        Cause::Backfill,
        "backfill",
        now,
    );
    world.enqueue("walk", order.to_text().as_bytes()).await?;
    let before = done(world);
    wait(|| done(world) - before >= UNDER_WAY)
        .await
        .context("the backfill does not begin")?;
    let (began, first) = (Instant::now(), done(world));
    let mut with = times(world, &platform, "with").await?;
    let backfilled = done(world) - first - usize::try_from(CHANGES)?;
    let rate = f64::from(u32::try_from(backfilled)?) / began.elapsed().as_secs_f64();
    ensure!(
        done(world) - before < usize::try_from(BACKLOG)?,
        "the backfill ended before the live changes did"
    );
    let throttled = control.requests(None);
    let throttled = throttled
        .iter()
        .filter(|request| request.status == Some(429))
        .count();

    let note = format!(
        "{CHANGES} locators, one a second, from the PUT to the primary to the PUT to the secondary"
    );
    let mut rows = Vec::new();
    for (part, what, ids) in [
        (
            0.5,
            "median",
            ["live-median-alone", "live-median", "live-median-more"],
        ),
        (0.99, "p99", ["live-p99-alone", "live-p99", "live-p99-more"]),
    ] {
        let (alone, beside) = (quantile(&mut without, part), quantile(&mut with, part));
        rows.extend([
            Row::new(
                ids[0],
                &format!("A live change, {what}"),
                Bar::None,
                alone,
                "s",
            )
            .note(note.clone()),
            Row::new(
                ids[1],
                &format!("A live change while a backfill runs, {what}"),
                Bar::None,
                beside,
                "s",
            )
            .note(format!(
                "the backfill mirrored {rate:.1} locators a second; {throttled} calls answered with 429"
            )),
            Row::new(
                ids[2],
                &format!("A live change waits for a backfill, {what}"),
                Bar::AtMost(SLOWER),
                beside - alone,
                "s",
            ),
        ]);
    }
    Ok(rows)
}

async fn publish(platform: &Platform, name: &str, n: u32) -> anyhow::Result<()> {
    let properties = json!({
        "assetName": format!("title-{}", n % TITLES),
        "streamingPolicyName": "Predefined_ClearStreamingOnly",
    });
    let path = format!("streamingLocators/{name}");
    platform.put(&path, properties).await.map(drop)
}

/// Publishes locators one after the other; the seconds that each took to the secondary.
async fn times(world: &World, platform: &Platform, prefix: &str) -> anyhow::Result<Vec<f64>> {
    let names: Vec<String> = (0..CHANGES).map(|n| format!("{prefix}-{n:03}")).collect();
    let began = Instant::now();
    for (n, name) in (0..CHANGES).zip(&names) {
        publish(platform, name, n).await?;
        tokio::time::sleep((PAUSE * (n + 1)).saturating_sub(began.elapsed())).await;
    }
    let control = world.control();
    let mut sides = [HashMap::new(), HashMap::new()];
    wait(|| {
        sides = [World::PRIMARY, World::SECONDARY].map(|side| puts(&control.requests(Some(side))));
        names.iter().all(|name| sides[1].contains_key(name))
    })
    .await
    .context("a live change was not mirrored")?;
    names
        .iter()
        .map(|name| {
            let at = |side: usize| sides[side].get(name).copied();
            let (from, to) = (at(0).context("a PUT")?, at(1).context("a PUT")?);
            Ok((to - from).as_seconds_f64())
        })
        .collect()
}

/// When locators were made, by name.
fn puts(requests: &[Request]) -> HashMap<String, OffsetDateTime> {
    let made = requests
        .iter()
        .filter(|request| request.method == "PUT" && matches!(request.status, Some(200 | 201)));
    made.filter_map(|request| {
        let at = OffsetDateTime::parse(&request.at, &Rfc3339).ok()?;
        Some((request.name.clone()?, at))
    })
    .collect()
}

/// How many locators the secondary has.
fn done(world: &World) -> usize {
    crate::services::locators_in(&world.simulator, World::SECONDARY)
}

async fn wait(mut ready: impl FnMut() -> bool) -> anyhow::Result<()> {
    let deadline = Instant::now() + LONGEST;
    while !ready() {
        ensure!(Instant::now() < deadline, "not within {LONGEST:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}
