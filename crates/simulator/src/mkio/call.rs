//! One request on its way through the dialect.

use axum::http::{StatusCode, header};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use url::form_urlencoded;
use uuid::Uuid;

use super::address::Target;
use super::reply::Reply;
use super::settings::MkioSettings;
use super::token::Caller;
use crate::exchange::Incoming;
use crate::settings::Settings;
use crate::shared::Core;
use crate::state::{Account, Key, Kind, Origin, Record, World};
use crate::times;

/// A request that got through to a project.
pub(super) struct Call<'a> {
    pub core: &'a Core,
    pub incoming: &'a Incoming,
    pub target: &'a Target,
    /// The project, as the options spell it.
    pub project: String,
    pub project_id: String,
    pub region: String,
    pub caller: Caller,
    pub settings: Settings,
    /// A fault: nothing is to be changed.
    pub ignore_write: bool,
    /// A fault: secrets are to be masked where they would be shown.
    pub mask_secrets: bool,
}

impl Call<'_> {
    pub(super) fn mkio(&self) -> &MkioSettings {
        &self.settings.mkio
    }

    pub(super) fn method(&self) -> &str {
        self.incoming.method.as_str()
    }

    /// The project in the world.
    pub(super) fn account<'w>(&self, world: &'w World) -> Result<&'w Account, Reply> {
        world
            .account(&self.project)
            .ok_or_else(|| Reply::not_found("project", &self.project))
    }

    /// A copy of a resource.
    pub(super) fn find(
        &self,
        kind: Kind,
        parent: Option<&str>,
        name: &str,
    ) -> Result<Record, Reply> {
        self.find_if_there(kind, parent, name)
            .ok_or_else(|| Reply::not_found(kind.segment(), name))
    }

    pub(super) fn find_if_there(
        &self,
        kind: Kind,
        parent: Option<&str>,
        name: &str,
    ) -> Option<Record> {
        self.core
            .world()
            .account(&self.project)
            .and_then(|account| account.get(kind, parent, name).cloned())
    }

    /// The JSON object of the request. An absent body is an empty one.
    pub(super) fn json(&self) -> Result<Map<String, Value>, Reply> {
        if self.incoming.body.is_empty() {
            return Ok(Map::new());
        }
        let json = self
            .incoming
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.to_ascii_lowercase().starts_with("application/json"));
        if !json {
            return Err(Reply::error(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "UnsupportedMediaType",
                "A body needs the header 'Content-Type: application/json'.",
            ));
        }
        match serde_json::from_slice(&self.incoming.body) {
            Ok(Value::Object(body)) => Ok(body),
            Ok(_) => Err(Reply::bad_request("The body is not a JSON object.")),
            Err(error) => Err(Reply::bad_request(format!(
                "The body is not JSON: line {}.",
                error.line()
            ))),
        }
    }

    /// A parameter of the query.
    pub(super) fn query(&self, name: &str) -> Option<String> {
        self.queries(name).into_iter().next()
    }

    /// Every value of a parameter of the query; its `$` may be left out.
    pub(super) fn queries(&self, name: &str) -> Vec<String> {
        form_urlencoded::parse(self.incoming.query.as_bytes())
            .filter(|(key, _)| key.trim_start_matches('$') == name)
            .map(|(_, value)| value.into_owned())
            .collect()
    }

    /// Who makes a new resource, or changes `before`. The empty subscription tells MK.IO's resources from those of AMS.
    pub(super) fn origin(&self, before: Option<&Record>) -> Origin {
        let mut origin = before.map_or_else(
            || Origin {
                created_by: self.caller.name.clone(),
                created_by_type: "User".to_owned(),
                ..Origin::default()
            },
            |record| record.origin.clone(),
        );
        origin.modified_by.clone_from(&self.caller.name);
        "User".clone_into(&mut origin.modified_by_type);
        origin
    }

    /// A new resource.
    pub(super) fn made(&self, name: &str, fields: Map<String, Value>) -> Record {
        let now = times::now();
        Record {
            name: name.to_owned(),
            id: Uuid::new_v4().to_string(),
            fields,
            keys: Vec::new(),
            created: now,
            modified: now,
            origin: self.origin(None),
            predefined: false,
        }
    }

    /// A resource with other properties.
    pub(super) fn changed(&self, before: Record, fields: Map<String, Value>) -> Record {
        Record {
            fields,
            modified: self.now_or(before.modified),
            origin: self.origin(Some(&before)),
            ..before
        }
    }

    fn now_or(&self, before: OffsetDateTime) -> OffsetDateTime {
        if self.mkio().updated_moves {
            times::now()
        } else {
            before
        }
    }

    /// Stores a record, unless a fault says otherwise.
    pub(super) fn store(
        &self,
        world: &mut World,
        kind: Kind,
        parent: Option<&str>,
        record: &Record,
    ) {
        if !self.ignore_write {
            world.put(
                &self.project,
                Key::new(kind, parent, &record.name),
                record.clone(),
            );
        }
    }
}
