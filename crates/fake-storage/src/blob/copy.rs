//! The copies of whole blobs.

use super::put::{check_md5, given_headers, given_md5, given_tier};
use super::source::{self, Source};
use crate::answer::Answer;
use crate::content::Content;
use crate::copies::CopyEnd;
use crate::refusal::Refusal;
use crate::store::{Blob, CopyRecord, CopyStatus, Pending, Stamp, Store, md5_to_base64};
use crate::turn::Turn;

/// Put Blob From URL.
pub(super) fn put_from_url(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    if turn.call.header("x-ms-blob-type") != Some("BlockBlob") {
        return Err(Refusal::invalid_header());
    }
    let created = turn.writable()?;
    let source = source::read(turn)?.blob;
    if source.content.len() > turn.shared.limits().put_blob_from_url {
        return Err(Refusal::copy_source_too_large());
    }
    let computed = source.content.md5();
    check_md5(turn.call.header("x-ms-source-content-md5"), computed)?;
    let given = given_headers(turn.call);
    let mut blob = Blob::new(source.content, turn.stamp());
    blob.created = created.unwrap_or(blob.created);
    blob.headers = match turn.call.header("x-ms-copy-source-blob-properties") {
        Some("false") => given,
        _ => source.headers.overlaid(given),
    };
    blob.metadata = turn.call.metadata()?.unwrap_or_default();
    blob.tier = given_tier(turn.call)?;
    // The service hashes what it reads. What is too large to hash here keeps the source's hash.
    blob.md5 = given_md5(turn.call)?.or(computed).or(source.md5);
    let answer = Answer::new(201)
        .stamped(&blob.stamp)
        .with_some("content-md5", blob.md5.as_ref().map(md5_to_base64))
        .with("x-ms-request-server-encrypted", "true");
    turn.put(blob)?;
    Ok(answer)
}

/// Copy Blob From URL: the synchronous copy.
pub(super) fn copy_from_url(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    let created = turn.writable()?;
    let source = source::read(turn)?;
    if source.blob.content.len() > turn.shared.limits().copy_blob_from_url {
        return Err(Refusal::copy_source_too_large());
    }
    check_md5(
        turn.call.header("x-ms-source-content-md5"),
        source.blob.content.md5(),
    )?;
    let mut blob = copied(turn, &source, created)?;
    blob.copy = Some(record(&source, Some(&blob.stamp)));
    let answer = accepted(&blob).with_some("content-md5", blob.md5.as_ref().map(md5_to_base64));
    turn.put(blob)?;
    Ok(answer)
}

/// Copy Blob: the asynchronous copy.
pub(super) fn start(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    let created = turn.writable()?;
    let source = source::read(turn)?;
    let pace = turn.shared.copy_pace();
    let mut result = copied(turn, &source, created)?;
    if pace.pending_looks == Some(0) && pace.end == CopyEnd::Success {
        result.copy = Some(record(&source, Some(&result.stamp)));
        let answer = accepted(&result);
        turn.put(result)?;
        return Ok(answer);
    }
    // Until the copy ends, the destination is there and empty.
    let mut blob = Blob {
        content: Content::default(),
        md5: None,
        ..result.clone()
    };
    let pending = Pending {
        result,
        looks: pace.pending_looks,
        end: pace.end,
    };
    blob.copy = Some(CopyRecord {
        pending: Some(Box::new(pending)),
        ..record(&source, None)
    });
    let answer = accepted(&blob);
    turn.put(blob)?;
    Ok(answer)
}

/// Abort Copy Blob.
pub(super) fn abort(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    if turn.call.header("x-ms-copy-action") != Some("abort") {
        return Err(Refusal::invalid_header());
    }
    let id = turn
        .call
        .query
        .get("copyid")
        .ok_or_else(Refusal::invalid_query)?;
    let stamp = turn.stamp();
    let blob = turn.blob_mut()?;
    let copy = blob
        .copy
        .as_mut()
        .filter(|copy| copy.is_pending())
        .ok_or_else(Refusal::no_pending_copy)?;
    if copy.id != id {
        return Err(Refusal::copy_id_mismatch());
    }
    copy.pending = None;
    copy.status = CopyStatus::Aborted;
    copy.completed = Some(stamp.modified);
    blob.stamp = stamp;
    Ok(Answer::new(204))
}

/// Counts a look at the destination of a pending copy: it goes on a little, or ends.
pub(super) fn look(turn: &mut Turn<'_>) -> Result<(), Refusal> {
    let copy = turn.blob_mut()?.copy.as_mut();
    let Some((copy, looks)) = copy.and_then(|copy| {
        copy.pending
            .as_ref()
            .and_then(|pending| pending.looks)
            .map(|looks| (copy, looks))
    }) else {
        return Ok(());
    };
    if let Some(left) = looks.checked_sub(1) {
        copy.done += (copy.total - copy.done) / (u64::from(left) + 2);
        if let Some(pending) = &mut copy.pending {
            pending.looks = Some(left);
        }
        return Ok(());
    }
    let call = turn.call;
    end(turn.store, &call.account, &call.container, &call.name, None)
}

/// Ends a pending copy, as it was to end or as `other` says.
pub(crate) fn end(
    store: &mut Store,
    account: &str,
    container: &str,
    name: &str,
    other: Option<CopyEnd>,
) -> Result<(), Refusal> {
    let stamp = store.stamp(account);
    let blob = store
        .account_mut(account)?
        .container_mut(container)?
        .blob_mut(name)?;
    let copy = blob.copy.as_mut().ok_or_else(Refusal::no_pending_copy)?;
    let pending = copy.pending.take().ok_or_else(Refusal::no_pending_copy)?;
    copy.completed = Some(stamp.modified);
    match other.unwrap_or(pending.end) {
        CopyEnd::Success => {
            copy.status = CopyStatus::Success;
            copy.done = copy.total;
            let copy = copy.clone();
            *blob = Blob {
                copy: Some(copy),
                stamp,
                ..pending.result
            };
        }
        CopyEnd::Failed(description) => {
            copy.status = CopyStatus::Failed;
            copy.description = Some(description);
            blob.stamp = stamp;
        }
    }
    Ok(())
}

/// The destination of a copy: the source's content and headers, and its metadata unless others were given.
fn copied(
    turn: &mut Turn<'_>,
    source: &Source,
    created: Option<time::OffsetDateTime>,
) -> Result<Blob, Refusal> {
    let mut blob = Blob::new(source.blob.content.clone(), turn.stamp());
    blob.created = created.unwrap_or(blob.created);
    blob.headers = source.blob.headers.clone();
    blob.metadata = turn
        .call
        .metadata()?
        .unwrap_or_else(|| source.blob.metadata.clone());
    blob.md5 = source.blob.md5;
    blob.tier = given_tier(turn.call)?;
    Ok(blob)
}

/// What the destination remembers; `ended` when the copy has succeeded.
fn record(source: &Source, ended: Option<&Stamp>) -> CopyRecord {
    let total = source.blob.content.len();
    CopyRecord {
        id: uuid::Uuid::new_v4().to_string(),
        source: source.address.clone(),
        status: if ended.is_some() {
            CopyStatus::Success
        } else {
            CopyStatus::Pending
        },
        description: None,
        done: if ended.is_some() { total } else { 0 },
        total,
        completed: ended.map(|stamp| stamp.modified),
        pending: None,
    }
}

fn accepted(blob: &Blob) -> Answer {
    let copy = blob.copy.as_ref();
    Answer::new(202)
        .stamped(&blob.stamp)
        .with_some("x-ms-copy-id", copy.map(|copy| copy.id.as_str()))
        .with_some("x-ms-copy-status", copy.map(|copy| copy.status.name()))
}
