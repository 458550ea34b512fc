//! How far behind the secondary is, for people and for programs.

use anyhow::{Context, ensure};
use serde_json::Value;
use simulator::{Darkness, Fault, FaultRule};
use world::{Backend, World};

use crate::support::{Scene, Tool, encoded, exclusive, tests_on_both};

tests_on_both![
    all_is_well_or_it_says_what_is_not_and_what_to_do,
    storage_that_cannot_be_read_is_an_error_and_not_a_healthy_mirror,
];

const POISON: &str = "mirror-filter-poison";

/// Takes away what other tests have left undone.
async fn clean(scene: &Scene) -> anyhow::Result<()> {
    let documents = scene.state()?;
    for path in documents.list("exceptions/", 1000).await? {
        documents.remove(&path).await?;
    }
    for queue in health::QUEUES {
        let poison = format!("{queue}-poison");
        scene.poison.empty(&*scene.queues, &poison).await?;
    }
    Ok(())
}

fn first(said: &crate::support::Said) -> anyhow::Result<Value> {
    let values = said.values()?;
    ensure!(values.len() == 1, "{values:#?}");
    values.into_iter().next().context("one line")
}

async fn all_is_well_or_it_says_what_is_not_and_what_to_do(backend: Backend) -> anyhow::Result<()> {
    let scene = exclusive(backend).await?;
    encoded(&scene, "known").await?;
    scene.calm().await?;
    clean(&scene).await?;
    // Another test may have verified what it had spoilt.
    scene.state()?.remove("heartbeat.json").await?;
    scene.host.fire("heartbeat").await?;
    let tool = Tool::of(&scene);
    let well = tool.expect(0, &["status"]).await?;
    well.must_have(&[
        "All is well.",
        "streamingLocators",
        "JobFinished",
        "Last 24 hours",
        "the last heartbeat was",
    ])?;
    ensure!(!well.out.contains('\u{1b}'), "colours without a terminal");
    let value = first(&tool.expect(0, &["status", "--json"]).await?)?;
    ensure!(value["healthy"] == true, "{value:#}");
    ensure!(value["now"]["lag"]["assets"] == 0, "{value:#}");
    ensure!(value["steps"].is_array() && value["last_heartbeat"].is_string());

    scene.enqueue(POISON, b"no change").await?;
    let listed = tool.expect(2, &["status", "--exceptions"]).await?;
    listed.must_have(&["one by one", "nothing"])?;
    let poisoned = tool.expect(2, &["status"]).await?;
    poisoned.must_have(&["1 message in mirror-filter-poison", "put them back"])?;
    clean(&scene).await?;

    let how = Darkness::default();
    let dark = FaultRule::for_account(World::PRIMARY, Fault::Dark { how });
    scene.control().add_fault(dark);
    let dark = tool.expect(2, &["status"]).await?;
    dark.must_have(&["source-unavailable", "unknown since", "region's health"])?;
    let value = first(&tool.expect(2, &["status", "--json"]).await?)?;
    let next = &value["concerns"][0]["next"];
    ensure!(value["healthy"] == false && next.is_string(), "{value:#}");
    scene.control().clear_faults(None);
    tool.expect(0, &["status"]).await?;
    for said in [&well, &poisoned, &dark] {
        let world: &World = &scene;
        for secret in &world.secrets {
            ensure!(!said.has(secret), "a secret shows");
        }
    }
    Ok(())
}

async fn storage_that_cannot_be_read_is_an_error_and_not_a_healthy_mirror(
    backend: Backend,
) -> anyhow::Result<()> {
    let scene = exclusive(backend).await?;
    let nowhere = "https://127.0.0.1:1/nowhere";
    let tool = Tool::of(&scene).with("AzureWebJobsStorage__queueServiceUri", nowhere);
    let said = tool.expect(1, &["status"]).await?;
    said.must_have(&["cannot be read", "config check"])?;
    Ok(())
}
