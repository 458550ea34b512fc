//! From a method and a place to what is done.

use axum::http::StatusCode;
use serde_json::Value;

use super::address::Place;
use super::call::Call;
use super::list::{list, show};
use super::render::{self, View};
use super::reply::Reply;
use super::{
    account, assets, content_key_policies, filters, jobs, locators, paths, streaming_policies,
    transforms,
};
use crate::state::{Action, Key, Kind, Record, valid_name};

/// Does what is asked.
pub(super) async fn dispatch(call: &Call<'_>) -> Reply {
    let method = call.incoming.method.as_str();
    let done = match (&call.target.place, method) {
        (Place::Account, "GET") => account::get(call),
        (Place::Collection(kind, parent), "GET") => list(call, *kind, parent.as_deref()),
        (Place::Item(kind, parent, name), "GET") => get(call, *kind, parent.as_deref(), name),
        (Place::Item(kind, parent, name), "PUT") => put(call, *kind, parent.as_deref(), name).await,
        (Place::Item(kind, parent, name), "PATCH") => {
            patch(call, *kind, parent.as_deref(), name).await
        }
        (Place::Item(kind, parent, name), "DELETE") => {
            delete(call, *kind, parent.as_deref(), name).await
        }
        (Place::Action(kind, parent, name, action), "POST") => {
            act(call, *kind, parent.as_deref(), name, *action).await
        }
        (Place::Unknown(kind), _) => Err(Reply::error(
            StatusCode::NOT_FOUND,
            "InvalidResourceType",
            format!(
                "The resource type '{kind}' could not be found in the namespace 'Microsoft.Media' for api version '{}'.",
                call.query("api-version").unwrap_or_default()
            ),
        )),
        _ => Err(Reply::method_not_allowed(method)),
    };
    done.unwrap_or_else(|refused| refused)
}

fn find(call: &Call<'_>, kind: Kind, parent: Option<&str>, name: &str) -> Result<Record, Reply> {
    let world = call.core.world();
    let found = world
        .account(&call.account)
        .and_then(|account| account.get(kind, parent, name).cloned());
    found.ok_or_else(Reply::not_found)
}

fn get(call: &Call<'_>, kind: Kind, parent: Option<&str>, name: &str) -> Result<Reply, Reply> {
    let record = find(call, kind, parent, name)?;
    Ok(Reply::ok(render::resource(
        call,
        kind,
        parent,
        &record,
        show(call, kind, &record, View::Get),
    )))
}

async fn put(
    call: &Call<'_>,
    kind: Kind,
    parent: Option<&str>,
    name: &str,
) -> Result<Reply, Reply> {
    if !valid_name(name) {
        return Err(Reply::bad_request(format!(
            "The name '{name}' is not valid."
        )));
    }
    let _turn = call.core.turn(&call.account).await;
    let of = parent.unwrap_or_default();
    match kind {
        Kind::Assets => assets::put(call, name).await,
        Kind::AssetFilters | Kind::AccountFilters => filters::put(call, kind, parent, name),
        Kind::ContentKeyPolicies => content_key_policies::put(call, name),
        Kind::StreamingPolicies => streaming_policies::put(call, name),
        Kind::StreamingLocators => locators::put(call, name),
        Kind::Transforms => transforms::put(call, name),
        Kind::Jobs => jobs::put(call, of, name),
        // All that any recording shows of tracks.
        Kind::Tracks => {
            find(call, Kind::Assets, None, of)?;
            Err(Reply::bad_request("Target resource file does not exist."))
        }
        // No address of this dialect leads to the kinds of the other.
        Kind::StorageRecords | Kind::StreamingEndpoints | Kind::WebhookRules => {
            Err(Reply::not_found())
        }
    }
}

async fn patch(
    call: &Call<'_>,
    kind: Kind,
    parent: Option<&str>,
    name: &str,
) -> Result<Reply, Reply> {
    let _turn = call.core.turn(&call.account).await;
    if matches!(kind, Kind::StreamingPolicies | Kind::StreamingLocators) {
        return Err(Reply::method_not_allowed("PATCH"));
    }
    let before = find(call, kind, parent, name)?;
    match kind {
        Kind::Assets => assets::patch(call, before),
        Kind::AssetFilters | Kind::AccountFilters => filters::patch(call, kind, parent, before),
        Kind::ContentKeyPolicies => content_key_policies::patch(call, before),
        Kind::Transforms => transforms::patch(call, before),
        Kind::Jobs => jobs::patch(call, parent.unwrap_or_default(), before),
        Kind::StreamingPolicies
        | Kind::StreamingLocators
        | Kind::Tracks
        | Kind::StorageRecords
        | Kind::StreamingEndpoints
        | Kind::WebhookRules => Err(Reply::not_found()),
    }
}

/// 200 for what was there, 204 for what was not (declared; no recording shows it).
async fn delete(
    call: &Call<'_>,
    kind: Kind,
    parent: Option<&str>,
    name: &str,
) -> Result<Reply, Reply> {
    let _turn = call.core.turn(&call.account).await;
    let Ok(record) = find(call, kind, parent, name) else {
        return Ok(Reply::empty(StatusCode::NO_CONTENT));
    };
    if record.predefined {
        return Err(Reply::bad_request(format!(
            "'{}' is predefined and cannot be deleted.",
            record.name
        )));
    }
    if kind == Kind::Assets {
        return assets::delete(call, &record).await;
    }
    call.core
        .world()
        .remove(&call.account, &Key::new(kind, parent, name));
    Ok(Reply::empty(StatusCode::OK))
}

async fn act(
    call: &Call<'_>,
    kind: Kind,
    parent: Option<&str>,
    name: &str,
    action: Action,
) -> Result<Reply, Reply> {
    let record = find(call, kind, parent, name)?;
    match action {
        Action::ListContainerSas => assets::list_container_sas(call, &record),
        Action::ListStreamingLocators => Ok(assets::list_streaming_locators(call, &record)),
        Action::GetEncryptionKey => Err(assets::get_encryption_key()),
        Action::GetPolicyPropertiesWithSecrets => Ok(
            content_key_policies::get_properties_with_secrets(call, &record),
        ),
        Action::ListContentKeys => Ok(locators::list_content_keys(&record)),
        Action::ListPaths => paths::list_paths(call, &record).await,
        Action::CancelJob => Ok(jobs::cancel(call, parent.unwrap_or_default(), &record)),
    }
}

/// The ID of the resource that a change or an action is about, and its type.
pub(super) fn subject(call: &Call<'_>, reply: &Reply) -> Option<(String, Kind)> {
    let (Place::Item(kind, parent, name) | Place::Action(kind, parent, name, _)) =
        &call.target.place
    else {
        return None;
    };
    let shown = reply
        .body
        .as_ref()
        .and_then(|body| body.get("id"))
        .and_then(Value::as_str);
    let id = shown.map_or_else(|| call.id(*kind, parent.as_deref(), name), str::to_owned);
    Some((id, *kind))
}
