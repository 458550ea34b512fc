//! Put Blob and Delete Blob.

use crate::answer::Answer;
use crate::call::Call;
use crate::conditions::Conditions;
use crate::content::Content;
use crate::refusal::Refusal;
use crate::store::{Blob, ContentHeaders, Tier, md5_from_base64, md5_to_base64};
use crate::turn::Turn;

pub(super) fn put(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    match turn.call.header("x-ms-blob-type") {
        Some("BlockBlob") => {}
        // Append and page blobs are not mirrored, and not here.
        Some(_) => return Err(Refusal::not_implemented()),
        None => return Err(Refusal::missing_header()),
    }
    let created = turn.writable()?;
    let content = Content::bytes(turn.call.body.clone());
    let computed = content.md5();
    check_md5(turn.call.header("content-md5"), computed)?;
    let mut blob = Blob::new(content, turn.stamp());
    blob.created = created.unwrap_or(blob.created);
    blob.headers = given_headers(turn.call);
    if blob.headers.content_type.is_none() {
        blob.headers.content_type = turn.call.header("content-type").map(str::to_owned);
    }
    blob.metadata = turn.call.metadata()?.unwrap_or_default();
    blob.tier = given_tier(turn.call)?;
    // A single put is hashed by the service, unless the client has its own idea.
    blob.md5 = given_md5(turn.call)?.or(computed);
    let answer = Answer::new(201)
        .stamped(&blob.stamp)
        .with_some("content-md5", computed.as_ref().map(md5_to_base64))
        .with("x-ms-request-server-encrypted", "true");
    turn.put(blob)?;
    Ok(answer)
}

pub(super) fn delete(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    let blob = turn.blob()?;
    Conditions::own(&turn.call.headers)?.check_write(Some(&blob.stamp))?;
    let call = turn.call;
    turn.container_mut()?.slots.remove(&call.name);
    Ok(Answer::new(202).with("x-ms-delete-type-permanent", "true"))
}

/// The content headers a request gives its blob.
pub(super) fn given_headers(call: &Call) -> ContentHeaders {
    let get = |name: &str| call.header(&format!("x-ms-blob-{name}")).map(str::to_owned);
    ContentHeaders {
        content_type: get("content-type"),
        encoding: get("content-encoding"),
        language: get("content-language"),
        disposition: get("content-disposition"),
        cache_control: get("cache-control"),
    }
}

pub(super) fn given_tier(call: &Call) -> Result<Option<Tier>, Refusal> {
    call.header("x-ms-access-tier").map(str::parse).transpose()
}

pub(super) fn given_md5(call: &Call) -> Result<Option<[u8; 16]>, Refusal> {
    call.header("x-ms-blob-content-md5")
        .map(md5_from_base64)
        .transpose()
}

/// Compares the MD5 a client sent along with the one that was found. One that cannot be known passes.
pub(super) fn check_md5(sent: Option<&str>, found: Option<[u8; 16]>) -> Result<(), Refusal> {
    let sent = sent.map(md5_from_base64).transpose()?;
    match (sent, found) {
        (Some(sent), Some(found)) if sent != found => Err(Refusal::md5_mismatch()),
        _ => Ok(()),
    }
}
