//! What differs and nobody told of.

use anyhow::{Context, ensure};
use serde_json::json;
use uuid::Uuid;
use world::{
    Backend,
    bodies::{filters, streaming_policies},
    differences,
};

use super::{all_swept, swept, written};
use crate::support::{Scene, clear, made, tests_on_both, viewers, walking};

tests_on_both![
    what_lists_show_is_found_by_a_walk_over_lists,
    what_lists_do_not_show_is_found_by_deeper_walks,
    a_content_key_that_changed_under_its_id_is_found_and_reported,
    what_ended_waiting_is_put_right,
    an_id_that_was_taken_while_it_was_deleted_is_put_right,
];

/// A second walk finds nothing to do, and nothing is written.
async fn settled(scene: &Scene, depth: &str) -> anyhow::Result<()> {
    scene.control().reset_requests();
    let enqueued = all_swept(scene, depth).await?;
    if depth == "list" {
        ensure!(enqueued == 0, "{enqueued} names are enqueued again");
    }
    let writes = written(scene);
    ensure!(writes.is_empty(), "{writes:#?}");
    Ok(())
}

async fn what_lists_show_is_found_by_a_walk_over_lists(backend: Backend) -> anyhow::Result<()> {
    let scene = walking(backend).await?;
    let (primary, secondary, proof) = (scene.primary()?, scene.secondary()?, scene.proof()?);
    scene.lose_events();
    let key = scene.secrets.base64("verification-key");
    primary
        .put("contentKeyPolicies/unheard", viewers(&key))
        .await?;
    let encryption = streaming_policies::clear_key("unheard");
    primary.put("streamingPolicies/unheard", encryption).await?;
    primary
        .put("accountFilters/unheard", filters::clip())
        .await?;
    made(&scene, "unheard").await?;
    made(&scene, "unheard-raw").await?;
    let filter = "assets/unheard/assetFilters/clip";
    primary.put(filter, filters::clip()).await?;
    primary
        .put("streamingLocators/unheard", clear("unheard"))
        .await?;
    let locator = json!({
        "assetName": "unheard",
        "streamingPolicyName": "unheard",
        "defaultContentKeyPolicyName": "unheard",
    });
    primary
        .put("streamingLocators/unheard-members", locator)
        .await?;

    ensure!(all_swept(&scene, "list").await? >= 6);
    proof.content_key_policy("unheard").await?;
    proof.streaming_policy("unheard").await?;
    proof.filter("accountFilters/unheard").await?;
    proof.asset("unheard").await?;
    ensure!(proof.blobs("unheard").await? == 2);
    proof.filter(filter).await?;
    proof.locator("unheard").await?;
    ensure!(proof.locator("unheard-members").await?.keys == 1);
    // Raw inputs are not hauled across regions unasked.
    ensure!(secondary.find("assets/unheard-raw").await?.is_none());
    settled(&scene, "list").await?;

    let mut policy = viewers(&key);
    policy["description"] = json!("Viewers who paid");
    primary.change_content_key_policy("unheard", policy).await?;
    primary
        .put("accountFilters/unheard", filters::small_screens())
        .await?;
    let properties = json!({"description": "A title", "alternateId": "title-1"});
    primary
        .put_asset("unheard", properties, json!({"series": "my-show"}))
        .await?;
    let mut locator = clear("unheard");
    locator["endTime"] = json!("2031-01-01T00:00:00Z");
    if backend == Backend::Ams {
        // There it cannot be changed: it is made anew, under its ID.
        let path = "streamingLocators/unheard";
        let before = primary.get(path).await?;
        locator["streamingLocatorId"] = before["properties"]["streamingLocatorId"].clone();
        primary.delete(path).await?;
    }
    primary.put("streamingLocators/unheard", locator).await?;
    ensure!(all_swept(&scene, "list").await? == 4);
    proof.content_key_policy("unheard").await?;
    proof.filter("accountFilters/unheard").await?;
    proof.asset("unheard").await?;
    proof.locator("unheard").await?;
    let asset = secondary.get("assets/unheard").await?;
    ensure!(asset["properties"]["description"] == "A title");
    let labels = differences::LABELS.on(backend) == "mirrored";
    ensure!((asset["labels"]["series"] == "my-show") == labels);
    settled(&scene, "list").await
}

async fn what_lists_do_not_show_is_found_by_deeper_walks(backend: Backend) -> anyhow::Result<()> {
    let scene = walking(backend).await?;
    let (primary, proof) = (scene.primary()?, scene.proof()?);
    scene.lose_events();
    let policy = "contentKeyPolicies/deep";
    let old = scene.secrets.base64("old-verification-key");
    primary.put(policy, viewers(&old)).await?;
    made(&scene, "deep").await?;
    let [kept, gone] = ["kept", "gone"].map(|name| format!("assets/deep/assetFilters/{name}"));
    for filter in [&kept, &gone] {
        primary.put(filter, filters::clip()).await?;
    }
    primary.put("streamingLocators/deep", clear("deep")).await?;
    all_swept(&scene, "list").await?;
    proof.filter(&gone).await?;

    let new = scene.secrets.base64("new-verification-key");
    primary
        .change_content_key_policy("deep", viewers(&new))
        .await?;
    primary.put(&kept, filters::small_screens()).await?;
    primary.delete(&gone).await?;
    let container = primary.container("deep", "ReadWrite").await?;
    primary
        .upload(&container, "late.vtt", "text/vtt", b"WEBVTT".to_vec())
        .await?;
    ensure!(all_swept(&scene, "list").await? == 0, "lists show it");

    swept(&scene, "assets", "children").await?;
    proof.filter(&kept).await?;
    proof.absent(&gone).await?;
    // An asset that is mirrored for whatever reason is mirrored with its blobs; so another one later.
    primary
        .upload(&container, "later.vtt", "text/vtt", b"WEBVTT".to_vec())
        .await?;
    swept(&scene, "assets", "bytes").await?;
    ensure!(proof.blobs("deep").await? == 4);

    ensure!(proof.content_key_policy("deep").await.is_err());
    swept(&scene, "contentKeyPolicies", "keys").await?;
    proof.content_key_policy("deep").await?;

    scene.control().reset_requests();
    // What docs/walks.md says: the asset and a page of its filters; the policy; the locator, and the values of its keys if it has any.
    for (kind, depth, least, most) in [
        ("assets", "children", 2, 2),
        ("assets", "bytes", 2, 2),
        ("contentKeyPolicies", "keys", 1, 1),
        ("streamingLocators", "keys", 1, 2),
    ] {
        let from = scene.log.end();
        let walked = swept(&scene, kind, depth).await?;
        let names = walked.number("enqueued").unwrap_or_default();
        ensure!(names > 0, "{walked:?}");
        let all = scene.log.records(from);
        for calls in ["calls_primary", "calls_secondary"] {
            let batches = all.iter().filter(|one| one.text("message") == "batch");
            let sum: u64 = batches.filter_map(|batch| batch.number(calls)).sum();
            ensure!(
                (least * names..=most * names).contains(&sum),
                "{kind}/{depth}: {sum} {calls} for {names} names"
            );
        }
    }
    let writes = written(&scene);
    ensure!(writes.is_empty(), "{writes:#?}");
    scene.no_secret_shows().await?;
    Ok(())
}

/// The properties of a locator with one content key.
fn keyed(scene: &Scene, id: Uuid, locator_id: Uuid) -> serde_json::Value {
    json!({
        "assetName": "keyed",
        "streamingPolicyName": "keyed",
        "defaultContentKeyPolicyName": "keyed",
        "streamingLocatorId": locator_id,
        "contentKeys": [{
            "id": id,
            "labelReferenceInStreamingPolicy": "clearKeyDefault",
            "value": scene.secrets.key("content-key"),
        }],
    })
}

async fn a_content_key_that_changed_under_its_id_is_found_and_reported(
    backend: Backend,
) -> anyhow::Result<()> {
    let scene = walking(backend).await?;
    let primary = scene.primary()?;
    scene.lose_events();
    let key = scene.secrets.base64("verification-key");
    primary
        .put("contentKeyPolicies/keyed", viewers(&key))
        .await?;
    let encryption = streaming_policies::clear_key("keyed");
    primary.put("streamingPolicies/keyed", encryption).await?;
    made(&scene, "keyed").await?;
    let path = "streamingLocators/keyed";
    let (id, locator_id) = (Uuid::new_v4(), Uuid::new_v4());
    primary.put(path, keyed(&scene, id, locator_id)).await?;
    all_swept(&scene, "list").await?;
    scene.proof()?.locator("keyed").await?;

    primary.delete(path).await?;
    primary.put(path, keyed(&scene, id, locator_id)).await?;
    let shallow = swept(&scene, "streamingLocators", "list").await?;
    ensure!(shallow.number("enqueued") == Some(0), "{shallow:?}");
    let from = scene.log.end();
    scene.control().reset_requests();
    swept(&scene, "streamingLocators", "keys").await?;
    // Locators with content keys are not replaced unasked.
    scene
        .expect_after(from, path, "failed(replica-conflict)")
        .await?;
    let recorded = scene
        .exception(change::Kind::StreamingLocators, "keyed")
        .await?;
    ensure!(recorded.reason == "replica-conflict");
    ensure!(written(&scene).is_empty());
    scene.no_secret_shows().await?;
    primary.delete(path).await?;
    scene.secondary()?.delete(path).await
}

/// By events alone it stays as it is: whoever waits was promised an asset that went.
async fn what_ended_waiting_is_put_right(backend: Backend) -> anyhow::Result<()> {
    let scene = walking(backend).await?;
    let primary = scene.primary()?;
    made(&scene, "promised").await?;
    scene.calm().await?;
    let locator = "streamingLocators/promised";
    // The locator's change reads the asset first; then the asset's own has to wait.
    let busy = simulator::Fault::Throttle { retry_after: 2 };
    let busy = simulator::FaultRule::for_account(world::World::PRIMARY, busy)
        .methods(&["GET"])
        .path("/assets/promised")
        .after(1)
        .times(1);
    scene.control().add_fault(busy);
    let from = scene.log.end();
    primary.put(locator, clear("promised")).await?;
    scene
        .expect_after(from, locator, "waiting(replica-not-ready)")
        .await?;
    scene
        .expect_after(from, "assets/promised", "waiting(source-throttled)")
        .await?;
    scene.lose_events();
    primary.delete(locator).await?;
    primary.delete("assets/promised").await?;
    scene
        .expect_after(from, "assets/promised", "in-sync")
        .await?;
    made(&scene, "promised").await?;
    primary.put(locator, clear("promised")).await?;
    scene.calm().await?;
    ensure!(scene.secondary()?.find(locator).await?.is_none());
    all_swept(&scene, "list").await?;
    scene.proof()?.locator("promised").await?;
    Ok(())
}

async fn an_id_that_was_taken_while_it_was_deleted_is_put_right(
    backend: Backend,
) -> anyhow::Result<()> {
    let scene = walking(backend).await?;
    let primary = scene.primary()?;
    made(&scene, "reused").await?;
    let old = "streamingLocators/reused-old";
    primary.put(old, clear("reused")).await?;
    scene.expect(old, "applied").await?;
    let id = primary.get(old).await?["properties"]["streamingLocatorId"].clone();
    id.as_str().context("a streaming locator ID")?;
    scene.lose_events();
    primary.delete(old).await?;
    let new = "streamingLocators/reused-new";
    let mut locator = clear("reused");
    locator["streamingLocatorId"] = id;
    primary.put(new, locator).await?;
    scene
        .control()
        .change_settings(|settings| settings.delivery.lose = 0);
    // Its event comes while the other one is still there.
    let from = scene.hint(new).await?;
    let refused = differences::ID_TAKEN.on(backend);
    scene.expect_after(from, new, refused).await?;
    scene.calm().await?;
    let walked = swept(&scene, "streamingLocators", "list").await?;
    ensure!(walked.number("delete_candidates") == Some(1), "{walked:?}");
    scene.proof()?.absent(old).await?;
    // What failed for good is looked at again after an hour; a backfill does not wait.
    let again = super::order("streamingLocators", "list", "backfill", "backfill-reused")?;
    super::enqueue(&scene, &again).await?;
    scene.expect_after(from, new, "applied").await?;
    scene.calm().await?;
    scene.proof()?.locator("reused-new").await?;
    Ok(())
}
