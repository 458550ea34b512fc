//! What MK.IO says was updated.

use anyhow::ensure;
use change::{Depth, Kind};
use serde_json::json;
use state::{Walked, Watermarks};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};
use world::{Backend, bodies::filters};

use super::{swept, written};
use crate::support::{clear, made, tests, walking};

tests![
    what_is_said_to_be_updated_is_found_sooner,
    updates_that_move_no_time_are_found_by_the_lists
];

async fn what_is_said_to_be_updated_is_found_sooner() -> anyhow::Result<()> {
    let scene = walking(Backend::Mkio).await?;
    let primary = scene.primary()?;
    scene.lose_events();
    // The first one looks back some minutes, the second to the first.
    primary
        .put("accountFilters/stamped", filters::clip())
        .await?;
    made(&scene, "stamped").await?;
    made(&scene, "stamped-raw").await?;
    primary
        .put("streamingLocators/stamped", clear("stamped"))
        .await?;
    swept(&scene, "accountFilters", "updated").await?;
    swept(&scene, "assets", "updated").await?;
    scene.proof()?.filter("accountFilters/stamped").await?;
    ensure!(scene.proof()?.blobs("stamped").await? == 2);
    // An update is no reason to haul raw inputs across regions.
    let raw = scene.secondary()?.find("assets/stamped-raw").await?;
    ensure!(raw.is_none(), "a raw input was mirrored");
    swept(&scene, "streamingLocators", "updated").await?;
    scene.proof()?.locator("stamped").await?;

    primary
        .put("accountFilters/stamped", filters::small_screens())
        .await?;
    scene.control().reset_requests();
    let walked = swept(&scene, "accountFilters", "updated").await?;
    ensure!(walked.number("secondary") == Some(0), "{walked:?}");
    scene.proof()?.filter("accountFilters/stamped").await?;
    ensure!(written(&scene).len() == 1, "{:#?}", written(&scene));
    Ok(())
}

async fn updates_that_move_no_time_are_found_by_the_lists() -> anyhow::Result<()> {
    let scene = walking(Backend::Mkio).await?;
    let primary = scene.primary()?;
    scene.lose_events();
    let path = "accountFilters/unstamped";
    primary.put(path, filters::clip()).await?;
    swept(&scene, "accountFilters", "list").await?;
    scene.proof()?.filter(path).await?;
    for (moves, filter) in [(true, filters::small_screens()), (false, filters::clip())] {
        scene
            .control()
            .change_settings(|settings| settings.mkio.updated_moves = moves);
        // As if the last one had looked through everything up to now: it reaches back a minute.
        let now = OffsetDateTime::now_utc();
        let last = Walked {
            started: now + Duration::MINUTE,
            finished: now,
            primary: 1,
        };
        Watermarks::new(scene.state()?)
            .walked(Kind::AccountFilters, Depth::Updated, &last)
            .await?;
        primary.put(path, filter).await?;
        let mut order = super::sweep("accountFilters", "updated")?;
        order["since"] = json!((now + Duration::HOUR).format(&Rfc3339)?);
        let from = scene.log.end();
        super::enqueue(&scene, &order).await?;
        let walked = super::said(&scene, from, "accountFilters", "walked").await?;
        scene.calm().await?;
        let found = u64::from(moves);
        ensure!(walked.number("enqueued") == Some(found), "{walked:?}");
        ensure!(scene.proof()?.filter(path).await.is_ok() == moves);
    }
    let walked = swept(&scene, "accountFilters", "list").await?;
    ensure!(walked.number("different") == Some(1), "{walked:?}");
    scene.proof()?.filter(path).await
}
