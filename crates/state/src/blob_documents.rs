use std::sync::Arc;

use async_trait::async_trait;
use azure_core::{
    credentials::TokenCredential,
    error::ErrorKind,
    http::{Etag, RequestContent, StatusCode, Url},
};
use azure_storage_blob::{
    BlobContainerClient, BlobServiceClient, BlobServiceClientOptions,
    models::{BlobClientUploadOptions, BlobContainerClientListBlobsOptions},
};
use cloud::BlobPage;
use futures::TryStreamExt;
use serde_json::Value;

use crate::{Condition, Document, Documents, StateError, Written};

/// Documents as blobs of one container of the app's storage account. The container is made with the first document.
pub struct BlobDocuments(BlobContainerClient);

impl BlobDocuments {
    /// The documents in a container. A SAS in the URL is used as it stands; without one the credential signs in.
    ///
    /// # Errors
    /// When the URL is not one of a blob service.
    pub fn new(
        service: Url,
        container: &str,
        credential: Arc<dyn TokenCredential>,
        client: &reqwest::Client,
    ) -> azure_core::Result<Self> {
        let signed = service.query().is_some_and(|query| query.contains("sig="));
        let options = BlobServiceClientOptions {
            client_options: cloud::client_options(client),
            ..BlobServiceClientOptions::default()
        };
        let service =
            BlobServiceClient::new(service, (!signed).then_some(credential), Some(options))?;
        Ok(Self(service.blob_container_client(container)))
    }

    async fn put(
        &self,
        path: &str,
        value: &Value,
        condition: &Condition,
    ) -> azure_core::Result<String> {
        let (if_match, if_none_match) = match condition {
            Condition::Always => (None, None),
            Condition::New => (None, Some(Etag::from("*"))),
            Condition::Version(version) => (Some(Etag::from(version.clone())), None),
        };
        let options = BlobClientUploadOptions {
            blob_content_type: Some("application/json".to_owned()),
            if_match,
            if_none_match,
            ..BlobClientUploadOptions::default()
        };
        let content = RequestContent::from(value.to_string().into_bytes());
        let blob = self.0.blob_client(path);
        let answer = blob.upload(content, Some(options)).await?;
        Ok(answer.etag.map(|etag| etag.to_string()).unwrap_or_default())
    }
}

#[async_trait]
impl Documents for BlobDocuments {
    async fn read(&self, path: &str) -> Result<Option<Document>, StateError> {
        let answer = match self.0.blob_client(path).download(None).await {
            Ok(answer) => answer,
            Err(error) if is(&error, StatusCode::NotFound) => return Ok(None),
            Err(error) => return Err(failed(path, &error)),
        };
        let version = answer.properties.etag.as_ref().map(ToString::to_string);
        let bytes = answer
            .body
            .collect()
            .await
            .map_err(|error| failed(path, &error))?;
        let value = serde_json::from_slice(&bytes).map_err(|_| StateError {
            path: path.to_owned(),
            what: "is not JSON; delete it".to_owned(),
        })?;
        Ok(Some(Document {
            value,
            version: version.unwrap_or_default(),
        }))
    }

    async fn write(
        &self,
        path: &str,
        value: &Value,
        condition: &Condition,
    ) -> Result<Written, StateError> {
        let mut answer = self.put(path, value, condition).await;
        if let Err(error) = &answer
            && is(error, StatusCode::NotFound)
            && !matches!(condition, Condition::Version(_))
        {
            match self.0.create(None).await {
                Ok(_) => {}
                Err(error) if is(&error, StatusCode::Conflict) => {}
                Err(error) => return Err(failed(path, &error)),
            }
            answer = self.put(path, value, condition).await;
        }
        match answer {
            Ok(version) => Ok(Written::Done(version)),
            Err(error)
                if *condition != Condition::Always
                    && [
                        StatusCode::PreconditionFailed,
                        StatusCode::Conflict,
                        StatusCode::NotFound,
                    ]
                    .iter()
                    .any(|status| is(&error, *status)) =>
            {
                Ok(Written::Lost)
            }
            Err(error) => Err(failed(path, &error)),
        }
    }

    async fn remove(&self, path: &str) -> Result<(), StateError> {
        match self.0.blob_client(path).delete(None).await {
            Ok(_) => Ok(()),
            Err(error) if is(&error, StatusCode::NotFound) => Ok(()),
            Err(error) => Err(failed(path, &error)),
        }
    }

    async fn list(&self, prefix: &str, at_most: usize) -> Result<Vec<String>, StateError> {
        let options = BlobContainerClientListBlobsOptions {
            prefix: Some(prefix.to_owned()),
            maxresults: Some(i32::try_from(at_most.min(5000)).unwrap_or(5000)),
            ..BlobContainerClientListBlobsOptions::default()
        };
        let mut pages = self
            .0
            .list_blobs(Some(options))
            .map_err(|error| failed(prefix, &error))?
            .into_pages();
        let mut paths = Vec::new();
        while paths.len() < at_most {
            let page = match pages.try_next().await {
                Ok(Some(page)) => BlobPage::read(&page.into_body()),
                Ok(None) => break,
                Err(error) if is(&error, StatusCode::NotFound) => break,
                Err(error) => Err(error),
            };
            let page = page.map_err(|error| failed(prefix, &error))?;
            paths.extend(page.blobs.into_iter().filter_map(|blob| blob.name));
        }
        paths.truncate(at_most);
        Ok(paths)
    }
}

fn is(error: &azure_core::Error, status: StatusCode) -> bool {
    error.http_status() == Some(status)
}

/// Status and code only: the SDK's text repeats the service's.
fn failed(path: &str, error: &azure_core::Error) -> StateError {
    let what = match error.kind() {
        ErrorKind::HttpResponse {
            status, error_code, ..
        } => format!("{status} {}", error_code.as_deref().unwrap_or("(no code)")),
        kind => format!("{kind:?}"),
    };
    StateError {
        path: path.to_owned(),
        what,
    }
}
