//! MK.IO by MediaKind: its media API, current family of paths.

mod lists;
mod states;
mod storage_records;
mod times;

use std::time::Duration;

use async_trait::async_trait;
use change::{Kind, Name, ResourceId};
use reqwest::Method;
use serde_json::{Map, Value};
use url::Url;

use self::{
    lists::{filtered, follow},
    states::{has_state, is_unfinished, is_usable, state_of},
    storage_records::{StorageRecords, storage_of},
    times::{short_times, whole_seconds},
};
use crate::{
    Body, ErrorKind, ListRequest, MediaService, Page, ServiceError, Storage, Wire,
    calls::{answered, note_answer},
    container::{assets_in, is_filter_refused},
    encrypts_nothing,
    locator::{has_keys, same_keys, same_locator, torn},
    resource::{is_resource, page, resource, unlike},
    token_request::group,
    wire::NOT_JSON,
};

/// How often the state of a new resource is asked for, and the pause between.
const STATE_CHECKS: u32 = 10;
const STATE_PAUSE: Duration = Duration::from_millis(300);

/// A project of MK.IO.
pub struct Mkio {
    wire: Wire,
    project: Url,
    storages: StorageRecords,
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
            storages: StorageRecords::default(),
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
            .read(
                Method::GET,
                &self.project,
                "GET project (needs core.project get)",
                is_404,
            )
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

    /// Adds the values of the content keys. A locator whose policy encrypts nothing costs nothing. That GET shows no keys of any other proves
    /// nothing: whether it shows keys at all the documentation leaves open, and a replica made without them would get others.
    async fn complete_locator(&self, mut body: Body) -> Result<Option<Body>, ServiceError> {
        let clear = body
            .text("streamingPolicyName")
            .is_some_and(encrypts_nothing);
        if clear && !has_keys(body.property("contentKeys")) {
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
            _ if has_keys(shown) => same_keys(shown, keys),
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
        let written = match answer.body {
            Some(Value::Object(value)) if is_resource(&value) => resource(id, value, &operation)?,
            // Nothing to show yet, as older parts of the service have it.
            _ if answer.accepted => return self.accepted(id, &operation).await,
            Some(Value::Object(value)) => resource(id, value, &operation)?,
            _ => return Err(unlike(&operation, "answer-is-not-a-json-object")),
        };
        self.wait_until_usable(&written, new || answer.created)
            .await?;
        let complete = match id.kind() {
            Kind::ContentKeyPolicies => self.policy_with_secrets(id).await?,
            Kind::StreamingLocators => self.complete_locator(written).await?,
            _ => Some(written),
        };
        complete.ok_or_else(|| unlike(&operation, "written-resource-is-gone"))
    }

    /// What a write made that was accepted and is done later.
    async fn accepted(&self, id: &ResourceId, operation: &str) -> Result<Body, ServiceError> {
        let nothing = Body::new(id.clone(), Map::new());
        self.wait_until_usable(&nothing, true).await?;
        let written = self.read(id).await?;
        written.ok_or_else(|| {
            ServiceError::new(ErrorKind::NotReady, operation, "accepted-and-not-there-yet")
        })
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
        let operation = format!("GET {} (needs {} get)", request.kind, group(request.kind));
        let mut segments: Vec<&str> = Vec::new();
        if let (Some(parent), Some(kind)) = (&request.parent, request.kind.parent()) {
            segments.extend([kind.as_str(), parent.as_str()]);
        }
        segments.push(request.kind.as_str());
        let list = self.url(segments);
        let url = match (&request.next, request.updated_since.and_then(whole_seconds)) {
            (Some(next), _) => follow(&list, next, &operation)?,
            (None, Some(since)) => filtered(list.clone(), &format!("updated ge {since}")),
            (None, None) => list.clone(),
        };
        let answer = self.read_url(Method::GET, &url, &operation).await?;
        let page = page(request, answer, &operation)?;
        if let Some(next) = &page.next
            && follow(&list, next, &operation)? == url
        {
            return Err(unlike(&operation, "next-link-leads-to-its-own-page"));
        }
        Ok(page)
    }

    /// By a filter on the list of locators: whether `listStreamingLocators` still answers with names is not documented, and it needs the right
    /// to create assets.
    async fn locators_of(&self, asset: &Name) -> Result<Option<Vec<Name>>, ServiceError> {
        self.locators_with(asset).await.map(Some)
    }

    async fn assets_in(&self, account: &str, container: &str) -> Result<Vec<Name>, ServiceError> {
        let filter = format!("properties/container eq '{container}'");
        let first = filtered(self.url([Kind::Assets.as_str()]), &filter);
        match assets_in(self, account, container, Some(first.into())).await {
            Err(error) if is_filter_refused(&error) => {
                assets_in(self, account, container, None).await
            }
            result => result,
        }
    }

    async fn storage(&self, name: &str) -> Result<Option<Storage>, ServiceError> {
        if let Some(known) = self.storages.known(name) {
            return Ok(Some(known));
        }
        let operation = format!("GET storage/{name} (needs infra.storage get)");
        let url = self.url(["storage", name]);
        let Some(record) = self.read_url(Method::GET, &url, &operation).await? else {
            return Ok(None);
        };
        let storage = storage_of(&record, &operation)?;
        self.storages.note(name, storage.clone());
        Ok(Some(storage))
    }

    async fn create(&self, body: &Body) -> Result<Body, ServiceError> {
        self.write(Method::PUT, body, "create", true).await
    }

    async fn update(&self, body: &Body) -> Result<Body, ServiceError> {
        match body.id().kind() {
            Kind::ContentKeyPolicies => self.write(Method::PATCH, body, "update", false).await,
            // Its keys cannot be changed, and a predefined policy may refuse to be given any. Whether leaving them out counts as changing
            // them is not documented.
            Kind::StreamingLocators => {
                let mut keyless = body.clone();
                if let Some(Value::Object(properties)) = keyless.expose_mut().get_mut("properties")
                {
                    properties.remove("contentKeys");
                }
                match self.write(Method::PUT, &keyless, "update", false).await {
                    Err(error)
                        if error.kind == ErrorKind::Conflict
                            && has_keys(body.property("contentKeys")) =>
                    {
                        self.write(Method::PUT, body, "update", false).await
                    }
                    result => result,
                }
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
            // Whatever it said to that.
            Err(error) if error.status.is_some_and(|status| status < 300) => Ok(()),
            Err(error) if is_404(&error) => self.expect_project(&operation).await,
            Err(error) => Err(error),
        }
    }
}

/// The service's own 404 is JSON, as all its errors are; a page of text is a gateway's that does not reach the service.
fn is_404(error: &ServiceError) -> bool {
    error.status == Some(404) && error.code.as_deref() != Some(NOT_JSON)
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
