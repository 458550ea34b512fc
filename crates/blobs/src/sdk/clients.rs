//! One SDK client per account, over one shared transport.

use super::gaps::{ExtraHeadersPolicy, ObeyRetryAfter};
use crate::{
    Access, Place, StorageSide,
    refusal::{BelowHttp, Refusal},
    service::Answer,
};
use azure_core::http::ClientOptions;
use azure_storage_blob::{
    BlobClient, BlobContainerClient, BlobServiceClient, BlobServiceClientOptions,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use url::Url;

pub(crate) struct Clients {
    side: StorageSide,
    by_account: Mutex<HashMap<String, Arc<BlobServiceClient>>>,
}

impl Clients {
    pub(crate) fn new(side: StorageSide) -> Self {
        Self {
            side,
            by_account: Mutex::default(),
        }
    }

    pub(crate) fn account(&self, account: &str) -> Answer<Arc<BlobServiceClient>> {
        let mut clients = self
            .by_account
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(account) {
            return Ok(client.clone());
        }
        let client = Arc::new(self.build(account)?);
        clients.insert(account.to_owned(), client.clone());
        Ok(client)
    }

    fn build(&self, account: &str) -> Answer<BlobServiceClient> {
        let wrong = |what: String| Refusal::below(BelowHttp::Request(what));
        let mut url = self
            .side
            .endpoint
            .url(account)
            .map_err(|e| wrong(e.to_string()))?;
        let credential = match &self.side.access {
            Access::Identity(credential) => Some(credential.clone()),
            Access::Sas(tokens) => {
                let token = tokens.token(account).map_err(|e| wrong(e.to_string()))?;
                url.set_query(Some(token.secret()));
                None
            }
        };
        if credential.is_some() && url.scheme() != "https" {
            return Err(wrong("an identity can be used only over https".into()));
        }
        let options = BlobServiceClientOptions {
            client_options: ClientOptions {
                per_call_policies: vec![Arc::new(ExtraHeadersPolicy)],
                per_try_policies: vec![Arc::new(ObeyRetryAfter)],
                retry: self.side.retry.clone(),
                transport: Some(self.side.transport.clone()),
                ..ClientOptions::default()
            },
            ..BlobServiceClientOptions::default()
        };
        BlobServiceClient::new(url, credential, Some(options))
            .map_err(|_| wrong("the storage client could not be built".into()))
    }

    pub(crate) fn container(&self, place: &Place) -> Answer<BlobContainerClient> {
        Ok(self
            .account(&place.account)?
            .blob_container_client(&place.container))
    }

    /// The blob with this name relative to the place.
    pub(crate) fn blob(&self, place: &Place, name: &str) -> Answer<BlobClient> {
        let full = place.full_name(name);
        // A name that the URL would change must never be sent: it would reach something else.
        crate::place::check_name(&full)
            .map_err(|error| Refusal::below(BelowHttp::Request(error.to_string())))?;
        Ok(self
            .account(&place.account)?
            .blob_client(&place.container, &full))
    }

    /// The blob's URL without any SAS.
    pub(crate) fn plain_url(&self, place: &Place, name: &str) -> Answer<Url> {
        let mut url = self.blob(place, name)?.url().clone();
        url.set_query(None);
        Ok(url)
    }
}
