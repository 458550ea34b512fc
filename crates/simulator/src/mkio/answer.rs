//! One request from its arrival to its reply: journal, faults, admission, the work.

use axum::http::StatusCode;

use super::address::{Place, Target};
use super::admission::{Known, admit};
use super::dispatch::dispatch;
use super::reply::Reply;
use super::settings::PutStatus;
use super::user_tokens;
use crate::exchange::{Incoming, Outcome, add_fields, after_work, before_work};
use crate::faults::Fault;
use crate::journal::Request;
use crate::shared::Core;
use crate::state::Kind;
use crate::times;

/// Answers a request for MK.IO. `None`: it is for something else.
pub(crate) async fn answer(core: &Core, incoming: &Incoming) -> Option<Outcome> {
    let target = Target::read(&incoming.path)?;
    let known = target.project.as_deref().and_then(|name| {
        core.world().account(name).map(|account| Known {
            name: account.name.clone(),
            id: account.media_service_id.clone(),
            region: account.region.clone(),
        })
    });
    let method = incoming.method.as_str();
    let place = &target.place;
    let known_name = known.as_ref().map(|known| known.name.clone());
    let sequence = core.journal.begin(Request {
        sequence: 0,
        at: times::ticks(times::now()),
        account: known_name.or_else(|| target.project.clone()),
        method: method.to_owned(),
        path: incoming.path.clone(),
        kind: place.kind().map(|kind| kind.segment().to_owned()),
        name: place.name().map(str::to_owned),
        action: place.part().map(|part| part.segment().to_owned()),
        status: None,
        write: matches!(method, "PUT" | "PATCH" | "DELETE"),
        faults: Vec::new(),
    });
    let faults = match &known {
        Some(known) => core.faults.strike(&known.name, method, &incoming.path),
        None => Vec::new(),
    };
    let names: Vec<String> = faults.iter().map(Fault::name).collect();
    let (status, outcome) = under_faults(core, incoming, &target, known.as_ref(), &faults).await;
    core.journal.end(sequence, status, names);
    Some(outcome)
}

async fn under_faults(
    core: &Core,
    incoming: &Incoming,
    target: &Target,
    known: Option<&Known>,
    faults: &[Fault],
) -> (Option<u16>, Outcome) {
    if let Some(over) = before_work(core, faults).await {
        return over;
    }
    let mut reply = work(core, incoming, target, known, faults).await;
    // Storage records and webhook rules have no properties to add to.
    let has_properties = !matches!(
        target.place.kind(),
        Some(Kind::StorageRecords | Kind::WebhookRules)
    );
    if let Some(body) = reply
        .body
        .as_mut()
        .filter(|_| reply.status.is_success() && has_properties)
    {
        add_fields(body, faults, core);
    }
    after_work(reply.response(), faults).await
}

async fn work(
    core: &Core,
    incoming: &Incoming,
    target: &Target,
    known: Option<&Known>,
    faults: &[Fault],
) -> Reply {
    match &target.place {
        Place::Tokens(id) => {
            user_tokens::answer(core, incoming, id.as_deref()).unwrap_or_else(|refused| refused)
        }
        // Whether the path family of before is still served is not known.
        Place::Legacy => Reply::method_not_allowed(incoming.method.as_str()),
        Place::Unknown if target.project.is_none() => Reply::not_found("path", &incoming.path),
        _ => match admit(core, incoming, target, known, faults) {
            Ok(call) => {
                let mut reply = dispatch(&call).await;
                if call.method() == "PUT" && reply.status.is_success() {
                    reply.status = match call.mkio().put_status {
                        PutStatus::Documented => reply.status,
                        PutStatus::Ok => StatusCode::OK,
                        PutStatus::Created => StatusCode::CREATED,
                    };
                }
                reply
            }
            Err(refused) => refused,
        },
    }
}
