//! Changing a streaming locator: only `startTime`, `endTime` and `suppressed` can be.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::locators::KIND;
use super::reply::Reply;
use super::settings::{LocatorChanges, Permission};
use super::{locators, render};
use crate::state::Record;

/// What a PUT can change.
const CHANGEABLE: [&str; 3] = ["startTime", "endTime", "suppressed"];

/// Times that are left out stay as they are; `suppressed` has a default, and left out it is false.
pub(super) fn update(
    call: &Call<'_>,
    before: Record,
    asked: &Map<String, Value>,
) -> Result<Reply, Reply> {
    if call.mkio().locator_changes == LocatorChanges::Refuse
        && let Some(name) = other_change(call, &before, asked)
    {
        return Err(Reply::conflict(format!(
            "The streaming locator '{}' already exists, and its '{name}' cannot be changed.",
            before.name
        )));
    }
    let mut fields = before.fields.clone();
    for name in CHANGEABLE {
        if let Some(value) = asked.get(name) {
            fields.insert(name.to_owned(), value.clone());
        } else if name == "suppressed" {
            fields.insert(name.to_owned(), json!(false));
        }
    }
    if call.mkio().unchanged_locators == Permission::Refuse && !differs(&before, &fields) {
        return Err(Reply::conflict(format!(
            "The streaming locator '{}' already exists.",
            before.name
        )));
    }
    let mut record = call.changed(before, fields);
    {
        let mut world = call.core.world();
        // Another project may have taken the keys from the key server meanwhile.
        if let Some(now) = call.account(&world)?.get(KIND, None, &record.name) {
            record.keys.clone_from(&now.keys);
        }
        call.store(&mut world, KIND, None, &record);
    }
    Ok(Reply::ok(render::resource(call, KIND, None, &record)))
}

/// Whether what can be changed is other than it was.
fn differs(before: &Record, fields: &Map<String, Value>) -> bool {
    let suppressed = |fields: &Map<String, Value>| fields.get("suppressed") == Some(&json!(true));
    suppressed(&before.fields) != suppressed(fields)
        || ["startTime", "endTime"]
            .iter()
            .any(|name| before.fields.get(*name) != fields.get(*name))
}

/// The first property that is asked to be other than it is, and cannot be.
fn other_change(call: &Call<'_>, before: &Record, asked: &Map<String, Value>) -> Option<String> {
    let shown = locators::show(call, before);
    asked
        .iter()
        .filter(|(name, _)| !CHANGEABLE.contains(&name.as_str()))
        .find(|(name, value)| match name.as_str() {
            "contentKeys" => !same_keys(before, value),
            name => shown.get(name) != Some(*value),
        })
        .map(|(name, _)| name.clone())
}

/// Whether the given keys are those of the locator, in any order; what is not said of a key does not count.
fn same_keys(before: &Record, given: &Value) -> bool {
    let given = given.as_array().map(Vec::as_slice).unwrap_or_default();
    given.iter().all(|key| {
        let Some(own) = before.keys.iter().find(|own| key["id"] == own.id.as_str()) else {
            return false;
        };
        let same = |name: &str, own: Option<&str>| key[name].is_null() || key[name].as_str() == own;
        same("type", Some(&own.scheme))
            && same("value", Some(&own.value))
            && same("labelReferenceInStreamingPolicy", own.label.as_deref())
            && same("policyName", own.policy_name.as_deref())
    })
}
