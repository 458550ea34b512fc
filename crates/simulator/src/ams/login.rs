//! What the Azure command line asks for when it signs in with a managed identity: a token, and the subscriptions.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use uuid::Uuid;

use super::TENANT;
use super::auth::caller;
use super::call::query;
use super::reply::Reply;
use crate::exchange::Incoming;
use crate::times;

/// The only subscription there is; every other one works as well.
const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";

/// How long a token is good for.
const LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// Answers a request for sign-in. `None`: it is for something else.
pub(super) fn answer(incoming: &Incoming) -> Option<Reply> {
    if incoming.method != Method::GET {
        return None;
    }
    let path = incoming.path.trim_matches('/').to_lowercase();
    let segments: Vec<&str> = path.split('/').collect();
    let authorised = |value: Value| match caller(&incoming.headers) {
        Ok(_) => Reply::ok(value),
        Err(refused) => refused,
    };
    match segments.as_slice() {
        ["msi"] | ["msi", "token"] => Some(token(incoming)),
        ["tenants"] => Some(authorised(
            json!({ "value": [{ "id": format!("/tenants/{TENANT}"), "tenantId": TENANT }] }),
        )),
        ["subscriptions"] => Some(authorised(json!({ "value": [subscription(SUBSCRIPTION)] }))),
        ["subscriptions", id] => Some(authorised(subscription(id))),
        _ => None,
    }
}

fn subscription(id: &str) -> Value {
    json!({
        "id": format!("/subscriptions/{id}"),
        "subscriptionId": id,
        "displayName": "simulator",
        "state": "Enabled",
        "tenantId": TENANT,
        "subscriptionPolicies": {},
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
    })
}

/// The identity endpoint of App Service: `GET {IDENTITY_ENDPOINT}?resource=...` with the header `X-IDENTITY-HEADER`.
fn token(incoming: &Incoming) -> Reply {
    if !incoming.headers.contains_key("x-identity-header") {
        let message = "The header X-IDENTITY-HEADER is missing.";
        return Reply::error(StatusCode::UNAUTHORIZED, "unauthorized_client", message);
    }
    let Some(resource) = query(&incoming.query, "resource") else {
        return Reply::bad_request("The parameter 'resource' is missing.");
    };
    let now = times::now();
    let expires = (now + LIFETIME).unix_timestamp();
    let client = Uuid::new_v5(&Uuid::NAMESPACE_URL, b"client").to_string();
    let claims = json!({
        "aud": resource,
        "iss": format!("https://sts.windows.net/{TENANT}/"),
        "iat": now.unix_timestamp(),
        "nbf": now.unix_timestamp(),
        "exp": expires,
        "tid": TENANT,
        "oid": Uuid::new_v5(&Uuid::NAMESPACE_URL, b"object").to_string(),
        "appid": client,
        "xms_mirid": format!(
            "/subscriptions/{SUBSCRIPTION}/resourceGroups/simulator/providers/Microsoft.Compute/virtualMachines/vm"
        ),
    });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    // Nobody checks the signature.
    let jwt = format!(
        "{}.{}.sig",
        part(&json!({ "alg": "none", "typ": "JWT" })),
        part(&claims)
    );
    Reply::ok(json!({
        "access_token": jwt,
        "expires_on": expires.to_string(),
        "resource": resource,
        "token_type": "Bearer",
        "client_id": client,
    }))
}
