//! Bearer tokens: JWTs whose signature nobody checks.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::reply::Reply;
use super::settings::{MkioSettings, TokenCheck};
use crate::times;

/// Who calls, and what for.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// For `createdBy`.
    pub name: String,
    /// The claim `permissions`; absent: everything is permitted.
    permissions: Option<Value>,
}

/// Checks the token of a request.
pub(super) fn caller(headers: &HeaderMap, settings: &MkioSettings) -> Result<Caller, Reply> {
    let header = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let token = header
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty())
        .map(|(_, token)| token.trim())
        .ok_or_else(|| {
            Reply::unauthorized("The header 'Authorization: Bearer <token>' is missing.")
        })?;
    let malformed = || Reply::unauthorized("The token is malformed.");
    let expired = || Reply::unauthorized("The token has expired.");
    let revoked = || Reply::unauthorized("The token was revoked.");
    let claims = claims(token);
    match settings.tokens {
        TokenCheck::Any => {}
        TokenCheck::Malformed => return Err(malformed()),
        TokenCheck::Expired => return Err(expired()),
        TokenCheck::Revoked => return Err(revoked()),
        TokenCheck::Checked => {
            let claims = claims.as_ref().ok_or_else(malformed)?;
            let expiry = match &claims["exp"] {
                Value::Null => None,
                time => Some(time.as_f64().ok_or_else(malformed)?),
            };
            #[expect(
                clippy::cast_precision_loss,
                reason = "seconds since 1970 fit a float exactly"
            )]
            let now = times::now().unix_timestamp() as f64;
            if expiry.is_some_and(|expiry| expiry <= now) {
                return Err(expired());
            }
            let id = claims["jti"].as_str().unwrap_or_default();
            if settings.revoked_tokens.iter().any(|one| one == id) {
                return Err(revoked());
            }
        }
    }
    let claims = claims.unwrap_or_default();
    let name = ["email", "user", "sub"]
        .iter()
        .find_map(|name| claims[*name].as_str())
        .unwrap_or("user@example.com")
        .to_owned();
    Ok(Caller {
        name,
        permissions: claims
            .get("permissions")
            .filter(|claim| !claim.is_null())
            .cloned(),
    })
}

/// The claims of a JWT. `None`: it is none.
fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (head, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let object = |part: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?;
        serde_json::from_slice::<Value>(&bytes)
            .ok()
            .filter(Value::is_object)
    };
    object(head)?;
    object(claims)
}

impl Caller {
    /// Whether the caller has a capability in a project, given by name and ID. Permissions are a list of capabilities,
    /// or stand by project ID (`{"core.project":{"<id>":{"ams.asset":["get"]}}}`).
    pub(super) fn may(&self, capability: &str, project: &str, project_id: &str) -> bool {
        let Some(permissions) = &self.permissions else {
            return true;
        };
        if let Some(list) = permissions.as_array() {
            return list.iter().any(|one| one == capability);
        }
        let Some((group, right)) = capability.rsplit_once('.') else {
            return false;
        };
        let projects = permissions["core.project"].as_object();
        projects
            .into_iter()
            .flatten()
            .filter(|(name, _)| {
                name.eq_ignore_ascii_case(project) || name.eq_ignore_ascii_case(project_id)
            })
            .filter_map(|(_, groups)| groups[group].as_array())
            .flatten()
            .any(|one| one == right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn token(claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.", part(&json!({ "alg": "none" })), part(claims))
    }

    fn check(header: &str) -> Result<Caller, String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, header.parse().unwrap());
        let settings = MkioSettings {
            revoked_tokens: vec!["gone".to_owned()],
            ..MkioSettings::default()
        };
        caller(&headers, &settings)
            .map_err(|reply| reply.body.unwrap()["error"]["detail"].to_string())
    }

    #[test]
    fn only_a_jwt_that_still_holds_will_do() {
        let now = times::now().unix_timestamp();
        let bearer = |claims: Value| check(&format!("Bearer {}", token(&claims)));
        assert!(bearer(json!({ "exp": now + 60 })).is_ok());
        assert!(bearer(json!({})).is_ok(), "a token need not expire");
        let refused = |claims| bearer(claims).unwrap_err();
        assert!(refused(json!({ "exp": now - 60 })).contains("expired"));
        assert!(refused(json!({ "exp": "soon" })).contains("malformed"));
        assert!(refused(json!({ "jti": "gone" })).contains("revoked"));
        assert!(check("Bearer opaque").unwrap_err().contains("malformed"));
        assert!(check("Basic opaque").unwrap_err().contains("missing"));
    }

    #[test]
    fn permissions_stand_by_project_or_in_a_list() {
        let by_project = json!({ "core.project": { "ID-1": { "ams.asset": ["get"] }, "b": { "infra.storage": ["get"] } } });
        for (permissions, expected) in [
            (Some(by_project), [true, false, false]),
            (Some(json!(["ams.asset.get"])), [true, false, true]),
            (Some(json!({})), [false; 3]),
            (None, [true; 3]),
        ] {
            let caller = Caller {
                name: String::new(),
                permissions,
            };
            let may = [
                caller.may("ams.asset.get", "a", "id-1"),
                caller.may("ams.asset.create", "a", "id-1"),
                caller.may("ams.asset.get", "b", "id-2"),
            ];
            assert_eq!(may, expected, "{caller:?}");
        }
    }
}
