//! The mirror's client of a project, call by call as the real one makes them.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use change::{Kind, Name, ResourceId};
use media::{Body, ErrorKind, ListRequest, MediaService, Page, ServiceError, Side, Storage};
use serde_json::Value;
use time::{UtcOffset, macros::format_description};
use tokio::time::sleep;

use super::render::state;
use crate::{
    account::{
        Fields, Verb,
        caller::{Caller, Unread, key_ids, vanished, with_values},
        parsed,
    },
    sabotage::Sabotage,
    weather::Trouble,
};

/// How often the state of something new is asked for, and the pause between.
const STATE_CHECKS: usize = 10;
const STATE_PAUSE: Duration = Duration::from_millis(300);

pub(crate) struct Client {
    caller: Caller,
    /// Storage that was asked for once does not change.
    storages: Mutex<BTreeMap<String, Storage>>,
}

impl Client {
    pub(crate) fn new(caller: Caller) -> Self {
        Self {
            caller,
            storages: Mutex::default(),
        }
    }

    fn sabotage(&self) -> Sabotage {
        self.caller.line.world.sabotage
    }

    /// Whether who has content keys is not to be seen: nothing else is asked for by whoever deletes what is gone.
    fn is_blind_to_users(&self) -> bool {
        self.caller.side == Side::Primary
            && self.sabotage() == Sabotage::BlindToUsers
            && self.caller.line.world.state().watch.found_gone()
    }

    /// What an answer says. What is not found counts as gone only if the project itself answers in the same invocation.
    async fn found<T>(&self, answer: Result<Option<T>, Unread>) -> Result<Option<T>, ServiceError> {
        let found = match answer {
            Err(Unread {
                trouble: Trouble::Lost,
                ..
            }) => None,
            answer => answer?,
        };
        let side = self.caller.side;
        if found.is_none() && self.sabotage() == Sabotage::TrustsLostProjects {
            return Ok(None);
        }
        let answered = {
            let world = &self.caller.line.world;
            let mut state = world.state();
            match found {
                Some(_) => state.watch.note_answer(side),
                None => state.watch.answered(side),
            }
        };
        if !answered {
            let operation = "GET project";
            match self.caller.read(operation, |_, _| ()).await {
                Err(unread) if unread.trouble == Trouble::Lost => {
                    let what = "project-not-found";
                    return Err(ServiceError::new(ErrorKind::Unavailable, operation, what));
                }
                project => project?,
            }
            self.caller.line.world.state().watch.note_answer(side);
        }
        Ok(found)
    }

    async fn get(&self, id: &ResourceId) -> Result<Option<Body>, ServiceError> {
        let found = self.found(self.caller.get(id).await).await?;
        Ok(found.map(|found| Body::new(id.clone(), found)))
    }

    async fn policy(&self, id: &ResourceId) -> Result<Option<Body>, ServiceError> {
        self.found(self.caller.policy_with_secrets(id).await).await
    }

    /// Adds the values of the content keys, if there are any keys.
    async fn with_keys(&self, body: Body) -> Result<Option<Body>, ServiceError> {
        if key_ids(body.property("contentKeys")).is_empty() {
            return Ok(Some(body));
        }
        let values = self.caller.content_keys(body.id()).await;
        match self.found(values).await? {
            None => Ok(None),
            Some(values) => with_values(body, values).map(Some),
        }
    }

    async fn write(&self, verb: Verb, body: &Body) -> Result<Body, ServiceError> {
        let id = body.id();
        let mut sent = body.clone();
        with_short_times(sent.expose_mut());
        let written = self.caller.write(verb, &sent).await?;
        self.wait_until_usable(&written.body, written.created)
            .await?;
        let whole = match id.kind() {
            Kind::ContentKeyPolicies => self.policy(id).await?,
            Kind::StreamingLocators if self.sabotage() == Sabotage::ReleasesUnread => {
                Some(body.clone())
            }
            Kind::StreamingLocators => self.with_keys(written.body).await?,
            _ => Some(written.body),
        };
        whole.ok_or_else(|| vanished(id))
    }

    async fn wait_until_usable(&self, written: &Body, created: bool) -> Result<(), ServiceError> {
        let id = written.id();
        let stateful = matches!(
            id.kind(),
            Kind::Assets | Kind::ContentKeyPolicies | Kind::StreamingLocators
        );
        let of_answer = written.text("resourceState");
        let supplemental = written.expose().get("supplemental");
        let of_answer = of_answer.or_else(|| supplemental?["state"].as_str());
        let usable = of_answer.map_or(!created, |of_answer| of_answer == state(true));
        if !stateful || usable {
            return Ok(());
        }
        let operation = format!("GET {id}/state");
        let world = &self.caller.line.world;
        for check in 0..STATE_CHECKS {
            if check > 0 {
                sleep(STATE_PAUSE).await;
            }
            let usable = self.caller.read(&operation, |state, side| {
                let record = state.account(side).get(id);
                record.is_none_or(|record| record.usable <= world.clock.now())
            });
            match usable.await {
                // A state that cannot be asked for says nothing against what was written.
                Ok(true)
                | Err(Unread {
                    trouble: Trouble::Lost,
                    ..
                }) => return Ok(()),
                Ok(false) => {}
                Err(unread) => return Err(unread.into()),
            }
        }
        let what = "not-usable-yet";
        Err(ServiceError::new(ErrorKind::NotReady, &operation, what))
    }
}

/// Times with two digits of fraction: more caused errors.
fn with_short_times(fields: &mut Fields) {
    let format =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:2]Z");
    let Some(Value::Object(properties)) = fields.get_mut("properties") else {
        return;
    };
    for name in ["startTime", "endTime"] {
        let time = properties
            .get(name)
            .and_then(Value::as_str)
            .and_then(parsed);
        if let Some(time) = time {
            let short = time.to_offset(UtcOffset::UTC).format(&format);
            properties.insert(name.to_owned(), Value::from(short.unwrap_or_default()));
        }
    }
}

#[async_trait]
impl MediaService for Client {
    async fn read(&self, id: &ResourceId) -> Result<Option<Body>, ServiceError> {
        if id.kind() == Kind::ContentKeyPolicies {
            return self.policy(id).await;
        }
        match self.get(id).await? {
            Some(found) if id.kind() == Kind::StreamingLocators => self.with_keys(found).await,
            found => Ok(found),
        }
    }

    async fn exists(&self, id: &ResourceId) -> Result<bool, ServiceError> {
        Ok(self.get(id).await?.is_some())
    }

    async fn is_being_made(&self, id: &ResourceId) -> Result<bool, ServiceError> {
        if !matches!(id.kind(), Kind::Assets | Kind::ContentKeyPolicies) {
            return Ok(false);
        }
        let world = &self.caller.line.world;
        let operation = format!("GET {id}/state");
        let unfinished = self.caller.read(&operation, |state, side| {
            let record = state.account(side).get(id);
            record.is_some_and(|record| record.usable > world.clock.now())
        });
        match unfinished.await {
            Err(Unread {
                trouble: Trouble::Lost,
                ..
            }) => Ok(false),
            unfinished => Ok(unfinished?),
        }
    }

    async fn list(&self, request: &ListRequest) -> Result<Page, ServiceError> {
        if request.kind == Kind::StreamingLocators && self.is_blind_to_users() {
            return Ok(Page {
                items: Vec::new(),
                next: None,
            });
        }
        let page = self.caller.list(request).await.map(Some);
        let page = self.found(page).await?;
        page.ok_or_else(|| ServiceError::new(ErrorKind::Unavailable, "LIST", "list-not-found"))
    }

    async fn locators_of(&self, asset: &Name) -> Result<Option<Vec<Name>>, ServiceError> {
        if self.is_blind_to_users() {
            return Ok(Some(Vec::new()));
        }
        let operation = format!("LIST streamingLocators of {asset}");
        let page = self
            .caller
            .line
            .world
            .state()
            .account(self.caller.side)
            .lists
            .page;
        let mut names = Vec::new();
        loop {
            let seen = names.len();
            let found = self.caller.read(&operation, |state, side| {
                let names = state.account(side).locators_of(asset);
                Some(names.into_iter().skip(seen).take(page).collect::<Vec<_>>())
            });
            let Some(found) = self.found(found.await).await? else {
                let what = "list-not-found";
                return Err(ServiceError::new(ErrorKind::Unavailable, &operation, what));
            };
            let last = found.len() < page;
            names.extend(found);
            if last {
                return Ok(Some(names));
            }
        }
    }

    async fn storage(&self, name: &str) -> Result<Option<Storage>, ServiceError> {
        let lock = || self.storages.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(name) {
            return Ok(Some(known.clone()));
        }
        let operation = format!("GET storage/{name}");
        let record = self.caller.read(&operation, |state, side| {
            let account = state.account(side).storage_account(name)?;
            Some(Storage::Azure(account.to_owned()))
        });
        let storage = self.found(record.await).await?;
        if let Some(storage) = &storage {
            lock().insert(name.to_owned(), storage.clone());
        }
        Ok(storage)
    }

    async fn create(&self, body: &Body) -> Result<Body, ServiceError> {
        let created = self.write(Verb::Put, body).await;
        let sabotaged = self.sabotage() == Sabotage::PublishesOtherKeys;
        match created {
            // Whoever does not care has the service make other keys, and publishes.
            Err(error) if error.kind == ErrorKind::Refused && sabotaged => {
                let mut body = body.clone();
                body.set_property("contentKeys", Value::Null);
                body.set_property("suppressed", Value::Bool(false));
                self.write(Verb::Put, &body).await
            }
            created => created,
        }
    }

    async fn update(&self, body: &Body) -> Result<Body, ServiceError> {
        match body.id().kind() {
            Kind::ContentKeyPolicies if self.sabotage() == Sabotage::PutsPolicies => {
                self.write(Verb::Put, body).await
            }
            Kind::ContentKeyPolicies => self.write(Verb::Patch, body).await,
            Kind::StreamingLocators => {
                let mut body = body.clone();
                if let Some(Value::Object(properties)) = body.expose_mut().get_mut("properties") {
                    properties.remove("contentKeys");
                }
                self.write(Verb::Put, &body).await
            }
            _ => self.write(Verb::Put, body).await,
        }
    }

    async fn delete(&self, id: &ResourceId) -> Result<(), ServiceError> {
        self.caller.delete(id).await
    }
}
