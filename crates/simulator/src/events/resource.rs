//! `Microsoft.Resources.Resource*`: what ARM raises for every PUT, PATCH, DELETE and POST it forwards.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Event;
use crate::times;

/// What was done, and how it went.
pub(crate) struct Operation<'a> {
    pub account: &'a str,
    pub subscription: &'a str,
    pub resource_group: &'a str,
    /// The resource's ID, without an action.
    pub resource_id: &'a str,
    /// `Microsoft.Media/mediaservices/assets`.
    pub resource_type: &'a str,
    pub method: &'a str,
    pub action: Option<&'a str>,
    pub url: &'a str,
    pub succeeded: bool,
    pub caller: &'a str,
    pub correlation_id: &'a str,
}

/// The event, in the shape of Microsoft's published samples. No captured event of a `Microsoft.Media` child is known;
/// Event Grid's rule (all of these methods, for every resource that ARM knows) says it exists.
pub(crate) fn resource_event(done: &Operation<'_>) -> Option<Event> {
    let (what, verb) = match (done.method, done.action) {
        ("PUT" | "PATCH", _) => ("Write", "write".to_owned()),
        ("DELETE", _) => ("Delete", "delete".to_owned()),
        ("POST", Some(action)) => ("Action", format!("{action}/action")),
        _ => return None,
    };
    let how = if done.succeeded { "Success" } else { "Failure" };
    let operation = format!("{}/{verb}", done.resource_type);
    let mut data = json!({
        "authorization": {
            "scope": done.resource_id,
            "action": operation,
            "evidence": { "role": "Contributor", "roleAssignmentScope": format!("/subscriptions/{}", done.subscription) },
        },
        "claims": {
            "aud": "https://management.core.windows.net/",
            "http://schemas.microsoft.com/identity/claims/objectidentifier": done.caller,
            "ver": "1.0",
        },
        "correlationId": done.correlation_id,
    });
    // The published sample of a write has no httpRequest, those of a deletion and an action do.
    if what != "Write" {
        data["httpRequest"] = json!({
            "clientRequestId": Uuid::new_v4().to_string(),
            "clientIpAddress": "127.0.0.1",
            "method": done.method,
            "url": done.url,
        });
    }
    data["resourceProvider"] = json!("Microsoft.Media");
    data["resourceUri"] = json!(done.resource_id);
    data["operationName"] = json!(operation);
    data["status"] = json!(if done.succeeded {
        "Succeeded"
    } else {
        "Failed"
    });
    data["subscriptionId"] = json!(done.subscription);
    data["tenantId"] = json!(crate::ams::TENANT);
    let body: Value = json!({
        "subject": done.resource_id,
        "eventType": format!("Microsoft.Resources.Resource{what}{how}"),
        "eventTime": times::ticks(times::now()),
        "id": Uuid::new_v4().to_string(),
        "data": data,
        "dataVersion": "2",
        "metadataVersion": "1",
        "topic": format!("/subscriptions/{}/resourceGroups/{}", done.subscription, done.resource_group),
    });
    Some(Event {
        account: done.account.to_owned(),
        body,
    })
}
