//! MK.IO by MediaKind: its media API, current family of paths.

mod states;
mod times;

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use change::{Kind, Name, ResourceId};
use reqwest::Method;
use serde_json::{Map, Value};
use time::format_description::well_known::Rfc3339;
use url::Url;

use self::{
    states::{has_state, is_unfinished, is_usable, state_of},
    times::short_times,
};
use crate::{
    Body, ErrorKind, ListRequest, MediaService, Page, ServiceError, Storage, Wire,
    calls::{answered, note_answer},
    container::{assets_in, is_filter_refused},
    encrypts_nothing,
    locator::{has_keys, same_keys, same_locator, torn},
    resource::{next_page, page, resource, unlike},
    token_request::group,
};

/// How often the state of a new resource is asked for, and the pause between.
const STATE_CHECKS: u32 = 10;
const STATE_PAUSE: Duration = Duration::from_millis(300);

/// A project of MK.IO.
pub struct Mkio {
    wire: Wire,
    project: Url,
    storages: Mutex<HashMap<String, Storage>>,
}

/// A base URL that cannot have paths. Remedy: use one such as `https://app.mk.io`.
#[derive(Debug, thiserror::Error)]
#[error("the endpoint cannot be the base of a path; use one such as https://app.mk.io")]
pub struct BadProject;

impl Mkio {
    /// A client of one project.
    ///
    /// # Errors
    /// [`BadProject`] when the endpoint cannot have paths.
    pub fn new(wire: Wire, endpoint: &Url, project: &str) -> Result<Self, BadProject> {
        let mut url = endpoint.clone();
        url.path_segments_mut()
            .map_err(|()| BadProject)?
            .pop_if_empty()
            .extend(["api", "v1", "projects", project]);
        Ok(Self {
            wire,
            project: url,
            storages: Mutex::default(),
        })
    }

    fn url<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.project.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.push("media").extend(segments);
        }
        url
    }

    fn resource_url(&self, id: &ResourceId, action: Option<&str>) -> Url {
        self.url(id.segments().into_iter().chain(action))
    }

    /// A read. A 404 counts as gone only if the project itself answers in the same invocation: a project that is lost must not look empty.
    async fn read_url(
        &self,
        method: Method,
        url: &Url,
        operation: &str,
    ) -> Result<Option<Map<String, Value>>, ServiceError> {
        let found = self.wire.read(method, url, operation, is_404).await?;
        if found.is_some() {
            note_answer(self.wire.side());
        } else {
            self.expect_project(operation).await?;
        }
        Ok(found)
    }

    async fn expect_project(&self, operation: &str) -> Result<(), ServiceError> {
        if answered(self.wire.side()) {
            return Ok(());
        }
        let found = self
            .wire
            .read(Method::GET, &self.project, "GET project", is_404)
            .await?;
        if found.is_none() {
            return Err(unlike(operation, "project-not-found"));
        }
        note_answer(self.wire.side());
        Ok(())
    }

    async fn get(&self, id: &ResourceId) -> Result<Option<Map<String, Value>>, ServiceError> {
        let operation = needing("GET", id, None, "get");
        self.read_url(Method::GET, &self.resource_url(id, None), &operation)
            .await
    }

    /// Reads secrets: by POST, and with the right to create.
    async fn post(
        &self,
        id: &ResourceId,
        action: &str,
    ) -> Result<Option<Map<String, Value>>, ServiceError> {
        let operation = needing("POST", id, Some(action), "create");
        self.read_url(
            Method::POST,
            &self.resource_url(id, Some(action)),
            &operation,
        )
        .await
    }

    /// The whole resource, where Azure Media Services answers with its properties only; either is understood.
    async fn policy_with_secrets(&self, id: &ResourceId) -> Result<Option<Body>, ServiceError> {
        let action = "getPolicyPropertiesWithSecrets";
        let Some(mut answer) = self.post(id, action).await? else {
            return Ok(None);
        };
        if !answer.contains_key("properties") && answer.contains_key("options") {
            answer = [("properties".to_owned(), Value::Object(answer))]
                .into_iter()
                .collect();
        }
        resource(id, answer, &format!("POST {id}/{action}")).map(Some)
    }

    /// Adds the values of the content keys. A locator that says it has none, or whose policy encrypts nothing, costs nothing.
    async fn complete_locator(&self, mut body: Body) -> Result<Option<Body>, ServiceError> {
        let none = match body.property("contentKeys") {
            Some(Value::Array(keys)) => keys.is_empty(),
            _ => body
                .text("streamingPolicyName")
                .is_some_and(encrypts_nothing),
        };
        if none {
            return Ok(Some(body));
        }
        let Some(mut answer) = self.post(body.id(), "listContentKeys").await? else {
            return Ok(None);
        };
        let keys = answer.remove("contentKeys").unwrap_or_default();
        body.set_property("contentKeys", keys);
        Ok(Some(body))
    }

    /// A locator that was read, with the values of its keys, which are its own. Where GET does not show the keys (the documentation leaves
    /// that open), only a second GET tells whether they are.
    async fn locator(&self, body: Body) -> Result<Option<Body>, ServiceError> {
        let Some(complete) = self.complete_locator(body.clone()).await? else {
            return Ok(None);
        };
        let (shown, keys) = (
            body.property("contentKeys"),
            complete.property("contentKeys"),
        );
        let same = match shown {
            Some(Value::Array(_)) => same_keys(shown, keys),
            _ if !has_keys(keys) => true,
            _ => match self.get(body.id()).await? {
                None => return Ok(None),
                Some(value) => {
                    let now = resource(body.id(), value, &format!("GET {}", body.id()))?;
                    same_locator(&body, &now)
                }
            },
        };
        if same {
            Ok(Some(complete))
        } else {
            Err(torn(&format!("POST {}/listContentKeys", body.id())))
        }
    }

    /// `new`: it was not there before, whatever the status of the answer says.
    async fn write(
        &self,
        method: Method,
        body: &Body,
        right: &str,
        new: bool,
    ) -> Result<Body, ServiceError> {
        let id = body.id();
        let operation = needing(method.as_str(), id, None, right);
        let mut sent = body.expose().clone();
        short_times(&mut sent);
        let url = self.resource_url(id, None);
        let answer = self
            .wire
            .write(method, &url, Some(&sent), &operation)
            .await?;
        let Some(Value::Object(value)) = answer.body else {
            return Err(unlike(&operation, "answer-is-not-a-json-object"));
        };
        let written = resource(id, value, &operation)?;
        self.wait_until_usable(&written, new || answer.created)
            .await?;
        let complete = match id.kind() {
            Kind::ContentKeyPolicies => self.policy_with_secrets(id).await?,
            Kind::StreamingLocators => self.complete_locator(written).await?,
            _ => Some(written),
        };
        complete.ok_or_else(|| unlike(&operation, "written-resource-is-gone"))
    }

    /// A write can be accepted before what it made can be used. What was there before, and says nothing else, can be used.
    async fn wait_until_usable(&self, written: &Body, created: bool) -> Result<(), ServiceError> {
        let id = written.id();
        let mut state = state_of(written.expose());
        if state.is_none() && !created {
            return Ok(());
        }
        if !has_state(id.kind()) || state.as_deref().is_some_and(is_usable) {
            return Ok(());
        }
        for check in 0..STATE_CHECKS {
            if check > 0 {
                tokio::time::sleep(STATE_PAUSE).await;
            }
            // A state that cannot be asked for says nothing against what was written.
            let Some(asked) = self.state(id).await? else {
                return Ok(());
            };
            state = asked;
            match state.as_deref() {
                Some(state) if is_usable(state) => return Ok(()),
                Some("Error" | "Failed") => {
                    return Err(ServiceError::new(
                        ErrorKind::Refused,
                        &asking_state(id),
                        "state-is-error",
                    ));
                }
                _ => {}
            }
        }
        Err(ServiceError::new(
            ErrorKind::NotReady,
            &asking_state(id),
            "not-usable-yet",
        ))
    }

    /// The state of a resource, as the service says it; `None` where it answers that there is none.
    async fn state(&self, id: &ResourceId) -> Result<Option<Option<String>>, ServiceError> {
        let url = self.resource_url(id, Some("state"));
        let operation = asking_state(id);
        let answer = self.wire.read(Method::GET, &url, &operation, is_404);
        Ok(answer.await?.map(|answer| {
            let state = answer.get("status")?["state"].as_str();
            state.map(ToOwned::to_owned)
        }))
    }
}

#[async_trait]
impl MediaService for Mkio {
    async fn read(&self, id: &ResourceId) -> Result<Option<Body>, ServiceError> {
        if id.kind() == Kind::ContentKeyPolicies {
            return self.policy_with_secrets(id).await;
        }
        let Some(value) = self.get(id).await? else {
            return Ok(None);
        };
        let body = resource(id, value, &format!("GET {id}"))?;
        if id.kind() == Kind::StreamingLocators {
            self.locator(body).await
        } else {
            Ok(Some(body))
        }
    }

    async fn exists(&self, id: &ResourceId) -> Result<bool, ServiceError> {
        Ok(self.get(id).await?.is_some())
    }

    async fn is_being_made(&self, id: &ResourceId) -> Result<bool, ServiceError> {
        if !has_state(id.kind()) {
            return Ok(false);
        }
        let state = self.state(id).await?.flatten();
        Ok(state.as_deref().is_some_and(is_unfinished))
    }

    async fn list(&self, request: &ListRequest) -> Result<Page, ServiceError> {
        let operation = format!("GET {}", request.kind);
        let url = match &request.next {
            Some(next) => next_page(&self.project, next, &operation)?,
            None => {
                let mut segments: Vec<&str> = Vec::new();
                if let (Some(parent), Some(kind)) = (&request.parent, request.kind.parent()) {
                    segments.extend([kind.as_str(), parent.as_str()]);
                }
                segments.push(request.kind.as_str());
                let mut url = self.url(segments);
                if let Some(since) = request
                    .updated_since
                    .and_then(|at| at.format(&Rfc3339).ok())
                {
                    let filter = format!("updated ge {since}");
                    url.query_pairs_mut().append_pair("$filter", &filter);
                }
                url
            }
        };
        let answer = self.read_url(Method::GET, &url, &operation).await?;
        page(request, answer, &operation)
    }

    /// By a filter on the list of locators: whether `listStreamingLocators` still answers with names is not documented, and it needs the right
    /// to create assets.
    async fn locators_of(&self, asset: &Name) -> Result<Option<Vec<Name>>, ServiceError> {
        let mut url = self.url([Kind::StreamingLocators.as_str()]);
        url.query_pairs_mut()
            .append_pair("$filter", &format!("properties/assetName eq '{asset}'"));
        let mut next = Some(url.to_string());
        let mut names = Vec::new();
        while next.is_some() {
            let request = ListRequest {
                next,
                ..ListRequest::all(Kind::StreamingLocators)
            };
            let page = self.list(&request).await?;
            // A service that does not know the filter would answer with every locator.
            let of_asset = page
                .items
                .iter()
                .filter(|locator| locator.text("assetName") == Some(asset.as_str()));
            names.extend(of_asset.map(|locator| locator.id().name().clone()));
            next = page.next;
        }
        Ok(Some(names))
    }

    async fn assets_in(&self, account: &str, container: &str) -> Result<Vec<Name>, ServiceError> {
        let mut url = self.url([Kind::Assets.as_str()]);
        let filter = format!("properties/container eq '{container}'");
        url.query_pairs_mut().append_pair("$filter", &filter);
        match assets_in(self, account, container, Some(url.into())).await {
            Err(error) if is_filter_refused(&error) => {
                assets_in(self, account, container, None).await
            }
            result => result,
        }
    }

    async fn storage(&self, name: &str) -> Result<Option<Storage>, ServiceError> {
        let known = self
            .storages
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned();
        if known.is_some() {
            return Ok(known);
        }
        let operation = format!("GET storage/{name} (needs infra.storage get)");
        let url = self.url(["storage", name]);
        let Some(record) = self.read_url(Method::GET, &url, &operation).await? else {
            return Ok(None);
        };
        let spec = record.get("spec").cloned().unwrap_or_default();
        let storage = match spec["type"].as_str() {
            Some("Microsoft.Storage") => spec["url"]
                .as_str()
                .and_then(account_of)
                .map(Storage::Azure)
                .ok_or_else(|| unlike(&operation, "storage-record-without-url"))?,
            other => Storage::Other(other.unwrap_or("unknown").to_owned()),
        };
        // Type and URL of a record cannot change.
        let mut storages = self.storages.lock().unwrap_or_else(PoisonError::into_inner);
        storages.insert(name.to_owned(), storage.clone());
        Ok(Some(storage))
    }

    async fn create(&self, body: &Body) -> Result<Body, ServiceError> {
        self.write(Method::PUT, body, "create", true).await
    }

    async fn update(&self, body: &Body) -> Result<Body, ServiceError> {
        match body.id().kind() {
            Kind::ContentKeyPolicies => self.write(Method::PATCH, body, "update", false).await,
            Kind::StreamingLocators => {
                let mut body = body.clone();
                if let Some(Value::Object(properties)) = body.expose_mut().get_mut("properties") {
                    properties.remove("contentKeys");
                }
                self.write(Method::PUT, &body, "update", false).await
            }
            _ => self.write(Method::PUT, body, "update", false).await,
        }
    }

    async fn delete(&self, id: &ResourceId) -> Result<(), ServiceError> {
        let operation = needing("DELETE", id, None, "delete");
        let url = self.resource_url(id, None);
        match self
            .wire
            .write(Method::DELETE, &url, None, &operation)
            .await
        {
            Ok(_) => Ok(()),
            Err(error) if is_404(&error) => self.expect_project(&operation).await,
            Err(error) => Err(error),
        }
    }
}

fn is_404(error: &ServiceError) -> bool {
    error.status == Some(404)
}

/// An operation and the capability that a restricted token needs for it (media API, "RBAC").
fn needing(method: &str, id: &ResourceId, action: Option<&str>, right: &str) -> String {
    let capability = group(id.kind());
    let action = action.map_or_else(String::new, |action| format!("/{action}"));
    format!("{method} {id}{action} (needs {capability} {right})")
}

fn asking_state(id: &ResourceId) -> String {
    needing("GET", id, Some("state"), "get")
}

/// The storage account in the URL of a storage record.
fn account_of(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    match url.host()? {
        url::Host::Domain(host) if host.contains('.') => {
            host.split('.').next().map(ToOwned::to_owned)
        }
        // An emulator has the account in the path.
        _ => url
            .path_segments()?
            .next()
            .filter(|name| !name.is_empty())
            .map(ToOwned::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_storage_account_is_read_from_a_record_s_url() {
        assert_eq!(
            account_of("https://acct.blob.core.windows.net/").as_deref(),
            Some("acct")
        );
        assert_eq!(
            account_of("https://127.0.0.1:10000/acct").as_deref(),
            Some("acct")
        );
        assert_eq!(account_of("nonsense"), None);
    }
}
