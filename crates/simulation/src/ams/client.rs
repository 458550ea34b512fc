//! The mirror's client of an account, call by call as the real one makes them.

use async_trait::async_trait;
use change::{Kind, Name, ResourceId};
use media::{Body, ListRequest, MediaService, Page, ServiceError, Storage};

use crate::account::{
    Verb,
    caller::{Caller, key_ids, vanished, with_values},
};

pub(crate) struct Client(pub(crate) Caller);

impl Client {
    /// The service answers with the bare properties.
    async fn policy(&self, id: &ResourceId) -> Result<Option<Body>, ServiceError> {
        let mut policy = self.0.policy_with_secrets(id).await?;
        if let Some(policy) = &mut policy {
            policy.expose_mut().retain(|name, _| name == "properties");
        }
        Ok(policy)
    }

    async fn with_keys(&self, body: Body) -> Result<Option<Body>, ServiceError> {
        if key_ids(body.property("contentKeys")).is_empty() {
            return Ok(Some(body));
        }
        match self.0.content_keys(body.id()).await? {
            None => Ok(None),
            Some(values) => with_values(body, values).map(Some),
        }
    }
}

#[async_trait]
impl MediaService for Client {
    async fn read(&self, id: &ResourceId) -> Result<Option<Body>, ServiceError> {
        if id.kind() == Kind::ContentKeyPolicies {
            return self.policy(id).await;
        }
        match self.0.get(id).await? {
            None => Ok(None),
            Some(found) => self.with_keys(Body::new(id.clone(), found)).await,
        }
    }

    async fn exists(&self, id: &ResourceId) -> Result<bool, ServiceError> {
        Ok(self.0.get(id).await?.is_some())
    }

    async fn list(&self, request: &ListRequest) -> Result<Page, ServiceError> {
        Ok(self.0.list(request).await?)
    }

    async fn locators_of(&self, asset: &Name) -> Result<Option<Vec<Name>>, ServiceError> {
        let id = ResourceId::new(Kind::Assets, asset.clone());
        let operation = format!("POST {id}/listStreamingLocators");
        let names = self.0.read(&operation, |state, side| {
            let account = state.account(side);
            account.get(&id).map(|_| account.locators_of(asset))
        });
        Ok(names.await?)
    }

    async fn storage(&self, name: &str) -> Result<Option<Storage>, ServiceError> {
        Ok(Some(Storage::Azure(name.to_owned())))
    }

    async fn update(&self, body: &Body) -> Result<Body, ServiceError> {
        self.create(body).await
    }

    async fn create(&self, body: &Body) -> Result<Body, ServiceError> {
        let id = body.id();
        let written = self.0.write(Verb::Put, body).await?.body;
        let whole = if id.kind() == Kind::ContentKeyPolicies {
            self.policy(id).await?
        } else {
            self.with_keys(written).await?
        };
        whole.ok_or_else(|| vanished(id))
    }

    async fn delete(&self, id: &ResourceId) -> Result<(), ServiceError> {
        self.0.delete(id).await
    }
}
