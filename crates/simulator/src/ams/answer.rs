//! One request from its arrival to its reply: journal, faults, the checks that ARM makes, the work, the events.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{HeaderMap, Method, Response, StatusCode};
use bytes::Bytes;

use super::address::{Place, Target};
use super::auth::{Caller, caller};
use super::call::{Call, query, type_of};
use super::dispatch::{dispatch, subject};
use super::headers::{Dress, correlation_id, dress};
use super::reply::Reply;
use super::tampering;
use super::version::ApiVersion;
use super::{account, login};
use crate::buckets::Bucket;
use crate::events::{Operation, resource_event};
use crate::faults::{Darkness, Fault};
use crate::journal::Request;
use crate::shared::Core;
use crate::state::Action;
use crate::times;

/// A request as it arrived.
pub(crate) struct Incoming {
    pub method: Method,
    /// Percent-encoded, as it came.
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Scheme and host, as the client knows them: `https://127.0.0.1:8443`.
    pub base: String,
}

/// What goes back.
pub(crate) enum Outcome {
    Reply(Box<Response<Body>>),
    /// Nothing: the connection closes.
    Close,
}

/// Answers a request for `Microsoft.Media`, or for what signing in needs. `None`: it is for something else.
pub(crate) async fn answer(core: &Arc<Core>, incoming: &Incoming) -> Option<Outcome> {
    let Some(target) = Target::read(&incoming.path) else {
        let reply = login::answer(incoming)?;
        let correlation_id = &correlation_id(&incoming.headers);
        let with = Dress {
            request: &incoming.headers,
            region: "",
            correlation_id,
            rate: None,
        };
        return Some(Outcome::Reply(Box::new(dress(&reply, &with))));
    };
    let known = target.account.as_deref().and_then(|name| {
        core.world()
            .account(name)
            .map(|account| (account.name.clone(), account.region.clone()))
    });
    let method = incoming.method.as_str();
    let place = &target.place;
    let sequence = core.journal.begin(Request {
        sequence: 0,
        at: times::ticks(times::now()),
        account: known
            .as_ref()
            .map(|(name, _)| name.clone())
            .or_else(|| target.account.clone()),
        method: method.to_owned(),
        path: incoming.path.clone(),
        kind: place.kind().map(|kind| kind.segment().to_owned()),
        name: place.name().map(str::to_owned),
        action: place.action().map(|action| action.segment().to_owned()),
        status: None,
        write: matches!(method, "PUT" | "PATCH" | "DELETE"),
        faults: Vec::new(),
    });
    let faults = match &known {
        Some((account, _)) => core.faults.strike(account, method, &incoming.path),
        None => Vec::new(),
    };
    let names: Vec<String> = faults.iter().map(Fault::name).collect();
    let (status, outcome) = under_faults(core, incoming, &target, known.as_ref(), &faults).await;
    core.journal.end(sequence, status, names);
    Some(outcome)
}

async fn under_faults(
    core: &Arc<Core>,
    incoming: &Incoming,
    target: &Target,
    known: Option<&(String, String)>,
    faults: &[Fault],
) -> (Option<u16>, Outcome) {
    for fault in faults {
        match fault {
            Fault::Dark {
                how: Darkness::Closed,
            } => return (None, Outcome::Close),
            Fault::Dark {
                how: Darkness::Unavailable,
            } => {
                let mut response = Response::new(Body::from("The service is unavailable."));
                *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
                return (Some(503), Outcome::Reply(Box::new(response)));
            }
            Fault::Hang { seconds } => {
                hang(core, *seconds).await;
                return (None, Outcome::Close);
            }
            _ => {}
        }
    }
    let correlation = correlation_id(&incoming.headers);
    let region = known.map(|(_, region)| region.as_str()).unwrap_or_default();
    let mut reply = match admit(core, incoming, target, known, faults) {
        Err(refused) => refused,
        Ok(Admitted::Accounts) => account::list(core, target),
        Ok(Admitted::Account(call)) => {
            let reply = dispatch(&call).await;
            raise(&call, &reply, &correlation);
            reply
        }
    };
    if let Some(body) = reply.body.as_mut().filter(|_| reply.status.is_success()) {
        tampering::add_fields(body, faults, core);
    }
    let version = query(&incoming.query, "api-version").and_then(|text| ApiVersion::read(&text));
    let rate = core.rates.count(
        incoming.method.as_str(),
        target.place.kind(),
        target.place.action(),
        version,
    );
    let with = Dress {
        request: &incoming.headers,
        region,
        correlation_id: &correlation,
        rate: Some(rate),
    };
    let mut response = dress(&reply, &with);
    let status = Some(response.status().as_u16());
    if faults.contains(&Fault::DropReply) {
        return (status, Outcome::Close);
    }
    if faults.contains(&Fault::NonJson) {
        tampering::not_json(&mut response);
    }
    if faults.contains(&Fault::Truncate) {
        response = tampering::truncate(response).await;
    }
    (status, Outcome::Reply(Box::new(response)))
}

enum Admitted<'a> {
    Accounts,
    Account(Box<Call<'a>>),
}

/// The checks before any work, in ARM's order.
fn admit<'a>(
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

/// No answer for so long, or until the simulator stops.
async fn hang(core: &Core, seconds: Option<f64>) {
    let mut stopped = core.stopped.clone();
    let waited = async {
        match seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs_f64(seconds.max(0.0))).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = waited => {}
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
}

/// ARM's own event of the change or the action.
fn raise(call: &Call<'_>, reply: &Reply, correlation: &str) {
    let Some((id, kind)) = subject(call, reply) else {
        return;
    };
    let Caller { name, .. } = &call.caller;
    let event = resource_event(&Operation {
        account: &call.account,
        subscription: &call.target.subscription,
        resource_group: &call.target.resource_group,
        resource_id: &id,
        resource_type: &type_of(kind),
        method: call.incoming.method.as_str(),
        action: call.target.place.action().map(Action::segment),
        url: &format!(
            "{}{}?{}",
            call.incoming.base, call.incoming.path, call.incoming.query
        ),
        succeeded: !reply.is_error(),
        caller: name,
        correlation_id: correlation,
    });
    if let Some(event) = event {
        call.core.grid.raise(&event);
    }
}
