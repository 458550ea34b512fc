//! The mirror's calls to an account, as both clients make them.

use change::{Kind, ResourceId};
use media::{Body, ErrorKind, ListRequest, Page, ServiceError, Side, record};
use serde_json::Value;

use super::{Fields, Refused, Service, Shown, Verb, flat, without_fair_play};
use crate::{
    line::{Call, Earnest, Line},
    sabotage::Sabotage,
    state::State,
    weather::{Part, Trouble},
};

/// The way to one account.
pub(crate) struct Caller {
    pub(crate) line: Line,
    pub(crate) side: Side,
}

/// How a call that only reads failed.
pub(crate) struct Unread {
    operation: String,
    pub(crate) trouble: Trouble,
}

impl From<Unread> for ServiceError {
    fn from(unread: Unread) -> Self {
        failed(&unread.operation, unread.trouble)
    }
}

/// A resource as a write left it.
pub(crate) struct Written {
    pub(crate) body: Body,
    /// Whether it was not there before.
    pub(crate) created: bool,
}

impl Caller {
    const fn part(&self) -> Part {
        match self.side {
            Side::Primary => Part::Primary,
            Side::Secondary => Part::Secondary,
        }
    }

    /// One call that only reads.
    pub(crate) async fn read<T: Send>(
        &self,
        operation: &str,
        effect: impl FnOnce(&mut State, Side) -> T + Send,
    ) -> Result<T, Unread> {
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
        answer.map_err(|trouble| Unread {
            operation: operation.to_owned(),
            trouble,
        })
    }

    /// One call that changes something.
    async fn change<T: Send>(
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

    pub(crate) async fn get(&self, id: &ResourceId) -> Result<Option<Fields>, Unread> {
        let world = &self.line.world;
        self.read(&format!("GET {id}"), |state, side| {
            state.watch_read(side, id);
            if side == Side::Primary {
                world.ambush.seen(id);
            }
            if side == Side::Secondary && id.kind() == Kind::AccountFilters {
                match world.sabotage {
                    Sabotage::BlindToFilters => return None,
                    Sabotage::DeletesFilters => state.watch_delete(side, id),
                    _ => {}
                }
            }
            if side == Side::Primary
                && world.sabotage == Sabotage::TrustsWebhooks
                && let Some(heard) = state.chronicle.heard.get(id)
            {
                return Some(heard.clone());
            }
            let account = state.account(side);
            let record = account.get(id)?;
            Some(account.shown(id, record, Shown::Get, world.clock.now(), &world.answers))
        })
        .await
    }

    /// A content key policy with its secrets.
    pub(crate) async fn policy_with_secrets(
        &self,
        id: &ResourceId,
    ) -> Result<Option<Body>, Unread> {
        let operation = format!("POST {id}/getPolicyPropertiesWithSecrets");
        let world = &self.line.world;
        let shown = self.read(&operation, |state, side| {
            state.watch_read(side, id);
            if side == Side::Primary {
                world.ambush.seen(id);
            }
            let account = state.account(side);
            let record = account.get(id)?;
            let mut shown =
                account.shown(id, record, Shown::Get, world.clock.now(), &world.answers);
            let properties = match account.service {
                Service::Mkio(switches) if !switches.fair_play_shown => {
                    without_fair_play(&record.properties)
                }
                _ => record.properties.clone(),
            };
            // The secrets are in the options alone.
            let mut options = properties.get("options").cloned();
            if side == Side::Secondary && world.sabotage == Sabotage::BlindToKeptOptions {
                options = forget_kept(options, state.primary.get(id).map(|of| &of.properties));
            }
            if let (Some(Value::Object(properties)), Some(options)) =
                (shown.get_mut("properties"), options)
            {
                properties.insert("options".to_owned(), options);
            }
            Some(shown)
        });
        Ok(shown.await?.map(|shown| Body::new(id.clone(), shown)))
    }

    /// The content keys of a locator, in no order.
    pub(crate) async fn content_keys(&self, id: &ResourceId) -> Result<Option<Vec<Value>>, Unread> {
        let operation = format!("POST {id}/listContentKeys");
        let world = &self.line.world;
        self.read(&operation, |state, side| {
            state.watch_keys_read(side, id);
            let record = state.account(side).get(id)?;
            let keys = record.properties.get("contentKeys")?.as_array();
            let mut keys = keys.cloned().unwrap_or_default();
            world.answers.shuffle(&mut keys);
            Some(keys)
        })
        .await
    }

    pub(crate) async fn list(&self, request: &ListRequest) -> Result<Page, Unread> {
        let parent = request.parent.as_ref();
        let world = &self.line.world;
        let of = parent
            .map(|asset| format!(" of {asset}"))
            .unwrap_or_default();
        let since = if request.updated_since.is_some() {
            " updated lately"
        } else {
            ""
        };
        let operation = format!("LIST {}{of}{since}", request.kind);
        self.read(&operation, |state, side| {
            let account = state.account(side);
            let (page, next) = account.list(request, &world.answers);
            let now = world.clock.now();
            let items = page
                .into_iter()
                .map(|(id, record)| {
                    let shown = account.shown(&id, &record, Shown::List, now, &world.answers);
                    Body::new(id, shown)
                })
                .collect();
            Page { items, next }
        })
        .await
    }

    /// Creates or updates.
    pub(crate) async fn write(&self, verb: Verb, body: &Body) -> Result<Written, ServiceError> {
        let id = body.id();
        let world = &self.line.world;
        let body = &distorted(body, world.sabotage);
        let operation = format!("{} {id}", verb.as_str());
        let written = self.change(&operation, |state, side, earnest| {
            let now = world.clock.now();
            let created = state.account(side).get(id).is_none();
            state.watch_write(side, id, body.expose(), now);
            let mut fields = body.expose().clone();
            if earnest == Earnest::Pretend {
                state.watch.ignored.insert(id.clone());
                let account = state.account(side);
                match account.get(id) {
                    Some(record) if account.updates(id.kind()) => {
                        let shown = account.shown(id, record, Shown::Put, now, &world.answers);
                        return Ok((shown, created));
                    }
                    _ => forget_texts(&mut fields),
                }
            }
            let answer = state.write(side, verb, id, &fields, now, &world.answers);
            if let Err(refused) = &answer {
                world.say(format_args!(
                    "          {operation}: answers {} {}",
                    refused.status, refused.code
                ));
            }
            let record = answer?;
            state.watch_written(side, id);
            let account = state.account(side);
            let shown = account.shown(id, &record, Shown::Put, now, &world.answers);
            Ok((shown, created))
        });
        let (shown, created) = written.await?;
        Ok(Written {
            body: Body::new(id.clone(), shown),
            created,
        })
    }

    pub(crate) async fn delete(&self, id: &ResourceId) -> Result<(), ServiceError> {
        self.change(&format!("DELETE {id}"), |state, side, earnest| {
            state.watch_delete(side, id);
            if earnest == Earnest::Yes {
                state.delete(side, id);
            }
            Ok(())
        })
        .await
    }
}

/// What a mirror that makes up IDs or keys of its own, or is in a hurry, would write.
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
        Sabotage::PublishesUnread if body.property("suppressed") == Some(&Value::Bool(true)) => {
            body.set_property("suppressed", Value::Bool(false));
        }
        Sabotage::ForgetsContainers if body.property("containerDeletionPolicy").is_some() => {
            body.set_property("containerDeletionPolicy", Value::Null);
        }
        Sabotage::DeletesContainers if body.property("containerDeletionPolicy").is_some() => {
            body.set_property("containerDeletionPolicy", Value::from("Delete"));
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

/// Options as whoever does not look for those that the source has no more would see them.
fn forget_kept(options: Option<Value>, source: Option<&Fields>) -> Option<Value> {
    let Some(Value::Array(mut options)) = options else {
        return options;
    };
    let of_source = source.and_then(|source| source.get("options")?.as_array());
    options.retain(|option| {
        of_source.is_none_or(|of_source| of_source.iter().any(|of| of["name"] == option["name"]))
    });
    Some(Value::Array(options))
}

/// A failure as the real clients report it.
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

/// A locator and the values of its keys, which are its own only if it is the same still.
pub(crate) fn with_values(mut body: Body, values: Vec<Value>) -> Result<Body, ServiceError> {
    let ids = key_ids(body.property("contentKeys"));
    body.set_property("contentKeys", Value::Array(values));
    if key_ids(body.property("contentKeys")) == ids {
        return Ok(body);
    }
    Err(ServiceError::new(
        ErrorKind::Unavailable,
        &format!("POST {}/listContentKeys", body.id()),
        "keys-of-another-locator",
    ))
}

/// The key IDs of a locator, in order.
pub(crate) fn key_ids(keys: Option<&Value>) -> Vec<String> {
    let keys = keys.and_then(Value::as_array).into_iter().flatten();
    let mut ids: Vec<String> = keys
        .filter_map(|key| key["id"].as_str())
        .map(str::to_ascii_lowercase)
        .collect();
    ids.sort();
    ids
}

/// What was written is not there when it is read back.
pub(crate) fn vanished(id: &ResourceId) -> ServiceError {
    ServiceError::new(
        ErrorKind::Unavailable,
        &format!("PUT {id}"),
        "written-resource-is-gone",
    )
}

/// What a write brings, whatever its shape.
pub(crate) fn properties_of(body: &Fields) -> Fields {
    flat(body).unwrap_or_default()
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
