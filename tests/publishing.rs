//! What is encoded, published and changed in the primary appears in the secondary.

use anyhow::{Context, ensure};
use serde_json::json;
use world::proof::versions;

use crate::support::{clear, encoded, exclusive, made, shared, tests, viewers};

tests![
    a_title_is_the_same_on_both_sides,
    a_locator_is_published_after_its_bytes,
    a_locator_brings_the_content_key_policy_that_it_names,
    an_updated_content_key_policy_is_updated_with_its_secrets,
    somebody_elses_container_is_left_alone,
];

async fn a_title_is_the_same_on_both_sides() -> anyhow::Result<()> {
    let scene = shared().await?;
    let primary = scene.primary()?;
    let key = scene.secrets.base64("verification-key");
    primary
        .put("contentKeyPolicies/title-viewers", viewers(&key))
        .await?;
    scene
        .expect("contentKeyPolicies/title-viewers", "applied")
        .await?;
    let description = json!({"description": "A title", "alternateId": "title-1"});
    primary.put("assets/title", description).await?;
    primary.upload_title("title").await?;
    primary.encode("title", &["title"]).await?;
    scene.expect("assets/title", "applied").await?;
    primary
        .put("streamingLocators/title-free", clear("title"))
        .await?;
    let members = json!({
        "assetName": "title",
        "streamingPolicyName": "Predefined_ClearKey",
        "defaultContentKeyPolicyName": "title-viewers",
    });
    primary
        .put("streamingLocators/title-members", members)
        .await?;
    for locator in ["title-free", "title-members"] {
        let resource = format!("streamingLocators/{locator}");
        let lag = scene.expect(&resource, "applied").await?.number("lag_ms");
        ensure!(
            lag.is_some(),
            "{locator}: nobody says how far behind it was"
        );
    }

    let proof = scene.proof()?;
    ensure!(proof.locator("title-free").await?.keys == 0);
    ensure!(proof.locator("title-members").await?.keys == 1);
    proof.content_key_policy("title-viewers").await?;
    ensure!(proof.blobs("title").await? == 6);
    let asset = scene.secondary()?.get("assets/title").await?;
    ensure!(asset["properties"]["description"] == "A title");
    ensure!(asset["properties"]["alternateId"] == "title-1");
    Ok(())
}

async fn a_locator_is_published_after_its_bytes() -> anyhow::Result<()> {
    let scene = shared().await?;
    made(&scene, "early").await?;
    // No job, no locator: a raw input, which stays where it is.
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

async fn a_locator_brings_the_content_key_policy_that_it_names() -> anyhow::Result<()> {
    let scene = exclusive().await?;
    let primary = scene.primary()?;
    encoded(&scene, "bringing").await?;
    scene.calm().await?;
    scene
        .control()
        .change_settings(|settings| settings.delivery.lose = 1);
    let key = scene.secrets.base64("verification-key");
    primary
        .put("contentKeyPolicies/bringing", viewers(&key))
        .await?;
    scene.calm().await?;
    let secondary = scene.secondary()?;
    let there = secondary.find("contentKeyPolicies/bringing").await?;
    ensure!(there.is_none(), "its event was to be lost");
    let locator = json!({
        "assetName": "bringing",
        "streamingPolicyName": "Predefined_ClearKey",
        "defaultContentKeyPolicyName": "bringing",
    });
    primary.put("streamingLocators/bringing", locator).await?;
    scene
        .expect("streamingLocators/bringing", "applied")
        .await?;
    scene.calm().await?;
    scene.proof()?.content_key_policy("bringing").await?;
    ensure!(scene.proof()?.locator("bringing").await?.keys == 1);
    Ok(())
}

async fn an_updated_content_key_policy_is_updated_with_its_secrets() -> anyhow::Result<()> {
    let scene = shared().await?;
    let primary = scene.primary()?;
    let policy = "contentKeyPolicies/rotating";
    let old = scene.secrets.base64("old-key");
    primary.put(policy, viewers(&old)).await?;
    scene.expect(policy, "applied").await?;
    let before = scene.log.end();
    let new = scene.secrets.base64("new-key");
    primary.put(policy, viewers(&new)).await?;
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

async fn somebody_elses_container_is_left_alone() -> anyhow::Result<()> {
    let scene = shared().await?;
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
    primary.put("assets/placed", asset).await?;
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
