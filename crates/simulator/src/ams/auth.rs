//! Who calls. Every bearer token is accepted, but there must be one.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::reply::Reply;

/// The caller, as far as its token tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The user's name, or the application's object ID.
    pub name: String,
    /// `User` or `Application`.
    pub kind: &'static str,
    /// Tells principals apart for throttling.
    pub principal: u64,
}

/// Reads the token's claims without checking its signature.
pub(crate) fn caller(headers: &HeaderMap) -> Result<Caller, Reply> {
    let refused =
        |message: &str| Reply::error(StatusCode::UNAUTHORIZED, "AuthenticationFailed", message);
    let header = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(|| refused("Authentication failed. The 'Authorization' header is missing."))?;
    let token = header
        .split_once(' ')
        .filter(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty())
        .map(|(_, token)| token.trim())
        .ok_or_else(|| {
            refused("Authentication failed. The 'Authorization' header is provided in an invalid format.")
        })?;
    let claims = claims(token);
    let claim = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut hasher = DefaultHasher::new();
    match claim("oid") {
        Some(oid) => oid.hash(&mut hasher),
        None => token.hash(&mut hasher),
    }
    let principal = hasher.finish();
    Ok(
        match (claim("upn"), claim("appid").or_else(|| claim("oid"))) {
            (Some(name), _) => Caller {
                name,
                kind: "User",
                principal,
            },
            (None, Some(name)) => Caller {
                name,
                kind: "Application",
                principal,
            },
            (None, None) => Caller {
                name: "user@example.com".to_owned(),
                kind: "User",
                principal,
            },
        },
    )
}

fn claims(token: &str) -> Value {
    token
        .split('.')
        .nth(1)
        .and_then(|payload| URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok())
        .and_then(|payload| serde_json::from_slice(&payload).ok())
        .unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(value: &str) -> Result<Caller, Reply> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        caller(&headers)
    }

    #[test]
    fn any_token_will_do_but_none_will_not() {
        assert_eq!(with("Bearer static-token").unwrap().kind, "User");
        assert_eq!(with("Basic xyz").unwrap_err().status, 401);
        assert_eq!(with("Bearer ").unwrap_err().status, 401);
        assert_eq!(caller(&HeaderMap::new()).unwrap_err().status, 401);
    }

    #[test]
    fn a_token_with_claims_names_its_application() {
        let payload = URL_SAFE_NO_PAD.encode(r#"{"oid":"o-1","appid":"app-1"}"#);
        let caller = with(&format!("bearer x.{payload}.sig")).unwrap();
        assert_eq!(
            (caller.name.as_str(), caller.kind),
            ("app-1", "Application")
        );
    }
}
