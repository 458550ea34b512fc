//! What walks delete, and what they do not.

use anyhow::ensure;
use change::Kind;
use serde_json::json;
use simulator::{Darkness, Fault, FaultRule};
use state::Deletions;
use time::{Duration, OffsetDateTime};
use world::{Backend, World, bodies::filters};

use super::{begun, enqueue, progress, said, sweep, swept};
use crate::support::{Scene, clear, made, tests_on_both, walking};

tests_on_both![
    a_withdrawal_that_nobody_told_of_is_found,
    more_than_the_cap_wait_for_an_operator,
    a_list_that_shrank_by_half_deletes_nothing,
    a_list_that_breaks_off_deletes_nothing,
    what_comes_back_in_time_is_not_deleted,
];

const LOCATORS: &str = "streamingLocators";

/// An asset with locators, all mirrored; from then on events are lost.
async fn published(scene: &Scene, asset: &str, locators: &[&str]) -> anyhow::Result<()> {
    let primary = scene.primary()?;
    scene.lose_events();
    made(scene, asset).await?;
    for locator in locators {
        primary
            .put(&format!("{LOCATORS}/{locator}"), clear(asset))
            .await?;
    }
    swept(scene, "assets", "list").await?;
    swept(scene, LOCATORS, "list").await?;
    for locator in locators {
        scene.proof()?.locator(locator).await?;
    }
    Ok(())
}

async fn withdraw(scene: &Scene, locators: &[&str]) -> anyhow::Result<()> {
    for locator in locators {
        let path = format!("{LOCATORS}/{locator}");
        scene.primary()?.delete(&path).await?;
    }
    Ok(())
}

async fn is_there(scene: &Scene, locator: &str) -> anyhow::Result<bool> {
    let path = format!("{LOCATORS}/{locator}");
    Ok(scene.secondary()?.find(&path).await?.is_some())
}

async fn a_withdrawal_that_nobody_told_of_is_found(backend: Backend) -> anyhow::Result<()> {
    let scene = walking(backend).await?;
    let names = ["withdrawn", "stays-1", "stays-2", "kept-1"];
    published(&scene, "withdrawn", &names).await?;
    // Deletions of this kind are off.
    let filter = "accountFilters/withdrawn";
    scene.primary()?.put(filter, filters::clip()).await?;
    swept(&scene, "accountFilters", "list").await?;
    scene.primary()?.delete(filter).await?;
    withdraw(&scene, &["withdrawn", "kept-1"]).await?;
    // A hint that it may differ is no announcement.
    let path = "streamingLocators/withdrawn";
    let from = scene.hint(path).await?;
    let hinted = scene
        .expect_after(from, path, "skipped(deletes-off)")
        .await?;
    ensure!(hinted.text("detail").contains("announce"), "{hinted:?}");
    ensure!(is_there(&scene, "withdrawn").await?);

    let walked = swept(&scene, "accountFilters", "list").await?;
    ensure!(walked.number("extra") == Some(1), "{walked:?}");
    ensure!(walked.number("delete_candidates") == Some(0), "{walked:?}");
    let walked = swept(&scene, LOCATORS, "list").await?;
    ensure!(walked.number("extra") == Some(2), "{walked:?}");
    ensure!(walked.number("delete_candidates") == Some(1), "{walked:?}");
    ensure!(!is_there(&scene, "withdrawn").await?);
    ensure!(is_there(&scene, "kept-1").await?);
    ensure!(scene.secondary()?.find(filter).await?.is_some());

    scene.secondary()?.delete(filter).await?;
    scene
        .secondary()?
        .delete(&format!("{LOCATORS}/kept-1"))
        .await
}

async fn more_than_the_cap_wait_for_an_operator(backend: Backend) -> anyhow::Result<()> {
    let scene = walking(backend).await?;
    let gone = ["many-1", "many-2", "many-3", "many-4", "many-5"];
    let stay = ["most-1", "most-2", "most-3", "most-4", "most-5", "most-6"];
    published(&scene, "many", &[&gone[..], &stay[..]].concat()).await?;
    withdraw(&scene, &gone).await?;
    begun(&scene, "sweep-list").await?;
    let walked = swept(&scene, LOCATORS, "list").await?;
    ensure!(walked.number("extra") == Some(5), "{walked:?}");
    ensure!(walked.text("detail").contains("confirmed"), "{walked:?}");
    let candidates = progress(&scene, "sweep-list", Kind::StreamingLocators)
        .await?
        .candidates;
    // The cap and one, so that it can be seen that there are more.
    ensure!(candidates.len() == 4, "{candidates:?}");
    let named = |id: &String| gone.contains(&id.trim_start_matches("streamingLocators/"));
    ensure!(candidates.iter().all(named), "{candidates:?}");
    for locator in gone {
        ensure!(is_there(&scene, locator).await?, "{locator} is deleted");
    }

    let state = scene.state()?;
    let until = OffsetDateTime::now_utc() + Duration::HOUR;
    Deletions::new(state).confirm(until).await?;
    swept(&scene, LOCATORS, "list").await?;
    unconfirm(&scene).await?;
    for locator in gone {
        ensure!(!is_there(&scene, locator).await?, "{locator} is there");
    }
    for locator in stay {
        ensure!(is_there(&scene, locator).await?, "{locator} is deleted");
    }
    Ok(())
}

async fn unconfirm(scene: &Scene) -> anyhow::Result<()> {
    Ok(scene.state()?.remove("runs/deletions-confirmed").await?)
}

async fn a_list_that_shrank_by_half_deletes_nothing(backend: Backend) -> anyhow::Result<()> {
    let scene = walking(backend).await?;
    published(&scene, "shrunk", &["shrunk-1", "shrunk-2"]).await?;
    let all = scene.primary()?.names(LOCATORS).await?;
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let there = scene.secondary()?.names(LOCATORS).await?;
    // All but so few that it is under half; then these too.
    let few = (all.len() - 1) / 2;
    let (left, gone) = all.split_at(few);
    for gone in [gone, left] {
        withdraw(&scene, gone).await?;
        let walked = swept(&scene, LOCATORS, "list").await?;
        ensure!(walked.text("detail").contains("half"), "{walked:?}");
        let left = scene.secondary()?.names(LOCATORS).await?;
        ensure!(left == there, "{left:?} of {there:?}");
    }
    // It was meant so.
    let until = OffsetDateTime::now_utc() + Duration::HOUR;
    Deletions::new(scene.state()?).confirm(until).await?;
    swept(&scene, LOCATORS, "list").await?;
    unconfirm(&scene).await?;
    let left = scene.secondary()?.names(LOCATORS).await?;
    ensure!(left.is_empty(), "{left:?}");
    Ok(())
}

async fn a_list_that_breaks_off_deletes_nothing(backend: Backend) -> anyhow::Result<()> {
    let scene = walking(backend).await?;
    let stay = ["broken-2", "broken-3", "broken-4", "broken-5"];
    published(&scene, "broken", &[&["broken-1"], &stay[..]].concat()).await?;
    withdraw(&scene, &["broken-1"]).await?;
    scene
        .control()
        .change_settings(|settings| settings.page_size = 1);
    for fault in [
        Fault::LoseAccount,
        Fault::Dark {
            how: Darkness::Unavailable,
        },
    ] {
        // Everything from the list's third page on. MK.IO has no 404 of its own for a list: it is asked whether the project is there.
        let fault = FaultRule::for_account(World::PRIMARY, fault).after(2);
        let fault = scene.control().add_fault(fault);
        let from = scene.log.end();
        // It was tried often enough: the next sweep makes another.
        let mut order = sweep(LOCATORS, "list")?;
        order["attempt"] = json!(3);
        enqueue(&scene, &order).await?;
        let walked = said(&scene, from, LOCATORS, "failed").await?;
        ensure!(walked.text("reason") == "source-unavailable", "{walked:?}");
        ensure!(walked.number("delete_candidates") == Some(0), "{walked:?}");
        ensure!(is_there(&scene, "broken-1").await?);
        scene.control().clear_fault(fault);
    }
    swept(&scene, LOCATORS, "list").await?;
    ensure!(!is_there(&scene, "broken-1").await?);
    for locator in stay {
        ensure!(is_there(&scene, locator).await?, "{locator} is deleted");
    }
    Ok(())
}

/// Between the walk that did not see it and the deletion, it is made anew: the primary is asked once more.
async fn what_comes_back_in_time_is_not_deleted(backend: Backend) -> anyhow::Result<()> {
    let scene = walking(backend).await?;
    published(&scene, "returns", &["returns-1", "returns-2", "returns-3"]).await?;
    let path = "streamingLocators/returns-1";
    let id = scene.primary()?.get(path).await?["properties"]["streamingLocatorId"].clone();
    withdraw(&scene, &["returns-1"]).await?;
    // The confirmation has to wait while it comes back.
    let busy = FaultRule::for_account(World::PRIMARY, Fault::Throttle { retry_after: 2 })
        .path("/returns-1")
        .times(1);
    scene.control().add_fault(busy);
    let from = scene.log.end();
    enqueue(&scene, &sweep(LOCATORS, "list")?).await?;
    said(&scene, from, LOCATORS, "walked").await?;
    scene
        .expect_after(from, path, "waiting(source-throttled)")
        .await?;
    let mut anew = clear("returns");
    anew["streamingLocatorId"] = id;
    scene.primary()?.put(path, anew).await?;
    scene
        .expect_after(from, path, "skipped(source-changing)")
        .await?;
    scene.calm().await?;
    let deletes = scene.writes("returns-1");
    let deletes = deletes.iter().filter(|write| write.method == "DELETE");
    ensure!(deletes.count() == 0, "it was deleted");
    scene.proof()?.locator("returns-1").await?;
    Ok(())
}
