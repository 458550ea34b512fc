//! A blob's properties, as headers.

use crate::answer::Answer;
use crate::store::{Blob, http_time, md5_to_base64};

/// Adds what Get Blob and Get Blob Properties say of a blob beside its content.
pub(super) fn headers(answer: Answer, blob: &Blob) -> Answer {
    let given = &blob.headers;
    let mut answer = answer
        .stamped(&blob.stamp)
        .with("content-type", given.content_type())
        .with_some("content-encoding", given.encoding.as_deref())
        .with_some("content-language", given.language.as_deref())
        .with_some("content-disposition", given.disposition.as_deref())
        .with_some("cache-control", given.cache_control.as_deref())
        .with("accept-ranges", "bytes")
        .with("x-ms-blob-type", "BlockBlob")
        .with("x-ms-creation-time", http_time(blob.created))
        .with("x-ms-lease-status", "unlocked")
        .with("x-ms-lease-state", "available")
        .with("x-ms-server-encrypted", "true");
    for (name, value) in &blob.metadata {
        answer = answer.with(&format!("x-ms-meta-{name}"), value.as_str());
    }
    if let Some(copy) = &blob.copy {
        answer = answer
            .with("x-ms-copy-id", copy.id.as_str())
            .with("x-ms-copy-source", copy.source.as_str())
            .with("x-ms-copy-status", copy.status.name())
            .with("x-ms-copy-progress", copy.progress())
            .with_some("x-ms-copy-status-description", copy.description.as_deref())
            .with_some("x-ms-copy-completion-time", copy.completed.map(http_time));
    }
    answer
}

/// Adds the access tier, which only Get Blob Properties tells.
pub(super) fn tier(answer: Answer, blob: &Blob) -> Answer {
    match blob.tier {
        Some(tier) => answer.with("x-ms-access-tier", tier.name()),
        None => answer
            .with("x-ms-access-tier", "Hot")
            .with("x-ms-access-tier-inferred", "true"),
    }
}

pub(super) fn md5(blob: &Blob) -> Option<String> {
    blob.md5.as_ref().map(md5_to_base64)
}
