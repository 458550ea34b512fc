//! The proof that both accounts serve the same, by asking both and comparing plainly: nothing of the mirror's code is used.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context, ensure};
use azure_core::http::{ClientOptions, Transport};
use azure_storage_blob::{BlobContainerClient, BlobContainerClientOptions};
use futures::TryStreamExt;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use crate::{World, platform::Platform};

/// The metadata key in which the mirror keeps a source's ETag; only replicas have it.
const MARK: &str = "x-ms-meta-mirrorsource";

/// Asks both accounts of a world.
pub struct Proof {
    primary: Platform,
    secondary: Platform,
    client: reqwest::Client,
}

/// What two equal locators have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SameLocator {
    /// The streaming locator ID.
    pub id: String,
    /// How many streaming paths.
    pub paths: usize,
    /// How many content keys.
    pub keys: usize,
}

impl Proof {
    /// A proof about a world.
    ///
    /// # Errors
    /// Never while the world runs.
    pub fn new(world: &World) -> anyhow::Result<Self> {
        Ok(Self {
            primary: Platform::new(world, World::PRIMARY)?,
            secondary: Platform::new(world, World::SECONDARY)?,
            client: world.tls.client(),
        })
    }

    /// A locator is the same on both sides: its properties, at least one streaming path, and its content keys with their values.
    ///
    /// # Errors
    /// Says what differs; no value is quoted, since values may be keys.
    pub async fn locator(&self, name: &str) -> anyhow::Result<SameLocator> {
        let path = format!("streamingLocators/{name}");
        let (a, b) = (
            self.primary.get(&path).await?,
            self.secondary.get(&path).await?,
        );
        let locator = equal(&path, locator_properties(a), locator_properties(b))?;
        let id = locator["streamingLocatorId"].as_str();
        let id = id.filter(|id| !id.is_empty()).context("a locator ID")?;
        let listed = format!("{path}/listPaths");
        let answer = self.action(&listed, |answer| answer).await?;
        let listed = answer["streamingPaths"].as_array().into_iter().flatten();
        let paths = listed
            .filter_map(|protocol| protocol["paths"].as_array())
            .map(Vec::len)
            .sum();
        ensure!(paths > 0, "{path} has no streaming path");
        let listed = format!("{path}/listContentKeys");
        let keys = self.action(&listed, sorted_keys).await?;
        let keys = keys.as_array().map(Vec::as_slice).unwrap_or_default();
        let shown = keys.iter().all(|key| key["value"].is_string());
        ensure!(
            shown,
            "{path}: the values of its content keys are not shown"
        );
        Ok(SameLocator {
            id: id.to_owned(),
            paths,
            keys: keys.len(),
        })
    }

    /// A content key policy is the same on both sides, its secrets included. Returns it.
    ///
    /// # Errors
    /// As [`Proof::locator`].
    pub async fn content_key_policy(&self, name: &str) -> anyhow::Result<Value> {
        let path = format!("contentKeyPolicies/{name}/getPolicyPropertiesWithSecrets");
        self.action(&path, without_generated).await
    }

    /// An asset has the same blobs on both sides: names, bytes (all of them downloaded), content types and metadata. Returns
    /// how many.
    ///
    /// # Errors
    /// Says which blobs differ.
    pub async fn blobs(&self, asset: &str) -> anyhow::Result<usize> {
        let primary = self.contents(&self.primary, asset).await?;
        let secondary = self.contents(&self.secondary, asset).await?;
        ensure!(!primary.is_empty(), "assets/{asset} has no blobs");
        let both = primary.keys().chain(secondary.keys());
        let different: Vec<&String> = both
            .filter(|name| primary.get(*name) != secondary.get(*name))
            .collect();
        ensure!(
            different.is_empty(),
            "assets/{asset}: these blobs differ: {different:?}"
        );
        Ok(primary.len())
    }

    /// What is in the replica's container, with the version (ETag) of each blob: a write would change it.
    ///
    /// # Errors
    /// When the container cannot be listed.
    pub async fn replica_blob_versions(
        &self,
        asset: &str,
    ) -> anyhow::Result<BTreeMap<String, String>> {
        let url = self.secondary.container(asset, "Read").await?;
        versions(&self.client, &url).await
    }

    async fn action(&self, path: &str, part: fn(Value) -> Value) -> anyhow::Result<Value> {
        let (a, b) = (
            self.primary.post(path).await?,
            self.secondary.post(path).await?,
        );
        equal(path, part(a), part(b))
    }

    async fn contents(
        &self,
        platform: &Platform,
        asset: &str,
    ) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
        let container = platform.container(asset, "Read").await?;
        let mut contents = BTreeMap::new();
        for name in versions(&self.client, &container).await?.into_keys() {
            let mut url = container.clone();
            url.path_segments_mut()
                .ok()
                .context("a container URL")?
                .extend(name.split('/'));
            let answer = self.client.get(url).send().await?.error_for_status()?;
            let mut content: Vec<String> = answer
                .headers()
                .iter()
                .filter(|(header, _)| {
                    let header = header.as_str();
                    header == "content-type" || header.starts_with("x-ms-meta-") && header != MARK
                })
                .map(|(header, value)| format!("{header}: {value:?}"))
                .collect();
            content.sort();
            content.push(format!("{:x}", Sha256::digest(answer.bytes().await?)));
            contents.insert(name, content);
        }
        Ok(contents)
    }
}

/// The ETag of each blob in a container, whose URL holds a SAS that may list.
///
/// # Errors
/// When the container cannot be listed.
pub async fn versions(
    client: &reqwest::Client,
    container: &Url,
) -> anyhow::Result<BTreeMap<String, String>> {
    let options = BlobContainerClientOptions {
        client_options: ClientOptions {
            transport: Some(Transport::new(Arc::new(client.clone()))),
            ..ClientOptions::default()
        },
        ..BlobContainerClientOptions::default()
    };
    let container = BlobContainerClient::new(container.clone(), None, Some(options))?;
    let mut versions = BTreeMap::new();
    let mut blobs = container.list_blobs(None)?;
    while let Some(blob) = blobs.try_next().await? {
        let etag = blob.properties.and_then(|properties| properties.etag);
        let etag = etag.context("a blob has an ETag")?;
        versions.insert(blob.name.context("a blob has a name")?, etag.to_string());
    }
    Ok(versions)
}

fn equal(path: &str, a: Value, b: Value) -> anyhow::Result<Value> {
    // The values may be keys, so they are not printed.
    ensure!(a == b, "{path} differs between the two accounts");
    Ok(a)
}

/// A locator without what every account makes for itself; its content keys are asked for with their values.
fn locator_properties(mut locator: Value) -> Value {
    let mut properties = locator["properties"].take();
    if let Some(properties) = properties.as_object_mut() {
        for field in ["created", "contentKeys"] {
            properties.remove(field);
        }
    }
    properties
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
