//! From a method and a place to what is done.

use axum::http::StatusCode;
use serde_json::json;

use super::address::{Part, Place};
use super::call::Call;
use super::list::list;
use super::pending::Progress;
use super::reply::Reply;
use super::settings::Permission;
use super::{
    assets, body, content_key_policies, credentials, endpoints, events, filters, jobs, locators,
    paths, project, render, storage_records, streaming_policies, transforms, webhooks,
};
use crate::state::{Key, Kind, Record};

/// Does what is asked.
pub(super) async fn dispatch(call: &Call<'_>) -> Reply {
    let method = call.method();
    let place = &call.target.place;
    if *place == Place::Unknown {
        return Reply::not_found("path", &call.incoming.path);
    }
    if !place.allows(method) {
        return Reply::method_not_allowed(method);
    }
    let done = match (place, method) {
        (Place::Project, _) => Ok(project::get(call)),
        (Place::Collection(kind, parent), _) => list(call, *kind, parent.as_deref()),
        (Place::AllJobs, _) => list(call, Kind::Jobs, None),
        (Place::Item(kind, parent, name), "GET") => get(call, *kind, parent.as_deref(), name),
        (Place::Item(kind, parent, name), "PUT") => put(call, *kind, parent.as_deref(), name).await,
        (Place::Item(kind, parent, name), "PATCH") => {
            patch(call, *kind, parent.as_deref(), name).await
        }
        (Place::Item(kind, parent, name), _) => delete(call, *kind, parent.as_deref(), name).await,
        (Place::Part(kind, parent, name, part), _) => {
            part_of(call, *kind, parent.as_deref(), name, part).await
        }
        (Place::Tokens(_) | Place::Legacy | Place::Unknown, _) => {
            Err(Reply::method_not_allowed(method))
        }
    };
    done.unwrap_or_else(|refused| refused)
}

fn get(call: &Call<'_>, kind: Kind, parent: Option<&str>, name: &str) -> Result<Reply, Reply> {
    let record = call.find(kind, parent, name)?;
    // As it is before this read counts.
    let shown = render::resource(call, kind, parent, &record);
    progress(call, kind, parent, &record);
    Ok(Reply::ok(shown))
}

/// Counts a read of something that may be unfinished; the last one that finds it so finishes it.
fn progress(call: &Call<'_>, kind: Kind, parent: Option<&str>, record: &Record) -> Progress {
    let key = Key::new(kind, parent, &record.name);
    let progress = call.core.pending.read(&call.project, &key);
    if progress == Progress::Last && kind == Kind::StreamingLocators {
        events::locator_created(call, record);
    }
    progress
}

async fn put(
    call: &Call<'_>,
    kind: Kind,
    parent: Option<&str>,
    name: &str,
) -> Result<Reply, Reply> {
    if !body::valid_name(name) {
        return Err(Reply::bad_request(format!(
            "The name '{name}' is not valid."
        )));
    }
    let _turn = call.core.turn(&call.project).await;
    match kind {
        Kind::Assets => assets::put(call, name).await,
        Kind::AssetFilters | Kind::AccountFilters => filters::put(call, kind, parent, name),
        Kind::ContentKeyPolicies => content_key_policies::put(call, name),
        Kind::StreamingPolicies => streaming_policies::put(call, name),
        Kind::StreamingLocators => locators::put(call, name),
        Kind::StreamingEndpoints => endpoints::put(call, name),
        Kind::StorageRecords => storage_records::put(call, name),
        Kind::Transforms => transforms::put(call, name),
        Kind::Jobs => jobs::put(call, parent.unwrap_or_default(), name),
        Kind::WebhookRules => webhooks::put(call, name),
        Kind::Tracks => Err(Reply::not_found("tracks", name)),
    }
}

async fn patch(
    call: &Call<'_>,
    kind: Kind,
    parent: Option<&str>,
    name: &str,
) -> Result<Reply, Reply> {
    let _turn = call.core.turn(&call.project).await;
    let before = call.find(kind, parent, name)?;
    match kind {
        Kind::ContentKeyPolicies => content_key_policies::patch(call, before),
        Kind::StreamingEndpoints => endpoints::patch(call, before),
        Kind::StorageRecords => storage_records::patch(call, before),
        Kind::Jobs => jobs::patch(call, parent.unwrap_or_default(), before),
        _ => Err(Reply::method_not_allowed("PATCH")),
    }
}

/// 200 for what was there, 204 for what was not.
async fn delete(
    call: &Call<'_>,
    kind: Kind,
    parent: Option<&str>,
    name: &str,
) -> Result<Reply, Reply> {
    let _turn = call.core.turn(&call.project).await;
    let Some(record) = call.find_if_there(kind, parent, name) else {
        return Ok(Reply::empty(StatusCode::NO_CONTENT));
    };
    if record.predefined {
        return Err(Reply::bad_request(format!(
            "'{}' is predefined and cannot be deleted.",
            record.name
        )));
    }
    match kind {
        Kind::Assets => assets::delete(call, &record).await,
        Kind::AssetFilters | Kind::AccountFilters => filters::delete(call, kind, parent, &record),
        Kind::StreamingLocators => Ok(locators::delete(call, &record)),
        Kind::StorageRecords => storage_records::delete(call, &record),
        Kind::WebhookRules => Ok(webhooks::delete(call, &record)),
        Kind::ContentKeyPolicies | Kind::StreamingPolicies => {
            check_unused(call, kind, &record)?;
            remove(call, kind, parent, &record)
        }
        _ => remove(call, kind, parent, &record),
    }
}

fn remove(
    call: &Call<'_>,
    kind: Kind,
    parent: Option<&str>,
    record: &Record,
) -> Result<Reply, Reply> {
    let key = Key::new(kind, parent, &record.name);
    call.core.world().remove(&call.project, &key);
    Ok(Reply::empty(StatusCode::OK))
}

/// Err: a locator names the policy, and that forbids deleting it here.
fn check_unused(call: &Call<'_>, kind: Kind, policy: &Record) -> Result<(), Reply> {
    if call.mkio().delete_used_policies == Permission::Allow {
        return Ok(());
    }
    let world = call.core.world();
    let is = |name: Option<&str>| name.is_some_and(|name| name.eq_ignore_ascii_case(&policy.name));
    let user = call
        .account(&world)?
        .list(Kind::StreamingLocators, None)
        .find(|locator| match kind {
            Kind::StreamingPolicies => is(locator.text("streamingPolicyName")),
            _ => {
                is(locator.text("defaultContentKeyPolicyName"))
                    || locator
                        .keys
                        .iter()
                        .any(|key| is(key.policy_name.as_deref()))
            }
        });
    match user {
        None => Ok(()),
        Some(user) => Err(Reply::conflict(format!(
            "The policy '{}' is used by the streaming locator '{}'.",
            policy.name, user.name
        ))),
    }
}

async fn part_of(
    call: &Call<'_>,
    kind: Kind,
    parent: Option<&str>,
    name: &str,
    part: &Part,
) -> Result<Reply, Reply> {
    let record = call.find(kind, parent, name)?;
    match (part, call.method()) {
        (Part::State, _) => Ok(state(call, kind, parent, &record)),
        (Part::Storage, _) => assets::list_storage(call, &record).await,
        (Part::ListStreamingLocators, _) => assets::list_streaming_locators(call, &record),
        (Part::GetFileAccessInfo, _) => Ok(assets::get_file_access_info(call, &record)),
        (Part::GetPolicyPropertiesWithSecrets, _) => Ok(
            content_key_policies::get_properties_with_secrets(call, &record),
        ),
        (Part::ListContentKeys, _) => Ok(locators::list_content_keys(&record)),
        (Part::ListPaths, _) => paths::list_paths(call, &record).await,
        (Part::CancelJob, _) => Ok(jobs::cancel(call, parent.unwrap_or_default(), &record)),
        (Part::Start | Part::Stop | Part::Scale | Part::Restart, _) => {
            let _turn = call.core.turn(&call.project).await;
            endpoints::act(call, record, part)
        }
        (Part::Skus, _) => Err(Reply::error(
            StatusCode::NOT_IMPLEMENTED,
            "NotImplemented",
            "This API is not implemented.",
        )),
        (Part::Events, _) => webhooks::history(call, &record),
        (Part::Credentials, "GET") => credentials::list(call, &record),
        (Part::Credentials, _) => {
            let _turn = call.core.turn(&call.project).await;
            credentials::add(call, record)
        }
        (Part::Credential(id), "GET") => credentials::get(&record, id),
        (Part::Credential(id), _) => {
            let _turn = call.core.turn(&call.project).await;
            credentials::delete(call, record, id)
        }
    }
}

/// How far a resource is, in the words of its kind.
fn state(call: &Call<'_>, kind: Kind, parent: Option<&str>, record: &Record) -> Reply {
    let state = match (kind, progress(call, kind, parent, record)) {
        (Kind::StreamingEndpoints | Kind::Jobs, _) => record.text("state").unwrap_or_default(),
        (_, Progress::Failed) => "Error",
        (Kind::Assets, Progress::Made) => "Ready",
        (Kind::Assets, _) => "Pending",
        (_, Progress::Made) => "Created",
        (_, _) => "Creating",
    };
    Reply::ok(json!({ "status": { "state": state } }))
}
