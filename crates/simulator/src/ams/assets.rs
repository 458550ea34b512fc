//! Assets and their actions.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body::{self, Field, Shape, field, field_since};
use super::call::Call;
use super::render::{self, View};
use super::reply::Reply;
use super::version::date;
use crate::state::{Key, Kind, Record, valid_container};
use crate::storage::ContainerSas;
use crate::times;

const FIELDS: &[Field] = &[
    field("assetId", Shape::ReadOnly),
    field("created", Shape::ReadOnly),
    field("lastModified", Shape::ReadOnly),
    field("alternateId", Shape::Text),
    field("description", Shape::Text),
    field("container", Shape::Text),
    field("storageAccountName", Shape::Text),
    field("storageEncryptionFormat", Shape::ReadOnly),
    field_since("encryptionScope", Shape::Text, date(2023, 1, 1)),
];

pub(super) fn show(call: &Call<'_>, record: &Record, _view: View) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("assetId".to_owned(), json!(record.id));
    shown.insert(
        "created".to_owned(),
        json!(times::rounded_text(record.created)),
    );
    shown.insert(
        "lastModified".to_owned(),
        json!(times::rounded_text(record.modified)),
    );
    render::copy(
        &mut shown,
        record,
        &[
            "alternateId",
            "description",
            "container",
            "storageAccountName",
        ],
    );
    shown.insert("storageEncryptionFormat".to_owned(), json!("None"));
    if call.version.knows(date(2023, 1, 1)) {
        render::copy(&mut shown, record, &["encryptionScope"]);
    }
    render::copy_unknown(&mut shown, record, FIELDS);
    shown
}

pub(super) async fn put(call: &Call<'_>, name: &str) -> Result<Reply, Reply> {
    let fields = body::settable_without_nulls(call, "Asset", FIELDS)?;
    let before = {
        let world = call.core.world();
        world
            .account(&call.account)
            .and_then(|account| account.get(Kind::Assets, None, name).cloned())
    };
    match before {
        Some(before) => replace(call, before, fields),
        None => create(call, name, fields).await,
    }
}

/// PUT on an asset that is there: replaces what can change; where its bytes are cannot.
fn replace(
    call: &Call<'_>,
    before: Record,
    mut fields: Map<String, Value>,
) -> Result<Reply, Reply> {
    for fixed in ["container", "storageAccountName"] {
        let kept = before.fields.get(fixed).cloned().unwrap_or_default();
        if fields.get(fixed).is_some_and(|asked| *asked != kept) {
            return Err(Reply::bad_request(format!(
                "The property '{fixed}' of an asset cannot be changed."
            )));
        }
        fields.insert(fixed.to_owned(), kept);
    }
    let record = Record {
        fields,
        modified: times::now(),
        origin: call.origin(Some(&before)),
        ..before
    };
    call.store(&mut call.core.world(), Kind::Assets, None, &record);
    Ok(Reply::ok(render::resource(
        call,
        Kind::Assets,
        None,
        &record,
        show(call, &record, View::Put),
    )))
}

async fn create(
    call: &Call<'_>,
    name: &str,
    mut fields: Map<String, Value>,
) -> Result<Reply, Reply> {
    let id = Uuid::new_v4().to_string();
    let chosen = !fields.contains_key("container");
    if chosen {
        fields.insert("container".to_owned(), json!(format!("asset-{id}")));
    }
    let container = body::required(&fields, "container")?.to_owned();
    if !valid_container(&container) {
        return Err(Reply::bad_request(
            "Invalid container name. Check MSDN for more information about valid container naming.",
        ));
    }
    let storage = {
        let world = call.core.world();
        let account = world.account(&call.account);
        let attached = account
            .map(|account| account.storage.as_slice())
            .unwrap_or_default();
        let asked = fields.get("storageAccountName").and_then(Value::as_str);
        let storage = match asked {
            None => attached.first(),
            Some(asked) => attached
                .iter()
                .find(|storage| storage.account.eq_ignore_ascii_case(asked)),
        };
        let storage = storage
            .ok_or_else(|| {
                let asked = asked.unwrap_or_default();
                Reply::bad_request(format!(
                    "The storage account '{asked}' is not attached to the account."
                ))
            })?
            .account
            .clone();
        if world.container_taken(&storage, &container) {
            return Err(Reply::bad_request(format!(
                "Cannot insert duplicate key row in object 'dbo.media' with unique index 'Index_BlobStorageUri'. The \
                 duplicate key value is (https://{storage}.blob.core.windows.net/{container}). The statement has been \
                 terminated."
            )));
        }
        storage
    };
    fields.insert("storageAccountName".to_owned(), json!(storage));
    if !call.ignore_write {
        call.core
            .storage
            .create(&storage, &container)
            .await
            .map_err(|error| unreachable_storage(&storage, &error))?;
    }
    let now = times::now();
    let record = Record {
        name: name.to_owned(),
        id,
        fields,
        keys: Vec::new(),
        created: now,
        modified: now,
        origin: call.origin(None),
        predefined: false,
    };
    call.store(&mut call.core.world(), Kind::Assets, None, &record);
    let mut properties = show(call, &record, View::Put);
    if chosen && !call.version.names_chosen_container() {
        properties.shift_remove("container");
    }
    Ok(Reply::created(render::resource(
        call,
        Kind::Assets,
        None,
        &record,
        properties,
    )))
}

/// PATCH merges.
pub(super) fn patch(call: &Call<'_>, before: Record) -> Result<Reply, Reply> {
    let patch = body::settable(call, "Asset", FIELDS)?;
    let mut fields = before.fields.clone();
    body::merge(&mut fields, patch);
    replace(call, before, fields)
}

/// DELETE takes the container with it, even one that was there before the asset.
pub(super) async fn delete(call: &Call<'_>, record: &Record) -> Result<Reply, Reply> {
    if let (Some(storage), Some(container)) =
        (record.text("storageAccountName"), record.text("container"))
    {
        call.core
            .storage
            .delete(storage, container)
            .await
            .map_err(|error| unreachable_storage(storage, &error))?;
    }
    call.core
        .world()
        .remove(&call.account, &Key::new(Kind::Assets, None, &record.name));
    Ok(Reply::empty(StatusCode::OK))
}

/// The service answers 409 when it cannot get at its storage: not every 409 means "exists".
fn unreachable_storage(storage: &str, error: &dyn std::error::Error) -> Reply {
    tracing::warn!(storage.account = storage, %error, "the storage account cannot be used");
    Reply::conflict(format!(
        "The storage account '{storage}' cannot be accessed."
    ))
}

/// One URL for each of the storage account's two keys; here both are the same one.
pub(super) fn list_container_sas(call: &Call<'_>, record: &Record) -> Result<Reply, Reply> {
    let input = call.json()?;
    let permissions = match input["permissions"].as_str() {
        None | Some("Read") => "rl",
        Some("ReadWrite") => "rwl",
        Some("ReadWriteDelete") => "rwdl",
        Some(other) => {
            return Err(Reply::bad_request(format!(
                "The permissions '{other}' are not known."
            )));
        }
    };
    let expires = input["expiryTime"]
        .as_str()
        .and_then(times::parse)
        .ok_or_else(|| Reply::bad_request("The property 'expiryTime' is required."))?;
    if expires > times::now() + time::Duration::hours(24) {
        return Err(Reply::bad_request(
            "The expiry time must be less than 24 hours from now.",
        ));
    }
    let (storage, container) = (
        record.text("storageAccountName").unwrap_or_default(),
        record.text("container").unwrap_or_default(),
    );
    let (url, options) = call
        .core
        .storage
        .address(storage, container)
        .ok_or_else(Reply::not_found)?;
    let sas = ContainerSas {
        account: &options.account,
        key: &options.key,
        container,
        permissions,
        expires,
        version: call.version.sas(),
    };
    let query = sas
        .query()
        .map_err(|error| unreachable_storage(storage, &error))?;
    let url = format!("{url}?{query}");
    Ok(Reply::ok(json!({ "assetContainerSasUrls": [url, url] })))
}

/// Locators as they are shown nowhere else: no keys, no filters, no alternative media ID.
pub(super) fn list_streaming_locators(call: &Call<'_>, record: &Record) -> Reply {
    let world = call.core.world();
    let locators: Vec<Value> = world
        .account(&call.account)
        .into_iter()
        .flat_map(|account| account.locators_of(&record.name))
        .map(|locator| {
            let mut shown = Map::new();
            shown.insert("name".to_owned(), json!(locator.name));
            render::copy(&mut shown, locator, &["assetName"]);
            shown.insert(
                "created".to_owned(),
                json!(times::rounded_text(locator.created)),
            );
            super::locators::copy_times(&mut shown, locator, View::Get);
            shown.insert("streamingLocatorId".to_owned(), json!(locator.id));
            render::copy(
                &mut shown,
                locator,
                &["streamingPolicyName", "defaultContentKeyPolicyName"],
            );
            Value::Object(shown)
        })
        .collect();
    Reply::ok(json!({ "streamingLocators": locators }))
}

/// Only assets of the old storage encryption have one, and there are none.
pub(super) fn get_encryption_key() -> Reply {
    Reply::bad_request(
        "Asset, asset files or encryption key does not exist or asset files are not storage encrypted.",
    )
}
