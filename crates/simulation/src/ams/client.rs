//! The mirror's client of an account, call by call as the real one makes them.

use async_trait::async_trait;
use change::{Kind, Name, ResourceId};
use media::{
    Body, ErrorKind, ListRequest, MediaService, Page, ServiceError, Side, Storage, record,
};
use serde_json::Value;

use super::{Fields, Refused, Shown, Writing};
use crate::{
    line::{Call, Earnest, Line},
    sabotage::Sabotage,
    state::State,
    weather::{Part, Trouble},
};

pub(crate) struct Client {
    pub(crate) line: Line,
    pub(crate) side: Side,
}

impl Client {
    const fn part(&self) -> Part {
        match self.side {
            Side::Primary => Part::Primary,
            Side::Secondary => Part::Secondary,
        }
    }

    /// One call that only reads.
    async fn read<T: Send>(
        &self,
        operation: &str,
        effect: impl FnOnce(&mut State, Side) -> T + Send,
    ) -> Result<T, ServiceError> {
        record(self.side);
        let call = Call {
            part: self.part(),
            what: operation.to_owned(),
            writes: false,
        };
        let side = self.side;
        let answer = self
            .line
            .call(call, move |state, _| effect(state, side))
            .await;
        answer.map_err(|trouble| failed(operation, trouble))
    }

    /// One call that changes something.
    async fn write<T: Send>(
        &self,
        operation: &str,
        effect: impl FnOnce(&mut State, Side, Earnest) -> Result<T, Refused> + Send,
    ) -> Result<T, ServiceError> {
        record(self.side);
        let call = Call {
            part: self.part(),
            what: operation.to_owned(),
            writes: true,
        };
        let side = self.side;
        let answer = self
            .line
            .call(call, move |state, earnest| effect(state, side, earnest))
            .await;
        answer
            .map_err(|trouble| failed(operation, trouble))?
            .map_err(|refused| ServiceError {
                status: Some(refused.status),
                ..ServiceError::new(refused.kind, operation, refused.code)
            })
    }

    async fn get(&self, id: &ResourceId) -> Result<Option<Fields>, ServiceError> {
        let line = &self.line;
        self.read(&format!("GET {id}"), |state, side| {
            state.watch_read(side, id);
            if side == Side::Primary {
                line.world.ambush.seen(id);
            }
            if side == Side::Secondary && id.kind() == Kind::AccountFilters {
                match line.world.sabotage {
                    Sabotage::BlindToFilters => return None,
                    Sabotage::DeletesFilters => state.watch_delete(side, id),
                    _ => {}
                }
            }
            let record = state.account(side).get(id)?;
            Some(record.shown(id, Shown::Get, &line.world.answers))
        })
        .await
    }

    async fn policy_with_secrets(&self, id: &ResourceId) -> Result<Option<Body>, ServiceError> {
        let operation = format!("POST {id}/getPolicyPropertiesWithSecrets");
        let line = &self.line;
        let properties = self.read(&operation, |state, side| {
            state.watch_read(side, id);
            if side == Side::Primary {
                line.world.ambush.seen(id);
            }
            Some(state.account(side).get(id)?.with_secrets())
        });
        Ok(properties.await?.map(|properties| {
            let mut body = Fields::new();
            body.insert("properties".to_owned(), Value::Object(properties));
            Body::new(id.clone(), body)
        }))
    }

    async fn with_keys(&self, mut body: Body) -> Result<Option<Body>, ServiceError> {
        let ids = key_ids(body.property("contentKeys"));
        if ids.is_empty() {
            return Ok(Some(body));
        }
        let id = body.id().clone();
        let operation = format!("POST {id}/listContentKeys");
        let line = &self.line;
        let keys = self.read(&operation, |state, side| {
            let record = state.account(side).get(&id)?;
            let mut keys = record.properties.get("contentKeys")?.as_array()?.clone();
            line.world.answers.shuffle(&mut keys);
            Some(keys)
        });
        let Some(keys) = keys.await? else {
            return Ok(None);
        };
        body.set_property("contentKeys", Value::Array(keys));
        if key_ids(body.property("contentKeys")) != ids {
            return Err(ServiceError::new(
                ErrorKind::Unavailable,
                &operation,
                "keys-of-another-locator",
            ));
        }
        Ok(Some(body))
    }
}

/// What a mirror that makes up IDs or keys of its own would write.
fn distorted(body: &Body, sabotage: Sabotage) -> Body {
    let mut body = body.clone();
    match sabotage {
        Sabotage::OtherLocatorId if body.property("streamingLocatorId").is_some() => {
            let other = "12345678-0000-4000-8000-000000000000";
            body.set_property("streamingLocatorId", Value::from(other));
        }
        Sabotage::OtherKeys => {
            let mut keys = body.property("contentKeys").cloned().unwrap_or_default();
            for key in keys.as_array_mut().into_iter().flatten() {
                key["value"] = Value::from("AAAAAAAAAAAAAAAAAAAAAA==");
            }
            if !keys.is_null() {
                body.set_property("contentKeys", keys);
            }
        }
        _ => {}
    }
    body
}

/// A service that accepts a write and leaves something out of it.
fn forget_texts(body: &mut Fields) {
    if let Some(Value::Object(properties)) = body.get_mut("properties") {
        for name in ["description", "firstQuality"] {
            properties.remove(name);
        }
    }
}

/// The key IDs of a locator, in order.
fn key_ids(keys: Option<&Value>) -> Vec<String> {
    let keys = keys.and_then(Value::as_array).into_iter().flatten();
    let mut ids: Vec<String> = keys
        .filter_map(|key| key["id"].as_str())
        .map(str::to_ascii_lowercase)
        .collect();
    ids.sort();
    ids
}

/// A failure as the real client reports it.
fn failed(operation: &str, trouble: Trouble) -> ServiceError {
    let of = |kind, status, code: &str| ServiceError {
        status,
        ..ServiceError::new(kind, operation, code)
    };
    match trouble {
        Trouble::Throttled(seconds) => ServiceError {
            retry_after: seconds.map(std::time::Duration::from_secs),
            ..of(ErrorKind::Throttled, Some(429), "TooManyRequests")
        },
        Trouble::Failed(status) => of(ErrorKind::Unavailable, Some(status), "InternalServerError"),
        Trouble::Denied => of(ErrorKind::Denied, Some(403), "AuthorizationFailed"),
        Trouble::Broken => of(ErrorKind::Unavailable, None, "connection-lost"),
        Trouble::TimedOut => of(ErrorKind::Unavailable, None, "timeout"),
        Trouble::Lost => of(ErrorKind::Unavailable, Some(404), "ResourceNotFound"),
    }
}

#[async_trait]
impl MediaService for Client {
    async fn read(&self, id: &ResourceId) -> Result<Option<Body>, ServiceError> {
        if id.kind() == Kind::ContentKeyPolicies {
            return self.policy_with_secrets(id).await;
        }
        match self.get(id).await? {
            None => Ok(None),
            Some(found) => self.with_keys(Body::new(id.clone(), found)).await,
        }
    }

    async fn exists(&self, id: &ResourceId) -> Result<bool, ServiceError> {
        Ok(self.get(id).await?.is_some())
    }

    async fn list(&self, request: &ListRequest) -> Result<Page, ServiceError> {
        let parent = request.parent.as_ref();
        let line = &self.line;
        let of = parent
            .map(|asset| format!(" of {asset}"))
            .unwrap_or_default();
        let operation = format!("LIST {}{of}", request.kind);
        self.read(&operation, |state, side| {
            let account = state.account(side);
            let (page, next) = account.list(request.kind, parent, request.next.as_deref());
            let items = page
                .into_iter()
                .map(|(id, record)| {
                    let shown = record.shown(&id, Shown::List, &line.world.answers);
                    Body::new(id, shown)
                })
                .collect();
            Page { items, next }
        })
        .await
    }

    async fn locators_of(&self, asset: &Name) -> Result<Option<Vec<Name>>, ServiceError> {
        let id = ResourceId::new(Kind::Assets, asset.clone());
        let operation = format!("POST {id}/listStreamingLocators");
        self.read(&operation, |state, side| {
            let account = state.account(side);
            account.get(&id).map(|_| account.locators_of(asset))
        })
        .await
    }

    async fn storage(&self, name: &str) -> Result<Option<Storage>, ServiceError> {
        Ok(Some(Storage::Azure(name.to_owned())))
    }

    async fn update(&self, body: &Body) -> Result<Body, ServiceError> {
        self.create(body).await
    }

    async fn create(&self, body: &Body) -> Result<Body, ServiceError> {
        let id = body.id();
        let world = &self.line.world;
        let body = &distorted(body, world.sabotage);
        let operation = format!("PUT {id}");
        let written = self.write(&operation, |state, side, earnest| {
            state.watch_put(side, id, body.expose(), world.clock.now());
            let shown = |record: &super::Record| record.shown(id, Shown::Put, &world.answers);
            let mut fields = body.expose().clone();
            if earnest == Earnest::Pretend {
                state.watch.ignored.insert(id.clone());
                match state.account(side).get(id) {
                    Some(record) if record.can_change(id.kind()) => return Ok(shown(record)),
                    _ => forget_texts(&mut fields),
                }
            }
            let (account, storage) = state.account_and_storage(side);
            let mut writing = Writing {
                now: world.clock.now(),
                chance: &world.answers,
                storage,
            };
            let answer = account.put(id, &fields, &mut writing);
            if let Err(refused) = &answer {
                world.say(format_args!(
                    "          PUT {id}: answers {}",
                    refused.status
                ));
            }
            answer.map(|record| shown(&record))
        });
        let written = Body::new(id.clone(), written.await?);
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
        self.with_keys(written).await?.ok_or_else(vanished)
    }

    async fn delete(&self, id: &ResourceId) -> Result<(), ServiceError> {
        self.write(&format!("DELETE {id}"), |state, side, earnest| {
            state.watch_delete(side, id);
            if earnest == Earnest::Yes {
                let (account, storage) = state.account_and_storage(side);
                account.delete(id, storage);
            }
            Ok(())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn key_ids_have_no_order_and_no_letter_case() {
        let ids = |keys| key_ids(Some(&keys));
        assert_eq!(
            ids(json!([{"id": "B"}, {"id": "a"}])),
            ids(json!([{"id": "A"}, {"id": "b"}]))
        );
    }
}
