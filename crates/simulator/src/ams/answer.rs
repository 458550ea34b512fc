//! One request from its arrival to its reply: journal, faults, admission, the work, the events.

use super::address::Target;
use super::admission::{Admitted, admit};
use super::call::{Call, query, type_of};
use super::dispatch::{dispatch, subject};
use super::headers::{Dress, correlation_id, dress};
use super::reply::Reply;
use super::version::ApiVersion;
use super::{account, login};
use crate::events::{Operation, resource_event};
use crate::exchange::{Incoming, Outcome, add_fields, after_work, before_work};
use crate::faults::Fault;
use crate::journal::Request;
use crate::shared::Core;
use crate::state::Action;
use crate::times;

/// Answers a request for `Microsoft.Media`, or for what signing in needs. `None`: it is for something else.
pub(crate) async fn answer(core: &Core, incoming: &Incoming) -> Option<Outcome> {
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
    core: &Core,
    incoming: &Incoming,
    target: &Target,
    known: Option<&(String, String)>,
    faults: &[Fault],
) -> (Option<u16>, Outcome) {
    if let Some(over) = before_work(core, faults).await {
        return over;
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
        add_fields(body, faults, core);
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
    after_work(dress(&reply, &with), faults).await
}

/// ARM's own event of the change or the action.
fn raise(call: &Call<'_>, reply: &Reply, correlation: &str) {
    let Some((id, kind)) = subject(call, reply) else {
        return;
    };
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
        caller: &call.caller.name,
        correlation_id: correlation,
    });
    if let Some(event) = event {
        call.core.grid.raise(&event);
    }
}
