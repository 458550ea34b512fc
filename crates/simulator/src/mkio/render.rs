//! The envelope round a resource's properties.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::call::Call;
use super::{
    assets, content_key_policies, endpoints, filters, jobs, locators, storage_records,
    streaming_policies, transforms, webhooks,
};
use crate::state::{Kind, Record};
use crate::times;

/// A resource as GET shows it.
pub(super) fn resource(
    call: &Call<'_>,
    kind: Kind,
    parent: Option<&str>,
    record: &Record,
) -> Value {
    let properties = match kind {
        Kind::StorageRecords => return storage_records::show(call, record),
        Kind::StreamingEndpoints => return endpoints::show(call, record),
        Kind::WebhookRules => return webhooks::show(record),
        Kind::Assets => assets::show(call, record),
        Kind::AssetFilters | Kind::AccountFilters => filters::show(record),
        Kind::ContentKeyPolicies => content_key_policies::show(call, record),
        Kind::StreamingPolicies => streaming_policies::show(record),
        Kind::StreamingLocators => locators::show(call, record),
        Kind::Transforms => transforms::show(record),
        Kind::Jobs => jobs::show(record),
        Kind::Tracks => Map::new(),
    };
    let project = [call.project.as_str(), call.project_id.as_str()];
    let operation = call.method().to_lowercase();
    envelope(project, &operation, kind, parent, record, properties)
}

/// A resource of a project, which has a name and an ID.
pub(super) fn envelope(
    [project, project_id]: [&str; 2],
    operation: &str,
    kind: Kind,
    parent: Option<&str>,
    record: &Record,
    properties: Map<String, Value>,
) -> Value {
    let mut shown = json!({
        "name": record.name,
        "id": id(project, kind, parent, &record.name),
        "type": type_of(kind),
        "properties": properties,
    });
    if kind == Kind::Assets {
        let labels = record.fields.get("labels").cloned();
        shown["labels"] = labels.unwrap_or_else(|| json!({}));
    }
    let origin = &record.origin;
    let by = |name: &str| {
        if name.is_empty() {
            "system".to_owned()
        } else {
            name.to_owned()
        }
    };
    shown["systemData"] = json!({
        "internalId": internal_id(project, kind, parent, record),
        "createdBy": by(&origin.created_by),
        "createdByType": "User",
        "createdAt": times::micros(record.created),
        "lastModifiedBy": by(&origin.modified_by),
        "lastModifiedByType": "User",
        "lastModifiedAt": times::micros(record.modified),
    });
    shown["supplemental"] = json!({
        "operation": operation,
        "subscription": { "id": project_id, "name": project },
    });
    shown
}

/// The same for as long as the resource lives.
pub(super) fn internal_id(
    project: &str,
    kind: Kind,
    parent: Option<&str>,
    record: &Record,
) -> String {
    let seed = format!(
        "{}@{}",
        id(project, kind, parent, &record.name).to_lowercase(),
        record.created.unix_timestamp_nanos()
    );
    Uuid::new_v5(&Uuid::NAMESPACE_URL, seed.as_bytes()).to_string()
}

/// The ID of a user, which some replies show in place of a name.
pub(super) fn user_id(name: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).to_string()
}

/// It looks like one of ARM.
fn id(project: &str, kind: Kind, parent: Option<&str>, name: &str) -> String {
    let parent = match (kind.parent(), parent) {
        (Some(of), Some(parent)) => format!("{}/{parent}/", of.segment()),
        _ => String::new(),
    };
    format!(
        "/subscriptions/52907a2e-0000-4000-8000-000000000001/resourceGroups/default/providers/Microsoft.Media/\
         mediaservices/{project}/{parent}{}/{name}",
        kind.segment()
    )
}

fn type_of(kind: Kind) -> String {
    let parent = kind
        .parent()
        .map(|parent| format!("{}/", parent.segment()))
        .unwrap_or_default();
    format!("Microsoft.Media/mediaservices/{parent}{}", kind.segment())
}

/// The resource's kind, as listings name it.
pub(super) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Assets => "Asset",
        Kind::AssetFilters => "AssetFilter",
        Kind::AccountFilters => "AccountFilter",
        Kind::ContentKeyPolicies => "ContentKeyPolicy",
        Kind::StreamingPolicies => "StreamingPolicy",
        Kind::StreamingLocators => "StreamingLocator",
        Kind::StreamingEndpoints => "StreamingEndpoint",
        Kind::Transforms => "Transform",
        Kind::Jobs => "Job",
        Kind::Tracks => "Track",
        Kind::StorageRecords => "BlobStorage",
        Kind::WebhookRules => "WebhookRule",
    }
}

/// The record's own properties, those that a dialect knows and those that it merely keeps, without what is hidden.
pub(super) fn fields(record: &Record, hidden: &[&str]) -> Map<String, Value> {
    record
        .fields
        .iter()
        .filter(|(name, _)| !hidden.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
