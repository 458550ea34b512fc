//! A video platform: everything through the service's public API, as its own clients would.

use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use url::Url;
use world::World;

/// A client of one account.
pub(super) struct Platform {
    client: reqwest::Client,
    account: String,
    token: String,
}

impl Platform {
    pub(super) fn new(world: &World, account: &str) -> anyhow::Result<Self> {
        let base = world.media_url()?;
        let hour = Duration::from_secs(3600);
        Ok(Self {
            client: world.tls.client(),
            account: format!(
                "{}{}",
                base.as_str().trim_end_matches('/'),
                World::account_id(account)
            ),
            token: world::mint_token(
                "https://management.azure.com",
                OffsetDateTime::now_utc() + hour,
            ),
        })
    }

    pub(super) async fn put(&self, path: &str, properties: Value) -> anyhow::Result<Value> {
        self.call(Method::PUT, path, Some(json!({"properties": properties})))
            .await
    }

    pub(super) async fn post(&self, path: &str) -> anyhow::Result<Value> {
        self.call(Method::POST, path, None).await
    }

    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.call(Method::GET, path, None).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let url = format!("{}/{path}?api-version=2023-01-01", self.account);
        let mut request = self
            .client
            .request(method.clone(), url)
            .bearer_auth(&self.token);
        request = match body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(body.to_string()),
            None => request.header("content-length", 0),
        };
        let response = request
            .send()
            .await
            .with_context(|| format!("{method} {path}"))?;
        let status = response.status();
        let text = response.text().await?;
        ensure!(status.is_success(), "{method} {path}: {status} {text}");
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    /// The container of an asset, with a SAS as the service hands it out.
    pub(super) async fn container(&self, asset: &str, permissions: &str) -> anyhow::Result<Url> {
        let expiry = (OffsetDateTime::now_utc() + Duration::from_secs(3600)).format(&Rfc3339)?;
        let body = json!({"permissions": permissions, "expiryTime": expiry});
        let path = format!("assets/{asset}/listContainerSas");
        let answer = self.call(Method::POST, &path, Some(body)).await?;
        let sas = answer["assetContainerSasUrls"][0].as_str();
        Ok(sas
            .context("listContainerSas answers with a URL")?
            .parse()?)
    }

    /// Uploads a file as an encoder would.
    pub(super) async fn upload(
        &self,
        container: &Url,
        name: &str,
        content_type: &str,
        bytes: Vec<u8>,
    ) -> anyhow::Result<()> {
        let mut url = container.clone();
        url.path_segments_mut()
            .ok()
            .context("a container URL")?
            .push(name);
        let response = self
            .client
            .put(url)
            .header("x-ms-version", "2021-12-02")
            .header("x-ms-blob-type", "BlockBlob")
            .header("x-ms-blob-content-type", content_type)
            .header("x-ms-meta-madeby", "demo")
            .body(bytes)
            .send()
            .await?;
        ensure!(
            response.status().is_success(),
            "uploading {name}: {}",
            response.status()
        );
        Ok(())
    }
}
