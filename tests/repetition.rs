//! Whatever arrives twice, late or in another order writes nothing the second time.

use anyhow::ensure;
use simulator::RedeliveryOrder;
use world::{Backend, World};

use crate::support::{clear, exclusive, made, members, tests_on_both};

tests_on_both![events_that_come_again_write_nothing];

async fn events_that_come_again_write_nothing(backend: Backend) -> anyhow::Result<()> {
    let scene = exclusive(backend).await?;
    // Tests that had the world before made changes fail on purpose.
    let from = scene.log.end();
    let control = scene.control();
    // From the first one on: each event comes three times, and up to eight change places.
    control.change_settings(|settings| {
        settings.delivery.duplicate = 2;
        settings.delivery.reorder = 8;
    });
    let primary = scene.primary()?;
    made(&scene, "again").await?;
    primary.encode("again", &["again"]).await?;
    scene
        .put("streamingLocators/again-free", clear("again"))
        .await?;
    members(&scene, "again").await?;
    scene.calm().await?;

    let proof = scene.proof()?;
    proof.locator("again").await?;
    proof.locator("again-free").await?;
    proof.content_key_policy("again").await?;
    proof.blobs("again").await?;
    let blobs = proof.replica_blob_versions("again").await?;
    let (failed, _): (Vec<_>, Vec<_>) = (scene.log.records(from).into_iter())
        .partition(|record| record.is_change() && record.text("outcome") == "failed");
    ensure!(failed.is_empty(), "{failed:#?}");

    control.change_settings(|settings| settings.delivery = Default::default());
    for order in [RedeliveryOrder::Reversed, RedeliveryOrder::Shuffled] {
        control.reset_requests();
        ensure!(control.redeliver(order).await > 0, "no event came again");
        scene.tell("contentKeyPolicies/again").await?;
        scene.calm().await?;
        let counts = control.counts(World::SECONDARY);
        ensure!(counts.reads > 0, "{order:?}: nobody looked");
        ensure!(counts.writes == 0, "{order:?}: {} writes", counts.writes);
        let after = proof.replica_blob_versions("again").await?;
        ensure!(after == blobs, "{order:?}: a blob was written");
    }
    let counts = control.counts(World::PRIMARY);
    ensure!(counts.writes == 0, "the primary was written to");
    Ok(())
}
