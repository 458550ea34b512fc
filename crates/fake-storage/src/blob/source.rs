//! The source of a copy, read as the service reads it.

use url::Url;

use crate::authorisation;
use crate::call::Query;
use crate::conditions::Conditions;
use crate::faults::Effect;
use crate::journal::Request;
use crate::operation::Operation;
use crate::refusal::Refusal;
use crate::routing;
use crate::store::Blob;
use crate::turn::Turn;

/// What a copy reads.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) blob: Blob,
    /// Its address without the query, as the destination remembers it.
    pub(super) address: String,
}

/// Reads the blob that `x-ms-copy-source` names: with the SAS in it, or the token beside it.
///
/// A blob of the same account needs neither for Copy Blob, which then uses the request's own authorisation.
/// Across accounts Copy Blob takes a SAS only; the calls "from URL" take a token as well.
pub(super) fn read(turn: &Turn<'_>) -> Result<Source, Refusal> {
    let call = turn.call;
    let address = call
        .header("x-ms-copy-source")
        .ok_or_else(Refusal::missing_header)?;
    let mut url = Url::parse(address).map_err(|_| Refusal::invalid_header())?;
    if !turn.shared.is_own_blob_service(&url) {
        // The fake looks nowhere but at itself.
        return Err(Refusal::copy_source_unreachable());
    }
    let (account, container, name) = routing::address(url.path())?;
    let query = Query::parse(url.query().unwrap_or_default());
    url.set_query(None);
    let outcome = look_up(turn, &account, &container, &name, &query);
    turn.shared.journal.record(Request {
        account,
        operation: Operation::ReadCopySource,
        container,
        name,
        status: outcome
            .as_ref()
            .map_or_else(|refusal| refusal.status, |_| 200),
        answered: true,
    });
    let blob = outcome.map_err(|refusal| match refusal.code.as_ref() {
        "SourceConditionNotMet" => refusal,
        _ if call.operation == Operation::CopyBlob && refusal.code == "BlobArchived" => refusal,
        _ => Refusal::copy_source(refusal),
    })?;
    Ok(Source {
        blob,
        address: url.into(),
    })
}

fn look_up(
    turn: &Turn<'_>,
    account: &str,
    container: &str,
    name: &str,
    query: &Query,
) -> Result<Blob, Refusal> {
    let call = turn.call;
    if let Some(Effect::Refuse(refusal)) =
        turn.shared
            .faults
            .meet(Operation::ReadCopySource, account, container, name)
    {
        return Err(refusal);
    }
    let now = turn.store.now(account);
    let asynchronous = call.operation == Operation::CopyBlob;
    let token = call
        .header("x-ms-copy-source-authorization")
        .filter(|_| !asynchronous);
    let own = asynchronous && account == call.account && call.header("authorization").is_some();
    let authorised = own || authorisation::source(query, token, call.https, now)?;
    let account = turn.store.account(account)?;
    if !authorised {
        return Err(if account.public_access_forbidden {
            Refusal::public_access_not_permitted()
        } else {
            // What an anonymous caller is told of a private container.
            Refusal::resource_not_found()
        });
    }
    let blob = account.container(container)?.blob(name)?;
    Conditions::source(&call.headers)?.check_source(&blob.stamp)?;
    Ok(blob.online()?.clone())
}
