//! Blobs, downloaded from both sides.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context, ensure};
use azure_core::http::{ClientOptions, Transport};
use azure_storage_blob::{BlobContainerClient, BlobContainerClientOptions};
use futures::TryStreamExt;
use sha2::{Digest, Sha256};
use url::Url;

use super::Proof;
use crate::platform::Platform;

/// The metadata key in which the mirror keeps a source's ETag; only replicas have it.
const MARK: &str = "x-ms-meta-mirrorsource";

impl Proof {
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
