//! Where one check plays: a container in each account that nobody else uses, and small helpers.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{ClientOptions, Context, Etag, Request, RequestContent, Url, XmlFormat};
use azure_core::time::{Duration, OffsetDateTime};
use azure_storage_blob::models::{
    BlobClientGetPropertiesResultHeaders, BlobClientUploadOptions, KeyInfo,
};
use azure_storage_blob::{BlobClient, BlobClientOptions, BlobContainerClient};
use azure_storage_sas::SasBuilder;

use super::Clients;

pub(super) struct Scene {
    pub(super) clients: Arc<Clients>,
    /// A fresh name; the containers of both accounts have it.
    pub(super) name: String,
    pub(super) source: BlobContainerClient,
    pub(super) destination: BlobContainerClient,
}

impl Scene {
    pub(super) async fn set(clients: Arc<Clients>) -> anyhow::Result<Self> {
        let name = format!("conformance-{}", uuid::Uuid::new_v4().simple());
        let source = clients.source.blob_container_client(&name);
        let destination = clients.destination.blob_container_client(&name);
        source.create(None).await?;
        destination.create(None).await?;
        Ok(Self {
            clients,
            name,
            source,
            destination,
        })
    }

    /// Takes the containers away. A check may have done so itself.
    pub(super) async fn clear(&self) {
        let _ = self.source.delete(None).await;
        let _ = self.destination.delete(None).await;
    }

    /// Puts a blob with metadata and content headers into the source and returns its client and ETag.
    pub(super) async fn seed(
        &self,
        name: &str,
        bytes: &[u8],
    ) -> anyhow::Result<(BlobClient, Etag)> {
        let blob = self.source.blob_client(name);
        let options = BlobClientUploadOptions {
            metadata: Some(HashMap::from([("kind".to_owned(), "seed".to_owned())])),
            blob_content_type: Some("video/mp4".to_owned()),
            blob_cache_control: Some("max-age=60".to_owned()),
            ..Default::default()
        };
        blob.upload(RequestContent::from(bytes.to_vec()), Some(options))
            .await?;
        let etag = etag(&blob).await?;
        Ok((blob, etag))
    }

    /// The address of a source blob with a shared access signature of the given permissions, signed with a user
    /// delegation key and valid for `valid_for` from now.
    pub(super) async fn signed(
        &self,
        blob: &BlobClient,
        write: bool,
        valid_for: Duration,
    ) -> anyhow::Result<Url> {
        let now = OffsetDateTime::now_utc();
        let info = KeyInfo {
            start: Some(now - Duration::hours(1)),
            expiry: Some(now + Duration::hours(1)),
            ..Default::default()
        };
        let info: RequestContent<KeyInfo, XmlFormat> = info.try_into()?;
        let key = self
            .clients
            .source
            .get_user_delegation_key(info, None)
            .await?
            .into_model()?;
        let sas = SasBuilder::new(self.clients.source_account.as_str(), &key, now + valid_for)?;
        let sas = sas.container(&self.name);
        let query = if write {
            sas.write().build()
        } else {
            sas.read().build()
        };
        let mut url = blob.url().clone();
        url.set_query(Some(&query));
        Ok(url)
    }

    /// The address of a source blob that may be read.
    pub(super) async fn readable(&self, blob: &BlobClient) -> anyhow::Result<Url> {
        self.signed(blob, false, Duration::minutes(30)).await
    }

    /// A client with no credential: what is in the address must do.
    pub(super) fn anonymous(&self, url: Url) -> anyhow::Result<BlobClient> {
        let client_options = ClientOptions {
            transport: Some(self.clients.transport.clone()),
            per_call_policies: vec![Arc::new(ExtraHeadersPolicy)],
            ..Default::default()
        };
        Ok(BlobClient::new(
            url,
            None,
            Some(BlobClientOptions {
                client_options,
                ..Default::default()
            }),
        )?)
    }

    /// The token as `x-ms-copy-source-authorization` wants it.
    pub(super) fn authorization(&self) -> String {
        format!("Bearer {}", self.clients.token)
    }
}

pub(super) async fn etag(blob: &BlobClient) -> anyhow::Result<Etag> {
    blob.get_properties(None)
        .await?
        .etag()?
        .context("a blob has an ETag")
}

pub(super) async fn body(blob: &BlobClient) -> anyhow::Result<Vec<u8>> {
    Ok(blob.download(None).await?.body.collect().await?.to_vec())
}

/// Bytes that repeat late, so that a part in the wrong place shows.
pub(super) fn bytes(length: u32) -> Vec<u8> {
    crate::Content::pattern(1, u64::from(length))
        .to_bytes()
        .to_vec()
}

/// Fails unless the outcome is an error answer with this status and code.
pub(super) fn refused<T>(
    outcome: azure_core::Result<T>,
    status: u16,
    code: &str,
) -> anyhow::Result<()> {
    let (found, found_code) = refusal(outcome)?;
    ensure!(
        (found, found_code.as_str()) == (status, code),
        "{status} {code} expected, {found} {found_code} found"
    );
    Ok(())
}

/// The status and the code of an error answer; fails when the outcome is none.
pub(super) fn refusal<T>(outcome: azure_core::Result<T>) -> anyhow::Result<(u16, String)> {
    match outcome {
        Ok(_) => bail!("it succeeded, and was to be refused"),
        Err(e) => match e.kind() {
            ErrorKind::HttpResponse {
                status, error_code, ..
            } => Ok((u16::from(*status), error_code.clone().unwrap_or_default())),
            _ => Err(e.into()),
        },
    }
}

/// Headers the client does not know, for one call.
#[derive(Debug, Clone)]
pub(super) struct ExtraHeaders(pub(super) Vec<(&'static str, String)>);

/// Adds the [`ExtraHeaders`] of a call's context.
#[derive(Debug)]
pub(super) struct ExtraHeadersPolicy;

#[async_trait]
impl Policy for ExtraHeadersPolicy {
    async fn send(
        &self,
        context: &Context,
        request: &mut Request,
        next: &[Arc<dyn Policy>],
    ) -> PolicyResult {
        if let Some(ExtraHeaders(headers)) = context.value::<ExtraHeaders>() {
            for (name, value) in headers {
                request.insert_header(*name, value.clone());
            }
        }
        let (first, rest) = next.split_first().ok_or_else(|| {
            azure_core::Error::with_message(ErrorKind::Other, "a pipeline ends with its transport")
        })?;
        first.send(context, request, rest).await
    }
}
