//! Making a streaming locator.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::call::Call;
use super::explicit_keys::{GivenKeys, given};
use super::locators::KIND;
use super::pending::Progress;
use super::reply::Reply;
use super::settings::{KeyIdScope, LocatorIds, Permission};
use super::{events, key_servers, predefined, render, store_new};
use crate::state::{Account, ContentKey, Key, Kind, Record, World, policy_labels, with_keys};

pub(super) fn create(
    call: &Call<'_>,
    name: &str,
    mut fields: Map<String, Value>,
) -> Result<Reply, Reply> {
    let given = given(call, &mut fields)?;
    let id = match fields.shift_remove("streamingLocatorId") {
        Some(Value::String(id)) => id,
        _ => Uuid::new_v4().to_string(),
    };
    let mut record = call.made(name, fields);
    {
        let world = call.core.world();
        let account = call.account(&world)?;
        check_references(call, account, &record)?;
        record.keys = keys(account, &record, given)?;
        check_unique(call, &world, account, &record, &id)?;
    }
    record.id = id;
    store_new(call, KIND, None, &record);
    if !call.ignore_write {
        key_servers::provide(call, &mut call.core.world(), &record);
        let key = Key::new(KIND, None, &record.name);
        if call.core.pending.look(&call.project, &key) == Progress::Made {
            events::locator_created(call, &record);
        }
    }
    Ok(Reply::created(render::resource(call, KIND, None, &record)))
}

/// What a locator names must be there, and finished.
fn check_references(call: &Call<'_>, account: &Account, record: &Record) -> Result<(), Reply> {
    let references = [
        ("assetName", Kind::Assets),
        ("streamingPolicyName", Kind::StreamingPolicies),
        ("defaultContentKeyPolicyName", Kind::ContentKeyPolicies),
    ];
    for (field, kind) in references {
        let Some(name) = record.text(field) else {
            continue;
        };
        if !account.has(kind, None, name) {
            return Err(Reply::bad_request(format!(
                "'{field}': '{name}' does not exist."
            )));
        }
        let key = Key::new(kind, None, name);
        if call.core.pending.look(&call.project, &key) != Progress::Made {
            return Err(Reply::conflict(format!(
                "'{field}': '{name}' is not ready yet."
            )));
        }
    }
    let asset = record.text("assetName");
    let filters = record.fields.get("filters").and_then(Value::as_array);
    for filter in filters.into_iter().flatten() {
        let name = filter
            .as_str()
            .ok_or_else(|| Reply::bad_request("A filter is not a name."))?;
        let known = account.has(Kind::AccountFilters, None, name)
            || account.has(Kind::AssetFilters, asset, name);
        if !known && call.mkio().unknown_filters == Permission::Refuse {
            return Err(Reply::bad_request(format!(
                "The filter '{name}' does not exist."
            )));
        }
    }
    check_systems(account, record)
}

/// Two of the predefined policies want a content key policy that has all their systems (documented).
fn check_systems(account: &Account, record: &Record) -> Result<(), Reply> {
    let streaming_policy = record.text("streamingPolicyName").unwrap_or_default();
    let policy = record
        .text("defaultContentKeyPolicyName")
        .and_then(|name| account.get(Kind::ContentKeyPolicies, None, name));
    let options = policy.and_then(|policy| policy.fields.get("options")?.as_array());
    for system in predefined::systems(streaming_policy) {
        let wanted = format!("#Microsoft.Media.ContentKeyPolicy{system}Configuration");
        let has = options
            .into_iter()
            .flatten()
            .any(|option| option["configuration"]["@odata.type"] == *wanted);
        if !has {
            return Err(Reply::bad_request(format!(
                "'{streaming_policy}' needs a content key policy with a {system} configuration."
            )));
        }
    }
    Ok(())
}

/// The given keys, and new ones for the other labels of the streaming policy.
fn keys(account: &Account, record: &Record, given: GivenKeys) -> Result<Vec<ContentKey>, Reply> {
    let policy_name = record.text("streamingPolicyName").unwrap_or_default();
    let policy = account
        .get(Kind::StreamingPolicies, None, policy_name)
        .map(predefined::properties)
        .unwrap_or_default();
    let default = record
        .text("defaultContentKeyPolicyName")
        .or_else(|| policy.get("defaultContentKeyPolicyName")?.as_str());
    let GivenKeys { keys, details } = given;
    let mut keys = with_keys(policy_labels(&policy), keys, default).map_err(|label| {
        Reply::bad_request(format!(
            "The streaming policy '{policy_name}' has no content key label '{label}'."
        ))
    })?;
    for key in &mut keys {
        let Some(detail) = details.iter().find(|detail| detail.id == key.id) else {
            continue;
        };
        if let Some(scheme) = detail.scheme.as_ref().filter(|of| **of != key.scheme) {
            return Err(Reply::bad_request(format!(
                "The content key '{}' is of the type {scheme}, and its label is one of {}.",
                key.id, key.scheme
            )));
        }
        if let Some(policy) = &detail.policy_name {
            if !account.has(Kind::ContentKeyPolicies, None, policy) {
                return Err(Reply::bad_request(format!(
                    "The content key policy '{policy}' does not exist."
                )));
            }
            key.policy_name = Some(policy.clone());
        }
    }
    Ok(keys)
}

fn check_unique(
    call: &Call<'_>,
    world: &World,
    account: &Account,
    record: &Record,
    id: &str,
) -> Result<(), Reply> {
    for (at, key) in record.keys.iter().enumerate() {
        let twice = record.keys[..at].iter().any(|other| other.id == key.id);
        // A locator that exists is not created: whoever has the key is another.
        let has = |account: &Account| account.locators_with_key(&key.id).next().is_some();
        let taken = match call.mkio().key_id_scope {
            KeyIdScope::PerProject => has(account),
            KeyIdScope::Everywhere => world.accounts().any(has),
        };
        if twice || (taken && call.mkio().key_ids_unique) {
            return Err(Reply::conflict(format!(
                "The content key '{}' is already in use.",
                key.id
            )));
        }
    }
    let taken = match call.mkio().locator_ids {
        LocatorIds::PerProject => account.has_locator_id(id),
        LocatorIds::Everywhere => world.accounts().any(|account| account.has_locator_id(id)),
    };
    if taken {
        return Err(Reply::conflict(format!(
            "The streaming locator ID '{id}' is already in use."
        )));
    }
    Ok(())
}
