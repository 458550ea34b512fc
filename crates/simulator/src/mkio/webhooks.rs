//! Webhook rules, and the history of their events.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use url::Url;

use super::body;
use super::call::Call;
use super::list::page;
use super::reply::Reply;
use super::shape::{Field, Shape, TEXT, field, needed};
use super::store_new;
use crate::events::{DeliveryState, Webhook};
use crate::shared::Core;
use crate::state::{Key, Kind, Record};

const KIND: Kind = Kind::WebhookRules;

const FIELDS: &[Field] = &[
    needed("enabled", Shape::Flag),
    needed("url", TEXT),
    needed("events", Shape::List(&Shape::OneOf(&EVENTS))),
    field("authentication", Shape::Fields(&[HEADERS, PARAMETERS])),
    HEADERS,
    PARAMETERS,
];

const HEADERS: Field = field("headers", Shape::Texts(usize::MAX));

const PARAMETERS: Field = field("queryParams", Shape::Texts(usize::MAX));

/// All that can be asked for; the simulator raises the first three.
const EVENTS: [&str; 10] = [
    "MediaKind.JobStarted",
    "MediaKind.JobFinished",
    "MediaKind.StreamingLocatorCreated",
    "MediaKind.ChannelInstanceStarted",
    "MediaKind.ChannelInstanceStopped",
    "MediaKind.ChannelInstanceError",
    "MediaKind.ScheduledOperationAccepted",
    "MediaKind.ScheduledOperationCompleted",
    "MediaKind.ScheduledOperationError",
    "MediaKind.ScheduledOperationOngoing",
];

/// The whole rule; what authenticates is shown as asterisks.
pub(super) fn show(record: &Record) -> Value {
    let mut spec = record.fields.clone();
    if let Some(Value::Object(groups)) = spec.get_mut("authentication") {
        for secrets in groups.values_mut().filter_map(Value::as_object_mut) {
            for secret in secrets.values_mut() {
                *secret = json!("********");
            }
        }
    }
    json!({ "metadata": { "id": record.id, "name": record.name }, "spec": spec })
}

/// Makes a rule, or replaces all of it.
pub(super) fn put(call: &Call<'_>, name: &str) -> Result<Reply, Reply> {
    let (fields, _) = body::member(call, "spec", Shape::Fields(FIELDS), &[])?;
    let url = body::required(&fields, "url")?;
    if !Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        return Err(Reply::bad_request("'url' is not a URL."));
    }
    let before = call.find_if_there(KIND, None, name);
    let new = before.is_none();
    let record = match before {
        Some(before) => {
            let record = call.changed(before, fields);
            call.store(&mut call.core.world(), KIND, None, &record);
            record
        }
        None => {
            let record = call.made(name, fields);
            store_new(call, KIND, None, &record);
            record
        }
    };
    if !call.ignore_write {
        connect(call.core, &call.project, &record);
    }
    Ok(Reply::stored(new, show(&record)))
}

/// Drops the rule's history too.
pub(super) fn delete(call: &Call<'_>, record: &Record) -> Reply {
    let name = full_name(&call.project, &record.name);
    call.core.grid.unsubscribe(&name);
    call.core.grid.forget(&name);
    let key = Key::new(KIND, None, &record.name);
    call.core.world().remove(&call.project, &key);
    Reply::empty(StatusCode::OK)
}

/// What became of the rule's events, the newest last; in this process, since it started.
pub(super) fn history(call: &Call<'_>, record: &Record) -> Result<Reply, Reply> {
    let deliveries = call
        .core
        .grid
        .history(&full_name(&call.project, &record.name));
    page(call, KIND, &deliveries, |delivery| {
        let status = match (delivery.state, delivery.attempts) {
            (DeliveryState::Pending, 0) => "Pending",
            (DeliveryState::Pending, _) => "Retrying",
            (DeliveryState::Delivered, _) => "Sent",
            (DeliveryState::Lost | DeliveryState::Dropped, _) => "Failed",
        };
        json!({
            "created": delivery.event["time"],
            "status": status,
            "source": delivery.subject,
            "type": delivery.event_type,
        })
    })
}

/// Lets every rule that was kept deliver again.
pub(crate) fn connect_all(core: &Core) {
    let rules: Vec<(String, Record)> = core
        .world()
        .accounts()
        .flat_map(|account| {
            account
                .list(KIND, None)
                .map(|record| (account.name.clone(), record.clone()))
        })
        .collect();
    for (project, record) in rules {
        connect(core, &project, &record);
    }
}

/// Lets a rule deliver; one that is not enabled delivers nothing.
fn connect(core: &Core, project: &str, record: &Record) {
    let empty = Map::new();
    let texts = |group: &Value, name: &str| -> Vec<(String, String)> {
        group[name]
            .as_object()
            .unwrap_or(&empty)
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect()
    };
    let spec = Value::Object(record.fields.clone());
    let secret = &spec["authentication"];
    let Some(mut url) = record.text("url").and_then(|url| Url::parse(url).ok()) else {
        return;
    };
    for (name, value) in [texts(&spec, "queryParams"), texts(secret, "queryParams")].concat() {
        url.query_pairs_mut().append_pair(&name, &value);
    }
    let wanted = spec["events"].as_array().into_iter().flatten();
    let wanted = wanted.filter(|_| spec["enabled"] == true);
    core.grid.set_webhook(Webhook {
        name: full_name(project, &record.name),
        project: project.to_owned(),
        url,
        headers: [texts(&spec, "headers"), texts(secret, "headers")].concat(),
        event_types: wanted
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
    });
}

fn full_name(project: &str, rule: &str) -> String {
    format!("{project}/{rule}")
}
