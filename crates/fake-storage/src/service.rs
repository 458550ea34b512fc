//! A request's way through the fake: read, maybe disturbed, authorised, served, recorded, answered.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Request as HttpRequest, Response};
use bytes::Bytes;

use crate::answer::{Answer, Envelope};
use crate::authorisation;
use crate::call::{Call, Service};
use crate::faults::Effect;
use crate::journal::Request;
use crate::refusal::Refusal;
use crate::server::Shared;
use crate::sync::lock;
use crate::turn::Turn;
use crate::{blob, queue};

/// The largest request body that is read, in bytes. The official client sends blocks of 4 MiB.
const LARGEST_BODY: usize = 300 * 1024 * 1024;

/// The connection is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed, as was asked for")]
pub(crate) struct Closed;

/// Serves one HTTP request to one of the two services.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    service: Service,
    request: HttpRequest<Body>,
) -> Result<Response<Body>, Closed> {
    let (head, body) = request.into_parts();
    let read = axum::body::to_bytes(body, LARGEST_BODY)
        .await
        .map_err(|_| Refusal::body_too_large());
    let (outcome, account) = match parse(&shared, service, &head, read) {
        Ok(call) => (carry_out(&shared, &call).await?, call.account),
        Err(refusal) => (Err(refusal), String::new()),
    };
    let header = |name: &str| head.headers.get(name).cloned();
    let envelope = Envelope {
        now: lock(&shared.store).now(&account),
        method: &head.method,
        version: header("x-ms-version"),
        client_request_id: header("x-ms-client-request-id"),
    };
    Ok(envelope.respond(outcome))
}

fn parse(
    shared: &Shared,
    service: Service,
    head: &axum::http::request::Parts,
    body: Result<Bytes, Refusal>,
) -> Result<Call, Refusal> {
    let headers: HeaderMap = head.headers.clone();
    Call::parse(
        service,
        shared.https,
        &head.method,
        &head.uri,
        headers,
        body?,
    )
}

async fn carry_out(shared: &Shared, call: &Call) -> Result<Result<Answer, Refusal>, Closed> {
    let effect = shared
        .faults
        .meet(call.operation, &call.account, &call.container, &call.name);
    match effect {
        Some(Effect::Refuse(refusal)) => {
            record(shared, call, refusal.status, true);
            return Ok(Err(refusal));
        }
        Some(Effect::Hang) => {
            record(shared, call, 0, false);
            // Until the client gives up, or the fake is dropped.
            std::future::pending::<()>().await;
        }
        Some(Effect::Disconnect) => {
            record(shared, call, 0, false);
            return Err(Closed);
        }
        Some(Effect::Delay(time)) => tokio::time::sleep(time).await,
        Some(Effect::LoseReply) | None => {}
    }
    let outcome = serve_now(shared, call);
    let answered = effect != Some(Effect::LoseReply);
    record(
        shared,
        call,
        outcome
            .as_ref()
            .map_or_else(|refusal| refusal.status, Answer::status),
        answered,
    );
    if answered { Ok(outcome) } else { Err(Closed) }
}

fn serve_now(shared: &Shared, call: &Call) -> Result<Answer, Refusal> {
    let mut store = lock(&shared.store);
    store.account(&call.account)?;
    authorisation::request(call, store.now(&call.account))?;
    let mut turn = Turn {
        store: &mut store,
        call,
        shared,
    };
    match call.service {
        Service::Blob => blob::serve(&mut turn),
        Service::Queue => queue::serve(&mut turn),
    }
}

fn record(shared: &Shared, call: &Call, status: u16, answered: bool) {
    shared.journal.record(Request {
        account: call.account.clone(),
        operation: call.operation,
        container: call.container.clone(),
        name: call.name.clone(),
        status,
        answered,
    });
}
