//! A video platform: everything through the service's public API, as its own clients would.

mod mkio;

use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use url::Url;

use crate::{Backend, World, mint_token, workspace_root};
use mkio::OwnStorage;

/// How long the platform's tokens and SAS are valid.
const AN_HOUR: Duration = Duration::from_secs(3600);

/// A client of one account.
pub struct Platform {
    client: reqwest::Client,
    account: Url,
    token: String,
    dialect: Dialect,
}

/// What differs between the services for whoever calls them.
enum Dialect {
    Ams,
    /// The storage account of the project's region: MK.IO hands out no SAS, so the platform signs its own.
    Mkio(OwnStorage),
}

impl Platform {
    /// A client of an account of a world: [`World::PRIMARY`] or [`World::SECONDARY`].
    ///
    /// # Errors
    /// Never while the world runs.
    pub fn new(world: &World, account: &str) -> anyhow::Result<Self> {
        let base = world.media_url()?;
        let (path, audience, dialect) = match world.backend {
            Backend::Ams => (
                World::account_id(account),
                "https://management.azure.com",
                Dialect::Ams,
            ),
            Backend::Mkio => (
                format!("/api/v1/projects/{account}/media"),
                base.as_str(),
                Dialect::Mkio(OwnStorage::of(world, account)?),
            ),
        };
        Ok(Self {
            client: world.tls.client(),
            account: base.join(&path)?,
            token: mint_token(audience, OffsetDateTime::now_utc() + AN_HOUR),
            dialect,
        })
    }

    /// Creates or updates the resource at a path below the account, such as `streamingLocators/film`.
    ///
    /// # Errors
    /// When the service refuses or cannot be reached; the error quotes its answer.
    pub async fn put(&self, path: &str, properties: Value) -> anyhow::Result<Value> {
        self.put_body(path, json!({"properties": properties})).await
    }

    /// The same with the whole body: an asset of MK.IO has labels beside its properties.
    ///
    /// # Errors
    /// As [`Platform::put`].
    pub async fn put_body(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        self.done(Method::PUT, path, Some(body)).await
    }

    /// Creates or updates an asset with labels. On MK.IO it is put into the region's storage; on Azure Media Services, whose assets
    /// have no labels, these are left out.
    ///
    /// # Errors
    /// As [`Platform::put`].
    pub async fn put_asset(
        &self,
        name: &str,
        mut properties: Value,
        labels: Value,
    ) -> anyhow::Result<Value> {
        let path = format!("assets/{name}");
        let Dialect::Mkio(storage) = &self.dialect else {
            return self.put(&path, properties).await;
        };
        properties["storageAccountName"] = json!(storage.record());
        self.put_body(&path, json!({"labels": labels, "properties": properties}))
            .await
    }

    /// Changes a content key policy that exists: on MK.IO that is a PATCH, and PUT only creates.
    ///
    /// # Errors
    /// As [`Platform::put`].
    pub async fn change_content_key_policy(
        &self,
        name: &str,
        properties: Value,
    ) -> anyhow::Result<Value> {
        let method = match self.dialect {
            Dialect::Ams => Method::PUT,
            Dialect::Mkio(_) => Method::PATCH,
        };
        let path = format!("contentKeyPolicies/{name}");
        let body = json!({"properties": properties});
        self.done(method, &path, Some(body)).await
    }

    /// Calls an action, such as `streamingLocators/film/listPaths`.
    ///
    /// # Errors
    /// As [`Platform::put`].
    pub async fn post(&self, path: &str) -> anyhow::Result<Value> {
        self.done(Method::POST, path, None).await
    }

    /// Reads a resource.
    ///
    /// # Errors
    /// As [`Platform::put`]; a resource that is not there is an error too.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.done(Method::GET, path, None).await
    }

    /// Reads a resource that need not be there.
    ///
    /// # Errors
    /// As [`Platform::put`].
    pub async fn find(&self, path: &str) -> anyhow::Result<Option<Value>> {
        match self.call(Method::GET, path, None).await? {
            (StatusCode::NOT_FOUND, _) => Ok(None),
            (status, text) => success(&Method::GET, path, status, &text).map(Some),
        }
    }

    /// The names of the resources of a kind, such as `assets` or `assets/film/assetFilters`, in order.
    ///
    /// # Errors
    /// As [`Platform::put`]; also when there are more than one page of them.
    pub async fn names(&self, path: &str) -> anyhow::Result<Vec<String>> {
        let page = self.get(path).await?;
        ensure!(
            page["@odata.nextLink"].is_null(),
            "{path}: more than one page"
        );
        let resources = page["value"].as_array().into_iter().flatten();
        let mut names: Vec<String> = resources
            .filter_map(|resource| resource["name"].as_str().map(str::to_owned))
            .collect();
        names.sort();
        Ok(names)
    }

    /// Deletes a resource.
    ///
    /// # Errors
    /// As [`Platform::put`].
    pub async fn delete(&self, path: &str) -> anyhow::Result<()> {
        self.done(Method::DELETE, path, None).await.map(drop)
    }

    async fn done(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let (status, text) = self.call(method.clone(), path, body).await?;
        success(&method, path, status, &text)
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<(StatusCode, String)> {
        let mut url = self.account.clone();
        url.path_segments_mut()
            .ok()
            .context("an account URL")?
            .extend(path.split('/'));
        if matches!(self.dialect, Dialect::Ams) {
            url.query_pairs_mut()
                .append_pair("api-version", "2023-01-01");
        }
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
        Ok((status, response.text().await?))
    }

    /// The container of an asset, with a SAS as the service hands it out; on MK.IO, which hands out none, with one of the storage
    /// account's owner. `permissions`: `Read`, `ReadWrite` or `ReadWriteDelete`.
    ///
    /// # Errors
    /// As [`Platform::put`].
    pub async fn container(&self, asset: &str, permissions: &str) -> anyhow::Result<Url> {
        if let Dialect::Mkio(storage) = &self.dialect {
            let asset = self.get(&format!("assets/{asset}")).await?;
            let container = asset["properties"]["container"].as_str();
            return storage.container(container.context("an asset has a container")?, permissions);
        }
        let expiry = (OffsetDateTime::now_utc() + AN_HOUR).format(&Rfc3339)?;
        let body = json!({"permissions": permissions, "expiryTime": expiry});
        let path = format!("assets/{asset}/listContainerSas");
        let answer = self.done(Method::POST, &path, Some(body)).await?;
        let sas = answer["assetContainerSasUrls"][0].as_str();
        Ok(sas
            .context("listContainerSas answers with a URL")?
            .parse()?)
    }

    /// Uploads a file as an encoder would, with its content type and some metadata.
    ///
    /// # Errors
    /// When the storage service refuses.
    pub async fn upload(
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
            .header("x-ms-meta-madeby", "platform")
            .body(bytes)
            .send()
            .await?;
        let status = response.status();
        ensure!(status.is_success(), "uploading {name}: {status}");
        Ok(())
    }

    /// Uploads the encoded asset that is kept in the repository into the container of an asset, and returns its size in bytes.
    ///
    /// # Errors
    /// As [`Platform::upload`], or when the repository cannot be read.
    pub async fn upload_title(&self, asset: &str) -> anyhow::Result<u64> {
        let container = self.container(asset, "ReadWrite").await?;
        let folder = workspace_root().join("crates/world/media");
        let mut total = 0;
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            let content_type = match path.extension().and_then(|extension| extension.to_str()) {
                Some("ismv") => "video/mp4",
                Some("isma") => "audio/mp4",
                Some("ism" | "ismc") => "application/xml",
                _ => continue,
            };
            let name = path.file_name().and_then(|name| name.to_str());
            let bytes = std::fs::read(&path)?;
            total += u64::try_from(bytes.len())?;
            let name = name.context("a file name")?;
            self.upload(&container, name, content_type, bytes).await?;
        }
        Ok(total)
    }

    /// Puts an encoding job whose outputs are assets that exist. Nothing is encoded; the job ends as the simulator's setting says.
    ///
    /// # Errors
    /// As [`Platform::put`].
    pub async fn encode(&self, job: &str, assets: &[&str]) -> anyhow::Result<()> {
        let preset = json!({
            "@odata.type": "#Microsoft.Media.BuiltInStandardEncoderPreset",
            "presetName": "AdaptiveStreaming"
        });
        self.put(
            "transforms/encode",
            json!({"outputs": [{"preset": preset}]}),
        )
        .await?;
        let outputs: Vec<Value> = assets
            .iter()
            .map(|asset| {
                json!({"@odata.type": "#Microsoft.Media.JobOutputAsset", "assetName": asset})
            })
            .collect();
        let input = json!({
            "@odata.type": "#Microsoft.Media.JobInputHttp",
            "files": ["https://example.com/title.mov"]
        });
        self.put(
            &format!("transforms/encode/jobs/{job}"),
            json!({"input": input, "outputs": outputs}),
        )
        .await?;
        Ok(())
    }
}

fn success(method: &Method, path: &str, status: StatusCode, text: &str) -> anyhow::Result<Value> {
    ensure!(status.is_success(), "{method} {path}: {status} {text}");
    Ok(serde_json::from_str(text).unwrap_or_default())
}
