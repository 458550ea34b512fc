//! The proof that both accounts serve the same, by asking both and comparing plainly: nothing of the mirror's code is used.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context, ensure};
use azure_core::http::{ClientOptions, Transport};
use azure_storage_blob::{BlobContainerClient, BlobContainerClientOptions};
use futures::TryStreamExt;
use serde_json::Value;
use sha2::{Digest, Sha256};
use world::World;

use super::{
    platform::Platform,
    story::{ASSET, LOCATORS, POLICY},
};

pub(super) struct Proof {
    primary: Platform,
    secondary: Platform,
    transport: Transport,
}

impl Proof {
    pub(super) fn new(world: &World) -> anyhow::Result<Self> {
        Ok(Self {
            primary: Platform::new(world, World::PRIMARY)?,
            secondary: Platform::new(world, World::SECONDARY)?,
            transport: Transport::new(Arc::new(world.tls.client())),
        })
    }

    pub(super) async fn everything_is_equal(&self) -> anyhow::Result<()> {
        for locator in LOCATORS {
            let path = format!("streamingLocators/{locator}");
            let locator_id = self
                .same(&path, |locator| {
                    locator["properties"]["streamingLocatorId"].clone()
                })
                .await?;
            println!("  {path}: the same streaming locator ID {locator_id}");
            let paths = self
                .same_answer(&format!("{path}/listPaths"), |answer| answer)
                .await?;
            let count = paths["streamingPaths"].as_array().map_or(0, Vec::len);
            ensure!(count > 0, "{path} has no streaming path");
            println!("  {path}: the same {count} streaming paths");
            let keys = self
                .same_answer(&format!("{path}/listContentKeys"), sorted_keys)
                .await?;
            let count = keys.as_array().map_or(0, Vec::len);
            println!("  {path}: the same {count} content keys, values included");
        }
        let path = format!("contentKeyPolicies/{POLICY}/getPolicyPropertiesWithSecrets");
        let policy = self.same_answer(&path, without_generated).await?;
        let secret = &policy["options"][0]["restriction"]["primaryVerificationKey"]["keyValue"];
        ensure!(secret.is_string(), "the policy's secret is not shown");
        println!("  contentKeyPolicies/{POLICY}: the same, secrets included");
        let primary = self.hashes(&self.primary).await?;
        let secondary = self.hashes(&self.secondary).await?;
        ensure!(!primary.is_empty(), "the asset has no blobs");
        ensure!(
            primary == secondary,
            "the blobs differ: {primary:?} and {secondary:?}"
        );
        println!(
            "  assets/{ASSET}: the same {} blobs, downloaded from both sides and hashed (SHA-256)",
            primary.len()
        );
        Ok(())
    }

    async fn same(&self, path: &str, part: fn(Value) -> Value) -> anyhow::Result<Value> {
        let (a, b) = (
            self.primary.get(path).await?,
            self.secondary.get(path).await?,
        );
        equal(path, part(a), part(b))
    }

    async fn same_answer(&self, path: &str, part: fn(Value) -> Value) -> anyhow::Result<Value> {
        let (a, b) = (
            self.primary.post(path).await?,
            self.secondary.post(path).await?,
        );
        equal(path, part(a), part(b))
    }

    /// What is in the replica's container, with the version of each blob: a write would change it.
    pub(super) async fn replica_blob_versions(&self) -> anyhow::Result<BTreeMap<String, String>> {
        let container = self.container(&self.secondary).await?;
        let mut versions = BTreeMap::new();
        let mut blobs = container.list_blobs(None)?;
        while let Some(blob) = blobs.try_next().await? {
            let etag = blob.properties.and_then(|properties| properties.etag);
            versions.insert(blob.name.context("a blob has a name")?, format!("{etag:?}"));
        }
        Ok(versions)
    }

    async fn hashes(&self, platform: &Platform) -> anyhow::Result<BTreeMap<String, String>> {
        let container = self.container(platform).await?;
        let mut hashes = BTreeMap::new();
        let mut blobs = container.list_blobs(None)?;
        while let Some(blob) = blobs.try_next().await? {
            let name = blob.name.context("a blob has a name")?;
            let answer = container.blob_client(&name).download(None).await?;
            let bytes = answer.body.collect().await?;
            hashes.insert(name, format!("{:x}", Sha256::digest(&bytes)));
        }
        Ok(hashes)
    }

    async fn container(&self, platform: &Platform) -> anyhow::Result<BlobContainerClient> {
        let url = platform.container(ASSET, "Read").await?;
        let options = BlobContainerClientOptions {
            client_options: ClientOptions {
                transport: Some(self.transport.clone()),
                ..ClientOptions::default()
            },
            ..BlobContainerClientOptions::default()
        };
        Ok(BlobContainerClient::new(url, None, Some(options))?)
    }
}

fn equal(path: &str, a: Value, b: Value) -> anyhow::Result<Value> {
    // The values may be keys, so they are not printed.
    ensure!(a == b, "{path} differs between the two accounts");
    Ok(a)
}

/// The services keep no order among content keys.
fn sorted_keys(answer: Value) -> Value {
    let mut keys = answer["contentKeys"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    keys.sort_by_key(|key| key["id"].to_string());
    Value::Array(keys)
}

/// A policy without what every account makes for itself: IDs and dates.
fn without_generated(mut policy: Value) -> Value {
    if let Some(policy) = policy.as_object_mut() {
        for field in ["policyId", "created", "lastModified"] {
            policy.remove(field);
        }
    }
    for option in policy["options"].as_array_mut().into_iter().flatten() {
        if let Some(option) = option.as_object_mut() {
            option.remove("policyOptionId");
        }
    }
    policy
}
