//! Who may do what: tokens, shared access signatures, shared keys.
//!
//! Signatures are not verified. What is: that there is one, that it is in time, and that it covers the
//! operation.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::OffsetDateTime;

use crate::call::{Call, Query, Service, iso_time};
use crate::operation::Operation;
use crate::refusal::Refusal;

/// Checks that a request may do what it asks for.
pub(crate) fn request(call: &Call, now: OffsetDateTime) -> Result<(), Refusal> {
    match call.header("authorization") {
        Some(header)
            if scheme(header, "SharedKey").is_some()
                && call.operation != Operation::GetUserDelegationKey =>
        {
            Ok(())
        }
        Some(header) => match scheme(header, "Bearer") {
            Some(token) if call.https => bearer(token, now),
            _ => Err(Refusal::authentication_failed()),
        },
        None if call.operation == Operation::GetUserDelegationKey => {
            Err(Refusal::authentication_failed())
        }
        None if call.query.get("sig").is_some() => sas(&call.query, call, now),
        None => Err(Refusal::no_authentication()),
    }
}

/// Checks that the source of a copy may be read: with the SAS in its address, or with the token in
/// `x-ms-copy-source-authorization`. `Ok(false)`: neither was given.
pub(crate) fn source(
    query: &Query,
    authorization: Option<&str>,
    https: bool,
    now: OffsetDateTime,
) -> Result<bool, Refusal> {
    if let Some(header) = authorization {
        let token = scheme(header, "Bearer").ok_or_else(Refusal::authentication_failed)?;
        return bearer(token, now).map(|()| true);
    }
    if query.get("sig").is_none() {
        return Ok(false);
    }
    scope(query, Service::Blob, "r", https, now).map(|()| true)
}

/// What follows an authorization scheme.
fn scheme<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let (scheme, rest) = header.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case(name)
        .then(|| rest.trim())
        .filter(|rest| !rest.is_empty())
}

/// A token passes unless it says of itself that it is past, or for another resource. One that is no JWT
/// says nothing.
fn bearer(token: &str, now: OffsetDateTime) -> Result<(), Refusal> {
    let claims = token
        .split('.')
        .nth(1)
        .and_then(|part| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok());
    let Some(claims) =
        claims.and_then(|claims| serde_json::from_slice::<serde_json::Value>(&claims).ok())
    else {
        return Ok(());
    };
    let refused =
        |detail: &'static str| Err(Refusal::new(401, "InvalidAuthenticationInfo", detail));
    if claims["exp"]
        .as_i64()
        .is_some_and(|exp| exp <= now.unix_timestamp())
    {
        return refused("Lifetime validation failed. The token is expired.");
    }
    match claims["aud"].as_str() {
        Some(aud) if !aud.contains("storage.azure.com") && !aud.contains(".core.windows.net") => {
            refused("Audience validation failed. Audience did not match.")
        }
        _ => Ok(()),
    }
}

fn sas(query: &Query, call: &Call, now: OffsetDateTime) -> Result<(), Refusal> {
    // A signature for one blob does not open its container.
    if query.is("sr", "b") && call.name.is_empty() {
        return Err(Refusal::authentication_failed());
    }
    scope(
        query,
        call.service,
        call.operation.permissions(),
        call.https,
        now,
    )
}

/// `permissions`: those of which one is needed.
fn scope(
    query: &Query,
    service: Service,
    permissions: &str,
    https: bool,
    now: OffsetDateTime,
) -> Result<(), Refusal> {
    if query.get("sig").is_none_or(str::is_empty) || query.get("sv").is_none() {
        return Err(Refusal::authentication_failed());
    }
    let expiries = [query.get("se"), query.get("ske")];
    // The expiry of a delegation key applies as well, where one signed.
    let in_time = expiries
        .iter()
        .flatten()
        .all(|text| iso_time(text).is_some_and(|expiry| expiry > now));
    let started = query
        .get("st")
        .is_none_or(|text| iso_time(text).is_some_and(|start| start <= now));
    if expiries[0].is_none() || !in_time || !started {
        return Err(Refusal::authentication_failed());
    }
    if query.is("spr", "https") && !https {
        return Err(Refusal::protocol_mismatch());
    }
    let letter = match service {
        Service::Blob => 'b',
        Service::Queue => 'q',
    };
    if query
        .get("ss")
        .is_some_and(|services| !services.contains(letter))
    {
        return Err(Refusal::service_mismatch());
    }
    let given = query.get("sp").unwrap_or_default();
    if permissions.chars().any(|needed| given.contains(needed)) {
        Ok(())
    } else {
        Err(Refusal::permission_mismatch())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-11-22 12:00:00 UTC);

    fn reading(query: &str) -> Result<bool, String> {
        source(&Query::parse(query), None, true, NOW).map_err(|refusal| refusal.code.into_owned())
    }

    #[test]
    fn a_sas_must_be_signed_in_time_and_cover_the_operation() {
        assert_eq!(
            reading("sv=1&sp=rl&se=2026-11-22T12:00:01Z&sig=x"),
            Ok(true)
        );
        assert_eq!(reading("sv=1&sp=rl&se=2026-11-22T12:00:01Z"), Ok(false));
        let failed = || Err("AuthenticationFailed".to_owned());
        assert_eq!(
            reading("sv=1&sp=rl&se=2026-11-22T12:00:00Z&sig=x"),
            failed()
        );
        assert_eq!(
            reading("sv=1&sp=rl&st=2026-11-22T12:00:01Z&se=2026-11-23&sig=x"),
            failed()
        );
        assert_eq!(
            reading("sv=1&sp=rl&ske=2026-11-22T11:00:00Z&se=2026-11-23&sig=x"),
            failed()
        );
        assert_eq!(
            reading("sv=1&sp=l&se=2026-11-23&sig=x"),
            Err("AuthorizationPermissionMismatch".to_owned())
        );
        assert_eq!(
            reading("sv=1&ss=q&sp=r&se=2026-11-23&sig=x"),
            Err("AuthorizationServiceMismatch".to_owned())
        );
    }

    #[test]
    fn a_token_for_another_resource_or_past_its_time_is_refused() {
        let token = |claims: &str| format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims));
        let status = |claims: &str| bearer(&token(claims), NOW).map_err(|refusal| refusal.status);
        let soon = NOW.unix_timestamp() + 1;
        assert_eq!(
            status(&format!(
                r#"{{"aud":"https://storage.azure.com","exp":{soon}}}"#
            )),
            Ok(())
        );
        assert_eq!(
            status(&format!(
                r#"{{"aud":"https://storage.azure.com","exp":{}}}"#,
                soon - 1
            )),
            Err(401)
        );
        assert_eq!(
            status(&format!(
                r#"{{"aud":"https://management.azure.com","exp":{soon}}}"#
            )),
            Err(401)
        );
        assert_eq!(bearer("opaque", NOW), Ok(()));
    }
}
