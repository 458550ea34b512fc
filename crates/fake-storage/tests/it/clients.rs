//! A fake with two accounts, and official clients for it.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind;
use azure_core::http::{ClientOptions, RetryOptions};
use azure_core::time::{Duration, OffsetDateTime};
use azure_storage_blob::{BlobClient, BlobServiceClient, BlobServiceClientOptions};
use fake_storage::{FakeStorage, Tls};

pub(crate) const SOURCE: &str = "primarystore";
pub(crate) const DESTINATION: &str = "secondarystore";

/// A credential whose tokens say nothing, which the fake accepts.
#[derive(Debug)]
pub(crate) struct Opaque;

#[async_trait]
impl TokenCredential for Opaque {
    async fn get_token(
        &self,
        _: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        Ok(AccessToken::new(
            Secret::new("opaque"),
            OffsetDateTime::now_utc() + Duration::hours(1),
        ))
    }
}

pub(crate) struct Stage {
    pub(crate) storage: FakeStorage,
    pub(crate) tls: Tls,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let tls = Tls::generate().unwrap();
        let storage = FakeStorage::start_tls(&tls, &[SOURCE, DESTINATION])
            .await
            .unwrap();
        Self { storage, tls }
    }

    /// A client that tries once only.
    pub(crate) fn blobs(&self, account: &str) -> BlobServiceClient {
        let client_options = ClientOptions {
            transport: Some(self.tls.transport()),
            retry: RetryOptions::none(),
            ..Default::default()
        };
        let options = BlobServiceClientOptions {
            client_options,
            ..Default::default()
        };
        BlobServiceClient::new(
            self.storage.blob_endpoint(account),
            Some(Arc::new(Opaque)),
            Some(options),
        )
        .unwrap()
    }

    pub(crate) fn source(&self, name: &str) -> BlobClient {
        self.blobs(SOURCE).blob_client("asset", name)
    }

    pub(crate) fn destination(&self, name: &str) -> BlobClient {
        self.storage.account(DESTINATION).set_container("asset", []);
        self.blobs(DESTINATION).blob_client("asset", name)
    }

    /// The address of a source blob with a signature that opens it.
    pub(crate) fn readable(&self, name: &str) -> String {
        let mut url = self.source(name).url().clone();
        url.set_query(Some(
            "sv=2026-04-06&sr=c&sp=r&se=2999-01-01T00:00:00Z&sig=x",
        ));
        url.into()
    }
}

/// The status and the code of an error answer.
pub(crate) fn refusal<T>(outcome: azure_core::Result<T>) -> (u16, String) {
    let error = outcome.err().expect("a refusal");
    match error.kind() {
        ErrorKind::HttpResponse {
            status, error_code, ..
        } => (u16::from(*status), error_code.clone().unwrap_or_default()),
        other => panic!("not an answer: {other:?}: {error}"),
    }
}
