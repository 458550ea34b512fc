//! Making, reading and revoking the user's own tokens. The simulator forgets them when it stops; they hold all the same.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::reply::Reply;
use super::token::caller;
use crate::exchange::Incoming;
use crate::shared::Core;
use crate::times;

/// The tokens that were made, by ID, without the tokens themselves.
#[derive(Default)]
pub(crate) struct UserTokens {
    made: Mutex<BTreeMap<String, Value>>,
}

const TYPES: [&str; 4] = ["login", "full-access", "restricted", "ephemeral"];

/// Answers a request for the user's tokens. It needs a token itself, as the service does.
pub(super) fn answer(core: &Core, incoming: &Incoming, id: Option<&str>) -> Result<Reply, Reply> {
    let caller = caller(&incoming.headers, &core.settings().mkio)?;
    let tokens = &core.user_tokens;
    match (incoming.method.as_str(), id) {
        ("POST", None) => {
            let body = serde_json::from_slice::<Map<String, Value>>(&incoming.body);
            let body = body.map_err(|_| Reply::bad_request("The body is not a JSON object."))?;
            tokens.make(&caller.name, &body)
        }
        ("GET", None) => {
            let value: Vec<Value> = tokens.made().values().cloned().collect();
            Ok(Reply::ok(json!({ "value": value })))
        }
        ("GET", Some(id)) => {
            let found = tokens.made().get(id).cloned();
            found
                .map(Reply::ok)
                .ok_or_else(|| Reply::not_found("token", id))
        }
        ("DELETE", id) => {
            let revoked = tokens.revoke(id);
            if let (Some(id), true) = (id, revoked.is_empty()) {
                return Err(Reply::not_found("token", id));
            }
            let mut settings = core.settings();
            settings.mkio.revoked_tokens.extend(revoked);
            core.set_settings(settings);
            Ok(Reply::empty(StatusCode::OK))
        }
        (method, _) => Err(Reply::method_not_allowed(method)),
    }
}

impl UserTokens {
    /// Revokes one, or all; whose IDs these are.
    fn revoke(&self, id: Option<&str>) -> Vec<String> {
        let mut made = self.made();
        let which = made
            .iter_mut()
            .filter(|(one, _)| id.is_none_or(|id| id == *one));
        which
            .map(|(id, token)| {
                token["spec"]["revoked"] = json!(times::micros(times::now()));
                id.clone()
            })
            .collect()
    }

    fn make(&self, user: &str, body: &Map<String, Value>) -> Result<Reply, Reply> {
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let kind = text("type")
            .filter(|kind| TYPES.contains(kind))
            .ok_or_else(|| Reply::bad_request("'type' is not known."))?;
        let now = times::now();
        let year = now + time::Duration::days(366);
        let expires = match text("expireDate") {
            None => year,
            Some(date) => times::parse(date)
                .filter(|at| *at > now && *at <= year)
                .ok_or_else(|| {
                    Reply::bad_request("'expireDate' must lie within the coming year.")
                })?,
        };
        let permissions = body.get("permissions").cloned().unwrap_or_default();
        let id = Uuid::new_v4().to_string();
        let claims = json!({
            "jti": id,
            "sub": user,
            "iat": now.unix_timestamp(),
            "exp": expires.unix_timestamp(),
            "permissions": permissions,
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        // Nobody checks the signature.
        let jwt = format!(
            "{}.{}.",
            part(&json!({ "alg": "none", "typ": "JWT" })),
            part(&claims)
        );
        let mut shown = json!({
            "metadata": { "id": id, "type": kind },
            "spec": {
                "user": user,
                "issued": times::micros(now),
                "expires": times::micros(expires),
                "revoked": Value::Null,
                "permissions": permissions,
            },
        });
        self.made().insert(id, shown.clone());
        shown["metadata"]["JWT"] = json!(jwt);
        Ok(Reply::created(shown))
    }

    fn made(&self) -> MutexGuard<'_, BTreeMap<String, Value>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
