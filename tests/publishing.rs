//! What is encoded, published and changed in the primary appears in the secondary.

use anyhow::{Context, ensure};
use serde_json::json;
use world::{
    Backend,
    bodies::{filters, streaming_policies},
    differences,
    proof::versions,
};

use crate::support::{
    clear, encoded, exclusive, made, members, outcome, shared, tests_on_both, viewers,
};

tests_on_both![
    a_title_is_the_same_on_both_sides,
    filters_and_streaming_policies_are_the_same_on_both_sides,
    a_locator_is_published_after_its_bytes,
    a_locator_brings_the_policies_that_it_names,
    an_updated_content_key_policy_is_updated_with_its_secrets,
    an_updated_asset_is_updated,
    a_changed_clear_locator_is_the_same_under_its_id,
    changed_times_of_a_locator_with_content_keys,
    content_keys_on_a_predefined_policy,
    a_withdrawn_locator,
    somebody_elses_container_is_left_alone,
];

async fn a_title_is_the_same_on_both_sides(backend: Backend) -> anyhow::Result<()> {
    let scene = shared(backend).await?;
    let primary = scene.primary()?;
    let description = json!({"description": "A title", "alternateId": "title-1"});
    let labels = json!({"series": "my-show"});
    primary
        .put_asset("title", description, labels.clone())
        .await?;
    primary.upload_title("title").await?;
    primary.encode("title", &["title"]).await?;
    scene.expect("assets/title", "applied").await?;
    scene
        .put("streamingLocators/title-free", clear("title"))
        .await?;
    members(&scene, "title").await?;
    for locator in ["title-free", "title"] {
        let resource = format!("streamingLocators/{locator}");
        let lag = scene.expect(&resource, "applied").await?.number("lag_ms");
        ensure!(
            lag.is_some(),
            "{locator}: nobody says how far behind it was"
        );
    }

    let proof = scene.proof()?;
    ensure!(proof.locator("title-free").await?.keys == 0);
    ensure!(proof.locator("title").await?.keys == 1);
    proof.content_key_policy("title").await?;
    proof.streaming_policy("title").await?;
    proof.asset("title").await?;
    ensure!(proof.blobs("title").await? == 6);
    let asset = scene.secondary()?.get("assets/title").await?;
    ensure!(asset["properties"]["description"] == "A title");
    ensure!(asset["properties"]["alternateId"] == "title-1");
    let mirrored = differences::LABELS.on(backend) == "mirrored";
    ensure!(
        (asset["labels"] == labels) == mirrored,
        "{}",
        asset["labels"]
    );
    // The asset's own creation is a write too, and of another kind.
    let puts = scene.writes("title").into_iter().filter(|request| {
        request.method == "PUT" && request.kind.as_deref() == Some("streamingLocators")
    });
    ensure!(puts.count().to_string() == differences::PUTS_WITH_KEYS.on(backend));
    Ok(())
}

async fn filters_and_streaming_policies_are_the_same_on_both_sides(
    backend: Backend,
) -> anyhow::Result<()> {
    let scene = shared(backend).await?;
    encoded(&scene, "filtered").await?;
    let policy = "streamingPolicies/filtered";
    let mut body = streaming_policies::clear_key("filtered");
    body["defaultContentKeyPolicyName"] = json!(null);
    if let Some(body) = body.as_object_mut() {
        body.remove("defaultContentKeyPolicyName");
    }
    scene.put(policy, body).await?;
    scene.expect(policy, "applied").await?;
    scene.proof()?.streaming_policy("filtered").await?;
    for (path, before, after) in [
        (
            "accountFilters/filtered",
            filters::small_screens(),
            filters::clip(),
        ),
        (
            "assets/filtered/assetFilters/clip",
            filters::clip(),
            filters::small_screens(),
        ),
    ] {
        // An event about the asset may bring its filter before the filter's own does.
        scene.put(path, before).await?;
        scene.expect_mirrored(0, path).await?;
        scene.proof()?.filter(path).await?;
        let from = scene.log.end();
        scene.change(path, after).await?;
        scene.expect_mirrored(from, path).await?;
        scene.proof()?.filter(path).await?;
    }
    let mut locator = clear("filtered");
    locator["filters"] = json!(["filtered", "clip"]);
    let path = "streamingLocators/filtered";
    scene.put(path, locator).await?;
    scene.expect(path, "applied").await?;
    ensure!(scene.proof()?.locator("filtered").await?.filters.len() == 2);
    Ok(())
}

async fn a_locator_is_published_after_its_bytes(backend: Backend) -> anyhow::Result<()> {
    let scene = shared(backend).await?;
    made(&scene, "early").await?;
    // No job, no locator: a raw input, which stays where it is.
    scene.tell("assets/early").await?;
    scene
        .expect("assets/early", "skipped(out-of-scope)")
        .await?;
    let primary = scene.primary()?;
    primary
        .put("streamingLocators/early", clear("early"))
        .await?;
    scene
        .expect("streamingLocators/early", "waiting(replica-not-ready)")
        .await?;
    scene.expect("streamingLocators/early", "applied").await?;
    scene.expect("assets/early", "applied").await?;

    let asset = scene.writes("early");
    let at = |kind: &str| {
        let write = asset
            .iter()
            .find(|request| request.kind.as_deref() == Some(kind));
        write.map(|request| request.sequence)
    };
    ensure!(at("assets").context("the asset")? < at("streamingLocators").context("the locator")?);
    scene.proof()?.locator("early").await?;
    ensure!(scene.proof()?.blobs("early").await? == 2);
    Ok(())
}

async fn a_locator_brings_the_policies_that_it_names(backend: Backend) -> anyhow::Result<()> {
    let scene = exclusive(backend).await?;
    let primary = scene.primary()?;
    encoded(&scene, "bringing").await?;
    scene.calm().await?;
    // Of the policies nobody tells: the events are lost, where there are any.
    scene.lose_events();
    let key = scene.secrets.base64("verification-key");
    primary
        .put("contentKeyPolicies/bringing", viewers(&key))
        .await?;
    let encryption = streaming_policies::clear_key("bringing");
    primary
        .put("streamingPolicies/bringing", encryption)
        .await?;
    scene.calm().await?;
    let secondary = scene.secondary()?;
    let there = secondary.find("contentKeyPolicies/bringing").await?;
    ensure!(there.is_none(), "its event was to be lost");
    scene
        .control()
        .change_settings(|settings| settings.delivery.lose = 0);
    let locator = json!({
        "assetName": "bringing",
        "streamingPolicyName": "bringing",
        "defaultContentKeyPolicyName": "bringing",
    });
    scene.put("streamingLocators/bringing", locator).await?;
    scene
        .expect("streamingLocators/bringing", "applied")
        .await?;
    scene.calm().await?;
    scene.proof()?.content_key_policy("bringing").await?;
    scene.proof()?.streaming_policy("bringing").await?;
    ensure!(scene.proof()?.locator("bringing").await?.keys == 1);
    Ok(())
}

async fn an_updated_content_key_policy_is_updated_with_its_secrets(
    backend: Backend,
) -> anyhow::Result<()> {
    let scene = shared(backend).await?;
    let policy = "contentKeyPolicies/rotating";
    let old = scene.secrets.base64("old-key");
    scene.put(policy, viewers(&old)).await?;
    scene.expect(policy, "applied").await?;
    let before = scene.log.end();
    let new = scene.secrets.base64("new-key");
    scene.change(policy, viewers(&new)).await?;
    let done = scene.expect_after(before, policy, "applied").await?;
    ensure!(
        done.text("detail").contains("primaryVerificationKey"),
        "nobody says what was updated: {done:?}"
    );
    let replica = scene.proof()?.content_key_policy("rotating").await?;
    let key = &replica["options"][0]["restriction"]["primaryVerificationKey"]["keyValue"];
    ensure!(key == new.as_str(), "the replica has another key");
    ensure!(scene.writes("rotating").len() == 2);
    Ok(())
}

async fn an_updated_asset_is_updated(backend: Backend) -> anyhow::Result<()> {
    let scene = shared(backend).await?;
    let asset = "assets/renamed";
    encoded(&scene, "renamed").await?;
    let from = scene.log.end();
    let properties = json!({"description": "A better title", "alternateId": "title-2"});
    scene.change(asset, properties).await?;
    scene.expect_after(from, asset, "applied").await?;
    scene.proof()?.asset("renamed").await?;
    let replica = scene.secondary()?.get(asset).await?;
    ensure!(replica["properties"]["description"] == "A better title");
    Ok(())
}

/// Neither service can change more than the times of a locator (Azure Media Services not even those), so whoever wants it otherwise deletes it
/// and makes it anew under its ID.
async fn a_changed_clear_locator_is_the_same_under_its_id(backend: Backend) -> anyhow::Result<()> {
    let scene = shared(backend).await?;
    encoded(&scene, "anew").await?;
    let path = "streamingLocators/anew";
    scene.put(path, clear("anew")).await?;
    scene.expect(path, "applied").await?;
    let before = scene.proof()?.locator("anew").await?;
    let mut locator = clear("anew");
    locator["streamingLocatorId"] = json!(before.id);
    locator["alternativeMediaId"] = json!("other");
    let from = scene.log.end();
    let primary = scene.primary()?;
    primary.delete(path).await?;
    primary.put(path, locator).await?;
    scene.expect_after(from, path, "applied").await?;
    let after = scene.proof()?.locator("anew").await?;
    ensure!(after.id == before.id);
    ensure!(after.alternative_media_id.as_deref() == Some("other"));
    Ok(())
}

async fn changed_times_of_a_locator_with_content_keys(backend: Backend) -> anyhow::Result<()> {
    let scene = shared(backend).await?;
    encoded(&scene, "timed").await?;
    members(&scene, "timed").await?;
    let path = "streamingLocators/timed";
    scene.expect(path, "applied").await?;
    let primary = scene.primary()?;
    let before = primary.get(path).await?;
    let keys = primary.post(&format!("{path}/listContentKeys")).await?;
    let locator = json!({
        "assetName": "timed",
        "streamingPolicyName": "timed",
        "defaultContentKeyPolicyName": "timed",
        "streamingLocatorId": before["properties"]["streamingLocatorId"],
        "contentKeys": keys["contentKeys"].as_array().into_iter().flatten().map(|key| json!({
            "id": key["id"],
            "labelReferenceInStreamingPolicy": key["labelReferenceInStreamingPolicy"],
            "value": key["value"],
        })).collect::<Vec<_>>(),
        "endTime": "2031-01-01T00:00:00Z",
    });
    let from = scene.log.end();
    scene.change(path, locator).await?;
    let expected = differences::CHANGED_TIMES.on(backend);
    let said = scene.expect_after(from, path, expected).await?;
    ensure!(said.text("detail").contains("endTime"), "{said:?}");
    // Whatever came of it, the keys are the source's.
    let replica = scene.secondary()?;
    let kept = replica.post(&format!("{path}/listContentKeys")).await?;
    ensure!(kept["contentKeys"][0]["id"] == keys["contentKeys"][0]["id"]);
    ensure!(kept["contentKeys"][0]["value"] == keys["contentKeys"][0]["value"]);
    Ok(())
}

async fn content_keys_on_a_predefined_policy(backend: Backend) -> anyhow::Result<()> {
    let scene = shared(backend).await?;
    encoded(&scene, "predefined").await?;
    let key = scene.secrets.base64("verification-key");
    scene
        .put("contentKeyPolicies/predefined", viewers(&key))
        .await?;
    let locator = json!({
        "assetName": "predefined",
        "streamingPolicyName": "Predefined_ClearKey",
        "defaultContentKeyPolicyName": "predefined",
    });
    let path = "streamingLocators/predefined";
    scene.put(path, locator).await?;
    let expected = outcome(&differences::PREDEFINED_KEYS, backend)?;
    scene.expect(path, expected).await?;
    if expected == "applied" {
        ensure!(scene.proof()?.locator("predefined").await?.keys == 1);
        return Ok(());
    }
    // Nothing is published with other keys: it is not there, or suppressed.
    let replica = scene.secondary()?.find(path).await?;
    ensure!(
        replica.is_none_or(|replica| replica["properties"]["suppressed"] == true),
        "it is published"
    );
    Ok(())
}

async fn a_withdrawn_locator(backend: Backend) -> anyhow::Result<()> {
    let scene = shared(backend).await?;
    encoded(&scene, "gone").await?;
    let path = "streamingLocators/gone";
    scene.put(path, clear("gone")).await?;
    scene.expect(path, "applied").await?;
    let from = scene.log.end();
    scene.primary()?.delete(path).await?;
    // What walks find is told with them.
    if differences::WITHDRAWN.on(backend) == "walk" {
        scene.hint_because(path, "deleted").await?;
    }
    scene
        .expect_after(from, path, "waiting(source-gone)")
        .await?;
    scene.expect_after(from, path, "applied").await?;
    scene.proof()?.absent(path).await?;
    // The asset and its bytes stay on either.
    ensure!(scene.proof()?.blobs("gone").await? == 2);
    Ok(())
}

async fn somebody_elses_container_is_left_alone(backend: Backend) -> anyhow::Result<()> {
    let scene = shared(backend).await?;
    let primary = scene.primary()?;
    // In the secondary's storage account somebody has a container of that name, with something in it.
    let theirs = scene.replica_container("wanted-by-two")?;
    let mut create = theirs.clone();
    create.query_pairs_mut().append_pair("restype", "container");
    let client = scene.tls.client();
    let created = client
        .put(create)
        .header("content-length", 0)
        .send()
        .await?;
    created.error_for_status()?;
    let secondary = scene.secondary()?;
    let bytes = b"not the mirror's".to_vec();
    secondary
        .upload(&theirs, "theirs.txt", "text/plain", bytes)
        .await?;
    let before = versions(&client, &theirs).await?;

    let asset = json!({"container": "wanted-by-two"});
    primary.put_asset("placed", asset, json!({})).await?;
    let container = primary.container("placed", "ReadWrite").await?;
    primary
        .upload(
            &container,
            "film.ism",
            "application/xml",
            b"<smil/>".to_vec(),
        )
        .await?;
    primary
        .put("streamingLocators/placed", clear("placed"))
        .await?;
    scene.expect("streamingLocators/placed", "applied").await?;

    ensure!(
        versions(&client, &theirs).await? == before,
        "it was touched"
    );
    let replica = secondary.get("assets/placed").await?;
    let container = replica["properties"]["container"].as_str();
    ensure!(container.is_some_and(|container| container != "wanted-by-two"));
    ensure!(scene.proof()?.blobs("placed").await? == 1);
    scene.proof()?.locator("placed").await?;
    Ok(())
}
