//! What the proof says about everything that the story published.

use anyhow::ensure;
use world::proof::Proof;

use super::story::{ASSET, LOCATORS, POLICY};

pub(super) async fn everything_is_equal(proof: &Proof) -> anyhow::Result<()> {
    for name in LOCATORS {
        let same = proof.locator(name).await?;
        println!(
            "  streamingLocators/{name}: the same streaming locator ID {}",
            same.id
        );
        println!(
            "  streamingLocators/{name}: the same {} streaming paths",
            same.paths
        );
        println!(
            "  streamingLocators/{name}: the same {} content keys, values included",
            same.keys
        );
    }
    let policy = proof.content_key_policy(POLICY).await?;
    let secret = &policy["options"][0]["restriction"]["primaryVerificationKey"]["keyValue"];
    ensure!(secret.is_string(), "the policy's secret is not shown");
    println!("  contentKeyPolicies/{POLICY}: the same, secrets included");
    let blobs = proof.blobs(ASSET).await?;
    println!(
        "  assets/{ASSET}: the same {blobs} blobs, downloaded from both sides and hashed (SHA-256)"
    );
    Ok(())
}
