//! The project itself: read-only here.

use serde_json::{Value, json};
use uuid::Uuid;

use super::call::Call;
use super::render;
use super::reply::Reply;

pub(super) fn get(call: &Call<'_>) -> Reply {
    let id = |of: &str| Uuid::new_v5(&Uuid::NAMESPACE_URL, of.as_bytes()).to_string();
    Reply::ok(json!({
        "kind": "Project",
        "metadata": {
            "id": call.project_id,
            "name": call.project,
            "displayName": call.project,
            "created": "2024-01-01T00:00:00.000000Z",
            "createdByName": "Owner",
            "createdById": render::user_id("owner"),
            "cloud": { "name": "azure", "displayName": "Azure" },
        },
        "spec": {
            "name": call.project,
            "displayName": call.project,
            "isActive": true,
            "locationId": id(&call.region),
            "locationName": call.region,
            "locationDisplayName": call.region,
            "assignedPaymentMethodId": Value::Null,
        },
    }))
}
