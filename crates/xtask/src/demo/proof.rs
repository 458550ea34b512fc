//! What the proof says about everything that the story published.

use anyhow::ensure;
use world::{Backend, proof::Proof};

use super::story::{
    ASSET, CLEAR_KEY, CLIP, LOCATORS, MEMBERS, MULTI_DRM, PREMIERE, PREMIERE_MEDIA_ID, PREVIEW,
    SMALL_SCREENS, SUBSCRIBERS,
};

pub(super) async fn everything_is_equal(proof: &Proof, backend: Backend) -> anyhow::Result<()> {
    for name in LOCATORS {
        locator(proof, name).await?;
    }
    let preview = format!("streamingLocators/{PREVIEW}");
    proof.absent(&preview).await?;
    println!("  {preview}: gone from both accounts");
    policies(proof).await?;
    if backend == Backend::Mkio {
        proof.streaming_policy(CLEAR_KEY).await?;
        println!("  streamingPolicies/{CLEAR_KEY}: the same");
    }
    for filter in [
        format!("accountFilters/{SMALL_SCREENS}"),
        format!("assets/{ASSET}/assetFilters/{CLIP}"),
    ] {
        proof.filter(&filter).await?;
        println!("  {filter}: the same");
    }
    proof.asset(ASSET).await?;
    let blobs = proof.blobs(ASSET).await?;
    println!(
        "  assets/{ASSET}: the same, with {blobs} blobs downloaded from both sides and hashed (SHA-256)"
    );
    let names = proof.names().await?;
    println!("  and neither account has anything else: {names} resources in each");
    Ok(())
}

async fn locator(proof: &Proof, name: &str) -> anyhow::Result<()> {
    let same = proof.locator(name).await?;
    ensure!(!same.suppressed, "streamingLocators/{name} is suppressed");
    println!(
        "  streamingLocators/{name}: the same ID {}, {} streaming paths, {} content keys with their values",
        same.id, same.paths, same.keys
    );
    if let Some(id) = &same.alternative_media_id {
        println!(
            "  streamingLocators/{name}: the same alternative media ID {id}, filters {:?}, start and end",
            same.filters
        );
    }
    ensure!(
        name != PREMIERE
            || same.alternative_media_id.as_deref() == Some(PREMIERE_MEDIA_ID)
                && same.filters == [SMALL_SCREENS],
        "the change of streamingLocators/{name} is not there"
    );
    Ok(())
}

async fn policies(proof: &Proof) -> anyhow::Result<()> {
    // How many secrets each holds, and how many URLs on hosts of the region.
    for (name, secrets, hosts) in [(MEMBERS, 1, 0), (SUBSCRIBERS, 9, 1)] {
        let policy = proof.content_key_policy(name).await?;
        ensure!(
            Proof::secrets_of(&policy) == secrets,
            "{name}: other secrets"
        );
        ensure!(proof.hosts_mapped(&policy) == hosts, "{name}: other hosts");
        println!(
            "  contentKeyPolicies/{name}: the same, {secrets} secrets included, {hosts} hosts mapped to the other region's"
        );
    }
    let policy = proof.streaming_policy(MULTI_DRM).await?;
    let hosts = proof.hosts_mapped(&policy);
    ensure!(hosts == 3, "streamingPolicies/{MULTI_DRM}: other hosts");
    println!(
        "  streamingPolicies/{MULTI_DRM}: the same, {hosts} hosts mapped to the other region's"
    );
    Ok(())
}
