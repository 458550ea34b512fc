//! The checks before any work, in the order in which ARM makes them: token, version, account, limits.

use std::time::Instant;

use axum::http::{Method, StatusCode};

use super::address::{Place, Target};
use super::auth::caller;
use super::call::{Call, query};
use super::reply::Reply;
use super::version::ApiVersion;
use crate::buckets::Bucket;
use crate::exchange::Incoming;
use crate::faults::Fault;
use crate::shared::Core;

/// A request that may be worked on.
pub(super) enum Admitted<'a> {
    /// For the list of accounts.
    Accounts,
    Account(Box<Call<'a>>),
}

/// The checks before any work, in ARM's order.
pub(super) fn admit<'a>(
    core: &'a Core,
    incoming: &'a Incoming,
    target: &'a Target,
    known: Option<&(String, String)>,
    faults: &[Fault],
) -> Result<Admitted<'a>, Reply> {
    let caller = caller(&incoming.headers)?;
    let version = api_version(incoming, target)?;
    let Some(asked) = target.account.as_deref() else {
        let listing = incoming.method == Method::GET && target.place == Place::Accounts;
        return if listing {
            Ok(Admitted::Accounts)
        } else {
            Err(Reply::method_not_allowed(incoming.method.as_str()))
        };
    };
    let lost = faults.contains(&Fault::LoseAccount);
    let (account, region) = known
        .filter(|_| !lost)
        .ok_or_else(|| Reply::no_account(asked, &target.resource_group))?;
    let method = incoming.method.as_str();
    for fault in faults {
        match fault {
            Fault::Throttle { retry_after } => {
                return Err(Reply::throttled(&target.subscription, method, *retry_after));
            }
            Fault::Status {
                status,
                code,
                message,
            } => return Err(failure(*status, code.as_deref(), message.as_deref())),
            _ => {}
        }
    }
    let settings = core.settings();
    if let Some(scale) = settings.throttling_scale {
        core.buckets
            .take(
                region,
                caller.principal,
                Bucket::of(method),
                scale,
                Instant::now(),
            )
            .map_err(|seconds| {
                Reply::throttled(&target.subscription, method, u64::from(seconds))
            })?;
    }
    Ok(Admitted::Account(Box::new(Call {
        core,
        incoming,
        target,
        account: account.clone(),
        version,
        caller,
        settings,
        ignore_write: faults.contains(&Fault::IgnoreWrite) && matches!(method, "PUT" | "PATCH"),
        mask_secrets: faults.contains(&Fault::MaskSecrets),
    })))
}

fn api_version(incoming: &Incoming, target: &Target) -> Result<ApiVersion, Reply> {
    let text = query(&incoming.query, "api-version")
        .filter(|text| !text.is_empty())
        .ok_or_else(|| {
            Reply::error(
                StatusCode::BAD_REQUEST,
                "MissingApiVersionParameter",
                "The api-version query parameter (?api-version=) is required for all requests.",
            )
        })?;
    ApiVersion::read(&text).ok_or_else(|| {
        let kind = target.place.kind().map(|kind| format!("/{}", kind.segment())).unwrap_or_default();
        Reply::error(
            StatusCode::BAD_REQUEST,
            "NoRegisteredProviderFound",
            format!(
                "No registered resource provider found for API version '{text}' for type 'mediaservices{kind}'. The \
                 supported api-versions are '2018-07-01, 2020-05-01, 2021-06-01, 2021-11-01, 2022-08-01, 2023-01-01'."
            ),
        )
    })
}

fn failure(status: u16, code: Option<&str>, message: Option<&str>) -> Reply {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let code = code.unwrap_or(match status.as_u16() {
        400 => "BadRequest",
        401 => "AuthenticationFailed",
        403 => "AuthorizationFailed",
        404 => "NotFound",
        409 => "Conflict",
        429 => "TooManyRequests",
        503 => "ServiceUnavailable",
        _ => "InternalServerError",
    });
    Reply::error(
        status,
        code,
        message.unwrap_or("The request failed because a fault was asked for."),
    )
}
