//! Assets.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::asset_place::{self, Place};
use super::body;
use super::call::Call;
use super::reply::Reply;
use super::settings::{AssetPut, AssetUpdates};
use super::shape::{Field, Shape, TEXT, field, needed, nullable};
use super::{key_servers, labels, render, store_new};
use crate::state::{Key, Kind, Record, valid_container};
use crate::times;

const KIND: Kind = Kind::Assets;

const FIELDS: &[Field] = &[
    needed("storageAccountName", Shape::Text(0, 255)),
    field(
        "container",
        Shape::Like(valid_container, "the name of a container"),
    ),
    field(
        "subPath",
        Shape::Like(valid_sub_path, "a path without a slash at either end"),
    ),
    field(
        "containerDeletionPolicy",
        Shape::OneOf(&["Delete", "Retain"]),
    ),
    field("alternateId", Shape::Text(0, 64)),
    field("description", Shape::Text(0, 4096)),
    nullable("encryptionScope", TEXT),
    field(
        "storageEncryptionFormat",
        Shape::OneOf(&["None", "MediaStorageClientEncryption"]),
    ),
];

/// Where the bytes are: never changed.
const PLACEMENT: [&str; 3] = ["storageAccountName", "container", "subPath"];

fn valid_sub_path(text: &str) -> bool {
    (1..=256).contains(&text.chars().count())
        && !text.starts_with('/')
        && !text.ends_with('/')
        && !text.contains("//")
        && !text.contains(['?', '%', '&'])
}

pub(super) fn show(call: &Call<'_>, record: &Record) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("assetId".to_owned(), json!(record.id));
    shown.insert("created".to_owned(), json!(times::micros(record.created)));
    shown.insert(
        "lastModified".to_owned(),
        json!(times::micros(record.modified)),
    );
    shown.extend(render::fields(record, &["labels"]));
    if call.mkio().nulls {
        for name in [
            "alternateId",
            "description",
            "storageEncryptionFormat",
            "encryptionScope",
        ] {
            shown.entry(name).or_insert(Value::Null);
        }
    }
    shown
}

pub(super) async fn put(call: &Call<'_>, name: &str) -> Result<Reply, Reply> {
    let top = [field("labels", Shape::Object)];
    let (mut fields, top) = body::properties(call, FIELDS, &top)?;
    body::required(&fields, "storageAccountName")?;
    if let Some(Value::Object(given)) = top.get("labels") {
        labels::check(given)?;
        fields.insert("labels".to_owned(), top["labels"].clone());
    }
    match call.find_if_there(KIND, None, name) {
        Some(before) => update(call, before, fields),
        None => create(call, name, fields).await,
    }
}

/// PUT of an asset that is there. Placement may be left out, and must not differ.
fn update(call: &Call<'_>, before: Record, mut asked: Map<String, Value>) -> Result<Reply, Reply> {
    for name in PLACEMENT {
        let kept = before.fields.get(name);
        if asked.get(name).is_some_and(|value| Some(value) != kept) {
            return Err(Reply::bad_request(format!(
                "'{name}' of an asset cannot be changed."
            )));
        }
    }
    if call.mkio().asset_updates == AssetUpdates::Documented {
        asked.retain(|name, _| name == "description" || name == "containerDeletionPolicy");
    }
    let replaces = call.mkio().asset_put == AssetPut::Replace
        && call.mkio().asset_updates == AssetUpdates::All;
    let mut fields = before.fields.clone();
    if replaces {
        // The deletion policy "can be modified, but not un-set".
        fields.retain(|name, _| {
            PLACEMENT.contains(&name.as_str()) || name == "containerDeletionPolicy"
        });
    }
    fields.extend(asked);
    let record = call.changed(before, fields);
    call.store(&mut call.core.world(), KIND, None, &record);
    Ok(Reply::ok(render::resource(call, KIND, None, &record)))
}

async fn create(
    call: &Call<'_>,
    name: &str,
    mut fields: Map<String, Value>,
) -> Result<Reply, Reply> {
    let record_name = body::required(&fields, "storageAccountName")?.to_owned();
    let storage = asset_place::storage(call, &record_name)?;
    let mut record = call.made(name, Map::new());
    if storage.is_azure && !fields.contains_key("container") {
        fields.insert(
            "container".to_owned(),
            json!(format!("asset-{}", record.id)),
        );
    }
    record.fields = fields;
    asset_place::check_free(call, &record)?;
    if storage.is_azure && !call.ignore_write {
        let container = record.text("container").unwrap_or_default();
        // Nothing behind the record: its containers exist by name only.
        let account = storage.account.as_deref().unwrap_or(&record_name);
        let is_new = call
            .core
            .storage
            .create(account, container)
            .await
            .map_err(|error| asset_place::unreachable(&record_name, &error))?;
        // Lest the content of others be deleted with the asset one day.
        if !is_new && record.text("containerDeletionPolicy").is_none() {
            return Err(Reply::conflict(format!(
                "The container '{container}' already exists in the storage '{record_name}': a \
                 'containerDeletionPolicy' must be set."
            )));
        }
    }
    store_new(call, KIND, None, &record);
    Ok(Reply::created(render::resource(call, KIND, None, &record)))
}

/// Deletes the asset, its filters and its locators; with the deletion policy `Delete` also its container or folder.
pub(super) async fn delete(call: &Call<'_>, asset: &Record) -> Result<Reply, Reply> {
    if asset.text("containerDeletionPolicy") == Some("Delete")
        && let Some(Place {
            account,
            container,
            folder,
        }) = asset_place::of(call, asset)
    {
        let storage = &call.core.storage;
        let done = if folder.is_empty() {
            storage.delete(&account, &container).await
        } else {
            storage.delete_folder(&account, &container, &folder).await
        };
        done.map_err(|error| asset_place::unreachable(&account, &error))?;
    }
    let mut world = call.core.world();
    let locators: Vec<Record> = call
        .account(&world)?
        .locators_of(&asset.name)
        .cloned()
        .collect();
    world.remove(&call.project, &Key::new(KIND, None, &asset.name));
    for locator in &locators {
        key_servers::withdraw(call, &mut world, locator);
    }
    Ok(Reply::empty(StatusCode::OK))
}

/// The locators of an asset. The published schema of an item has no name in it, the .NET client's has one.
pub(super) fn list_streaming_locators(call: &Call<'_>, asset: &Record) -> Result<Reply, Reply> {
    let world = call.core.world();
    let shown: Vec<Value> = call
        .account(&world)?
        .locators_of(&asset.name)
        .map(|locator| {
            let mut shown = super::locators::show(call, locator);
            shown.shift_remove("contentKeys");
            shown.insert("name".to_owned(), json!(locator.name));
            shown.insert("created".to_owned(), json!(times::micros(locator.created)));
            Value::Object(shown)
        })
        .collect();
    Ok(Reply::ok(json!({ "streamingLocators": shown })))
}

/// What lies in the asset's container: names and sizes, at the top level only.
pub(super) async fn list_storage(call: &Call<'_>, asset: &Record) -> Result<Reply, Reply> {
    let (mut files, mut folders) = (Vec::new(), Vec::<String>::new());
    if let Some(place) = asset_place::of(call, asset) {
        for blob in place.blobs(call).await? {
            match blob.name.split_once('/') {
                None => files.push(json!({ "name": blob.name, "size": blob.size })),
                Some((folder, _)) if folders.last().is_none_or(|last| last != folder) => {
                    folders.push(folder.to_owned());
                }
                Some(_) => {}
            }
        }
    }
    let folders: Vec<Value> = folders.iter().map(|name| json!({ "name": name })).collect();
    Ok(Reply::ok(json!({
        "metadata": { "id": asset.id, "name": asset.name },
        "spec": {
            "container": asset.text("container").unwrap_or_default(),
            "formatHint": "ams.v0",
            "files": files,
            "folders": folders,
        },
    })))
}

/// Where a file could be fetched through a proxy. There is none here.
pub(super) fn get_file_access_info(call: &Call<'_>, asset: &Record) -> Reply {
    let mut shown = json!({
        "storageAccountName": asset.text("storageAccountName").unwrap_or_default(),
        "containerName": asset.text("container").unwrap_or_default(),
        "jwt": "e30.e30.",
        "url": format!(
            "https://cluster-1.{}.streaming.mediakind.com/project/{}/",
            call.region, call.project_id
        ),
    });
    if let Some(folder) = asset.text("subPath") {
        shown["subPath"] = json!(folder);
    }
    Reply::ok(shown)
}
