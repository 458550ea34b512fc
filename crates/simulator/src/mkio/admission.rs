//! The checks before any work: token, project, capability, limits.

use std::time::Instant;

use axum::http::StatusCode;

use super::address::{Place, Target};
use super::call::Call;
use super::capabilities::{Needed, needed};
use super::reply::Reply;
use super::token::caller;
use crate::exchange::Incoming;
use crate::faults::Fault;
use crate::shared::Core;

/// What is known of a project.
pub(super) struct Known {
    pub name: String,
    pub id: String,
    pub region: String,
}

/// A request that may be worked on.
pub(super) fn admit<'a>(
    core: &'a Core,
    incoming: &'a Incoming,
    target: &'a Target,
    known: Option<&Known>,
    faults: &[Fault],
) -> Result<Call<'a>, Reply> {
    let settings = core.settings();
    let caller = caller(&incoming.headers, &settings.mkio)?;
    let asked = target.project.as_deref().unwrap_or_default();
    let known = known
        .filter(|_| !faults.contains(&Fault::LoseAccount))
        .ok_or_else(|| Reply::not_found("project", asked))?;
    let method = incoming.method.as_str();
    for fault in faults {
        match fault {
            Fault::Throttle { retry_after } => return Err(throttled(Some(*retry_after))),
            Fault::Status {
                status,
                code,
                message,
            } => return Err(failure(*status, code.as_deref(), message.as_deref())),
            _ => {}
        }
    }
    if let Some(scale) = settings.throttling_scale {
        let window = settings.mkio.rate_window;
        core.windows
            .count(&known.name, method, scale, window, Instant::now())
            .map_err(|seconds| throttled(settings.mkio.retry_after.then_some(seconds)))?;
    }
    let call = Call {
        core,
        incoming,
        target,
        project: known.name.clone(),
        project_id: known.id.clone(),
        region: known.region.clone(),
        caller,
        settings,
        ignore_write: faults.contains(&Fault::IgnoreWrite) && matches!(method, "PUT" | "PATCH"),
        mask_secrets: faults.contains(&Fault::MaskSecrets),
    };
    check_capability(&call)?;
    Ok(call)
}

fn check_capability(call: &Call<'_>) -> Result<(), Reply> {
    let place = &call.target.place;
    if !place.allows(call.method()) {
        return Ok(());
    }
    let capability = match needed(place, call.method()) {
        Needed::Nothing => return Ok(()),
        Needed::One(capability) => capability,
        Needed::CreateOrUpdate(group) => {
            let exists = match place {
                Place::Item(kind, parent, name) => {
                    call.find_if_there(*kind, parent.as_deref(), name).is_some()
                }
                _ => false,
            };
            format!("{group}.{}", if exists { "update" } else { "create" })
        }
        Needed::Either([first, second]) => {
            if may(call, &second) {
                return Ok(());
            }
            first
        }
    };
    if may(call, &capability) {
        return Ok(());
    }
    Err(Reply::error(
        StatusCode::FORBIDDEN,
        "Forbidden",
        format!("The token lacks the capability '{capability}'."),
    ))
}

fn may(call: &Call<'_>, capability: &str) -> bool {
    let denied = &call.mkio().denied_capabilities;
    !denied.iter().any(|one| one == capability)
        && call.caller.may(capability, &call.project, &call.project_id)
}

fn throttled(seconds: Option<u64>) -> Reply {
    Reply {
        retry_after: seconds,
        ..Reply::error(
            StatusCode::TOO_MANY_REQUESTS,
            "TooManyRequests",
            "The rate limit of the project is exceeded.",
        )
    }
}

fn failure(status: u16, code: Option<&str>, message: Option<&str>) -> Reply {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let code = code.unwrap_or(match status.as_u16() {
        400 => "BadRequest",
        401 => "Unauthorized",
        403 => "Forbidden",
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
