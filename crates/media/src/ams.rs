//! The Azure Media Services v3 ARM API.

mod account_id;

use async_trait::async_trait;
use change::{Kind, Name, ResourceId};
use reqwest::Method;
use serde_json::{Map, Value};
use url::Url;

pub use self::account_id::{AccountId, BadAccountId};
use crate::{
    Body, ErrorKind, ListRequest, MediaService, Page, ServiceError, Storage, Wire,
    container::{asset_id_in, assets_in, is_filter_refused},
    locator::{has_keys, same_keys, torn},
    resource::{next_page, page, resource},
};

/// An account that speaks the Azure Media Services v3 ARM API.
pub struct Ams {
    wire: Wire,
    account: Url,
    api_version: String,
}

impl Ams {
    /// A client of one account.
    ///
    /// # Errors
    /// [`BadAccountId`] when endpoint and ID do not make a URL.
    pub fn new(
        wire: Wire,
        endpoint: &Url,
        id: &AccountId,
        api_version: &str,
    ) -> Result<Self, BadAccountId> {
        let mut account = endpoint.clone();
        account
            .path_segments_mut()
            .map_err(|()| BadAccountId)?
            .pop_if_empty()
            .extend(id.to_string().split('/').skip(1));
        Ok(Self {
            wire,
            account,
            api_version: api_version.to_owned(),
        })
    }

    fn url<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.account.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend(segments);
        }
        url.query_pairs_mut()
            .append_pair("api-version", &self.api_version);
        url
    }

    fn resource_url(&self, id: &ResourceId, action: Option<&str>) -> Url {
        self.url(id.segments().into_iter().chain(action))
    }

    async fn get(&self, id: &ResourceId) -> Result<Option<Map<String, Value>>, ServiceError> {
        self.wire
            .read(
                Method::GET,
                &self.resource_url(id, None),
                &format!("GET {id}"),
                is_gone,
            )
            .await
    }

    async fn post(
        &self,
        id: &ResourceId,
        action: &str,
    ) -> Result<Option<Map<String, Value>>, ServiceError> {
        self.wire
            .read(
                Method::POST,
                &self.resource_url(id, Some(action)),
                &format!("POST {id}/{action}"),
                is_gone,
            )
            .await
    }

    /// The properties of a content key policy with its secrets. The service answers with the bare properties.
    async fn policy_with_secrets(&self, id: &ResourceId) -> Result<Option<Body>, ServiceError> {
        let properties = self.post(id, "getPolicyPropertiesWithSecrets").await?;
        Ok(properties.map(|properties| {
            let mut body = Body::new(id.clone(), Map::new());
            body.expose_mut()
                .insert("properties".to_owned(), Value::Object(properties));
            body
        }))
    }

    /// Adds the key values that neither GET nor PUT shows. A locator without content keys costs nothing.
    async fn complete_locator(&self, mut body: Body) -> Result<Option<Body>, ServiceError> {
        if !has_keys(body.property("contentKeys")) {
            return Ok(Some(body));
        }
        let Some(mut answer) = self.post(body.id(), "listContentKeys").await? else {
            return Ok(None);
        };
        let keys = answer.remove("contentKeys").unwrap_or_default();
        if !same_keys(body.property("contentKeys"), Some(&keys)) {
            return Err(torn(&format!("POST {}/listContentKeys", body.id())));
        }
        body.set_property("contentKeys", keys);
        Ok(Some(body))
    }

    fn page_url(&self, request: &ListRequest, operation: &str) -> Result<Url, ServiceError> {
        let Some(next) = &request.next else {
            let mut segments: Vec<&str> = Vec::new();
            if let (Some(parent), Some(kind)) = (&request.parent, request.kind.parent()) {
                segments.extend([kind.as_str(), parent.as_str()]);
            }
            segments.push(request.kind.as_str());
            return Ok(self.url(segments));
        };
        next_page(&self.account, next, operation)
    }
}

#[async_trait]
impl MediaService for Ams {
    async fn read(&self, id: &ResourceId) -> Result<Option<Body>, ServiceError> {
        if id.kind() == Kind::ContentKeyPolicies {
            return self.policy_with_secrets(id).await;
        }
        match self.get(id).await? {
            None => Ok(None),
            Some(value) => {
                let body = resource(id, value, &format!("GET {id}"))?;
                if id.kind() == Kind::StreamingLocators {
                    self.complete_locator(body).await
                } else {
                    Ok(Some(body))
                }
            }
        }
    }

    async fn exists(&self, id: &ResourceId) -> Result<bool, ServiceError> {
        Ok(self.get(id).await?.is_some())
    }

    async fn list(&self, request: &ListRequest) -> Result<Page, ServiceError> {
        let operation = format!("GET {}", request.kind);
        let url = self.page_url(request, &operation)?;
        let answer = self
            .wire
            .read(Method::GET, &url, &operation, is_gone)
            .await?;
        page(request, answer, &operation)
    }

    async fn locators_of(&self, asset: &Name) -> Result<Option<Vec<Name>>, ServiceError> {
        let id = ResourceId::new(Kind::Assets, asset.clone());
        let Some(answer) = self.post(&id, "listStreamingLocators").await? else {
            return Ok(None);
        };
        let bad = || {
            ServiceError::new(
                ErrorKind::Unavailable,
                &format!("POST {id}/listStreamingLocators"),
                "list-without-names",
            )
        };
        let locators = answer
            .get("streamingLocators")
            .and_then(Value::as_array)
            .ok_or_else(bad)?;
        locators
            .iter()
            .map(|locator| {
                let name = locator
                    .get("name")
                    .and_then(Value::as_str)
                    .ok_or_else(bad)?;
                Name::new(name).map_err(|_| bad())
            })
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// Containers cannot be asked for, asset IDs can, and the name that the service gives a container has the asset's in it. But a platform
    /// may have chosen that name too, as the mirror does for a replica, which is a source once the roles are swapped.
    async fn assets_in(&self, account: &str, container: &str) -> Result<Vec<Name>, ServiceError> {
        if let Some(id) = asset_id_in(container) {
            let mut url = self.url([Kind::Assets.as_str()]);
            url.query_pairs_mut()
                .append_pair("$filter", &format!("properties/assetId eq {id}"));
            match assets_in(self, account, container, Some(url.into())).await {
                Ok(found) if !found.is_empty() => return Ok(found),
                Err(error) if !is_filter_refused(&error) => return Err(error),
                _ => {}
            }
        }
        assets_in(self, account, container, None).await
    }

    async fn storage(&self, name: &str) -> Result<Option<Storage>, ServiceError> {
        Ok(Some(Storage::Azure(name.to_owned())))
    }

    /// One verb creates and updates.
    async fn update(&self, body: &Body) -> Result<Body, ServiceError> {
        self.create(body).await
    }

    async fn create(&self, body: &Body) -> Result<Body, ServiceError> {
        let id = body.id();
        let operation = format!("PUT {id}");
        let answer = self
            .wire
            .write(
                Method::PUT,
                &self.resource_url(id, None),
                Some(body.expose()),
                &operation,
            )
            .await?;
        let vanished = || {
            ServiceError::new(
                ErrorKind::Unavailable,
                &operation,
                "written-resource-is-gone",
            )
        };
        if id.kind() == Kind::ContentKeyPolicies {
            return self.policy_with_secrets(id).await?.ok_or_else(vanished);
        }
        let Some(Value::Object(value)) = answer.body else {
            return Err(ServiceError::new(
                ErrorKind::Unavailable,
                &operation,
                "answer-is-not-a-json-object",
            ));
        };
        let written = resource(id, value, &operation)?;
        if id.kind() == Kind::StreamingLocators {
            return self.complete_locator(written).await?.ok_or_else(vanished);
        }
        Ok(written)
    }

    async fn delete(&self, id: &ResourceId) -> Result<(), ServiceError> {
        let url = self.resource_url(id, None);
        let operation = format!("DELETE {id}");
        match self
            .wire
            .write(Method::DELETE, &url, None, &operation)
            .await
        {
            Err(error) if !is_gone(&error) => Err(error),
            _ => Ok(()),
        }
    }
}

/// A missing resource has the service's own code. Azure Resource Manager's 404s (`ResourceNotFound`, `ParentResourceNotFound`,
/// `ResourceGroupNotFound`, `SubscriptionNotFound` ...) mean that the account is not there, which is not a deletion.
fn is_gone(error: &ServiceError) -> bool {
    error.status == Some(404) && error.code.as_deref() == Some("NotFound")
}
