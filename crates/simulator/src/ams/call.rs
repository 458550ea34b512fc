//! One request on its way through the dialect.

use serde_json::Value;
use url::form_urlencoded;

use super::address::Target;
use super::auth::Caller;
use super::reply::Reply;
use super::version::ApiVersion;
use crate::exchange::Incoming;
use crate::settings::Settings;
use crate::shared::Core;
use crate::state::{Key, Kind, Origin, Record, World};

/// A request that got through to an account.
pub(crate) struct Call<'a> {
    pub core: &'a Core,
    pub incoming: &'a Incoming,
    pub target: &'a Target,
    /// As the options spell it.
    pub account: String,
    pub version: ApiVersion,
    pub caller: Caller,
    pub settings: Settings,
    /// A fault: nothing is to be changed.
    pub ignore_write: bool,
    /// A fault: secrets are to be masked where they would be shown.
    pub mask_secrets: bool,
}

impl Call<'_> {
    /// The JSON of the request; an absent body is an empty object.
    pub(crate) fn json(&self) -> Result<Value, Reply> {
        if self.incoming.body.is_empty() {
            return Ok(Value::Object(serde_json::Map::new()));
        }
        serde_json::from_slice(&self.incoming.body).map_err(|error| {
            Reply::error(
                axum::http::StatusCode::BAD_REQUEST,
                "InvalidRequestContent",
                format!(
                    "The request content was invalid and could not be deserialized: line {}.",
                    error.line()
                ),
            )
        })
    }

    /// A parameter of the query, its name in any letter case.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        query(&self.incoming.query, name)
    }

    /// The ID of a resource, with the subscription and the group as this request spells them.
    pub(crate) fn id(&self, kind: Kind, parent: Option<&str>, name: &str) -> String {
        let parent = match (kind.parent(), parent) {
            (Some(of), Some(parent)) => format!("{}/{parent}/", of.segment()),
            _ => String::new(),
        };
        format!("{}/{parent}{}/{name}", self.account_id(), kind.segment())
    }

    pub(crate) fn account_id(&self) -> String {
        account_id(self.target, &self.account)
    }

    /// Who makes a new resource, or changes `before`.
    pub(crate) fn origin(&self, before: Option<&Record>) -> Origin {
        let mut origin = before.map_or_else(
            || Origin {
                subscription: self.target.subscription.clone(),
                resource_group: self.target.resource_group.clone(),
                created_by: self.caller.name.clone(),
                created_by_type: self.caller.kind.to_owned(),
                ..Origin::default()
            },
            |record| record.origin.clone(),
        );
        origin.modified_by.clone_from(&self.caller.name);
        self.caller.kind.clone_into(&mut origin.modified_by_type);
        origin
    }

    /// Stores a record, unless a fault says otherwise.
    pub(crate) fn store(
        &self,
        world: &mut World,
        kind: Kind,
        parent: Option<&str>,
        record: &Record,
    ) {
        if !self.ignore_write {
            world.put(
                &self.account,
                Key::new(kind, parent, &record.name),
                record.clone(),
            );
        }
    }
}

/// An account's ID. The type is lower-case whatever the request says.
pub(crate) fn account_id(target: &Target, account: &str) -> String {
    format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Media/mediaservices/{account}",
        target.subscription, target.resource_group
    )
}

/// The type of a kind, as replies and events write it.
pub(crate) fn type_of(kind: Kind) -> String {
    let parent = kind
        .parent()
        .map(|parent| format!("{}/", parent.segment()))
        .unwrap_or_default();
    format!("Microsoft.Media/mediaservices/{parent}{}", kind.segment())
}

pub(crate) fn query(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.into_owned())
}
