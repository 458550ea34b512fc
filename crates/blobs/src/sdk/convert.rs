//! Between the SDK's models and ours.

use crate::{
    Place,
    blob::{Blob, BlobKind, ContentHeaders, CopyState, CopyStatus, Metadata, Tier, unquoted},
    blocks::BlockId,
    refusal::{BelowHttp, Refusal},
    service::Answer,
};
use azure_core::http::Etag;
use azure_core::http::{NoFormat, Response, XmlFormat};
use azure_storage_blob::models::{
    AccessTier, BlobClientGetPropertiesResult, BlobClientGetPropertiesResultHeaders, BlobType,
    Block, BlockList, BlockListHeaders, CopyStatus as SdkCopyStatus,
};
use cloud::ListedBlob;
use std::collections::HashMap;

/// A listed blob, or `None` for one outside the place.
pub(crate) fn listed(place: &Place, mut item: ListedBlob) -> Answer<Option<Blob>> {
    let name = item
        .name
        .take()
        .ok_or_else(|| unreadable("a listed blob has no name"))?;
    let Some(name) = place.relative(&name) else {
        return Ok(None);
    };
    let metadata = item.take_metadata();
    let properties = item.properties;
    let blob = Blob {
        name,
        etag: etag(properties.etag.as_ref())?,
        length: properties
            .content_length
            .ok_or_else(|| unreadable("a listed blob has no length"))?,
        modified: properties.last_modified,
        md5: md5(properties.content_md5),
        headers: ContentHeaders {
            content_type: filled(properties.content_type),
            encoding: filled(properties.content_encoding),
            language: filled(properties.content_language),
            disposition: filled(properties.content_disposition),
            cache_control: filled(properties.cache_control),
        },
        kind: kind(properties.blob_type),
        tier: tier(
            Some(&properties.access_tier),
            Some(properties.access_tier_inferred),
        ),
        copy: copy(
            Some(properties.copy_id),
            properties.copy_status,
            Some(&properties.copy_status_description),
        ),
        ..Blob::default()
    };
    Ok(Some(blob.with_metadata(metadata)))
}

/// The answer of Get Blob Properties.
pub(crate) fn properties(
    name: &str,
    answer: &Response<BlobClientGetPropertiesResult, NoFormat>,
) -> azure_core::Result<Option<Blob>> {
    let (Some(etag), Some(length)) = (answer.etag()?, answer.content_length()?) else {
        return Ok(None);
    };
    let blob = Blob {
        name: name.to_owned(),
        etag: unquoted(etag.as_ref()).to_owned(),
        length,
        modified: answer.last_modified()?,
        md5: md5(answer.content_md5()?),
        headers: ContentHeaders {
            content_type: filled(answer.content_type()?),
            encoding: filled(answer.content_encoding()?),
            language: filled(answer.content_language()?),
            disposition: filled(answer.content_disposition()?),
            cache_control: filled(answer.cache_control()?),
        },
        kind: kind(answer.blob_type()?),
        tier: tier(
            answer.access_tier()?.as_deref(),
            answer.access_tier_inferred()?,
        ),
        copy: copy(
            answer.copy_id()?,
            answer.copy_status()?,
            answer.copy_status_description()?.as_deref(),
        ),
        ..Blob::default()
    };
    Ok(Some(blob.with_metadata(answer.metadata()?)))
}

/// The ETag of the blob whose blocks these are. Emulators have one for blocks of which none is committed too; that nothing is committed
/// yet shows in the length. A blob without content counts as none: overwriting it is conditional all the same.
pub(crate) fn committed(
    answer: &Response<BlockList, XmlFormat>,
) -> azure_core::Result<Option<String>> {
    if answer.blob_content_length()?.unwrap_or(0) == 0 {
        return Ok(None);
    }
    let etag = answer.etag()?;
    Ok(etag.map(|etag| unquoted(etag.as_ref()).to_owned()))
}

pub(crate) fn block(block: Block) -> Option<(BlockId, u64)> {
    Some((block.name?, u64::try_from(block.size?).ok()?))
}

/// An ETag as a condition needs it. Listings lack the quotes.
pub(crate) fn quoted(etag: &str) -> Etag {
    Etag::from(format!("\"{etag}\""))
}

pub(crate) fn sdk_metadata(metadata: &Metadata) -> Option<HashMap<String, String>> {
    (!metadata.is_empty()).then(|| metadata.clone().into_iter().collect())
}

pub(crate) fn sdk_tier(tier: Tier) -> AccessTier {
    match tier {
        Tier::Hot => AccessTier::Hot,
        Tier::Cool => AccessTier::Cool,
        Tier::Cold => AccessTier::Cold,
        Tier::Archive => AccessTier::Archive,
    }
}

pub(crate) fn unreadable(what: &str) -> Box<Refusal> {
    Refusal::below(BelowHttp::Unreadable(what.to_owned()))
}

fn etag(etag: Option<&Etag>) -> Answer<String> {
    match etag.map(|etag| unquoted(etag.as_ref())) {
        Some(etag) if !etag.is_empty() => Ok(etag.to_owned()),
        _ => Err(unreadable("a listed blob has no ETag")),
    }
}

fn md5(md5: Option<Vec<u8>>) -> Option<Vec<u8>> {
    md5.filter(|md5| !md5.is_empty())
}

/// Empty elements of a listing and absent ones mean the same.
fn filled(text: impl Into<Option<String>>) -> Option<String> {
    text.into().filter(|text| !text.is_empty())
}

fn kind(kind: Option<BlobType>) -> BlobKind {
    match kind {
        Some(BlobType::AppendBlob | BlobType::PageBlob) => BlobKind::Other,
        _ => BlobKind::Block,
    }
}

/// Tiers of page blobs and premium accounts, and those invented later, belong to the account and
/// are not carried over.
fn tier(tier: Option<&str>, inferred: Option<bool>) -> Option<Tier> {
    if inferred == Some(true) {
        // An inferred tier is never the archive.
        return None;
    }
    match tier? {
        "Hot" => Some(Tier::Hot),
        "Cool" => Some(Tier::Cool),
        "Cold" => Some(Tier::Cold),
        "Archive" => Some(Tier::Archive),
        _ => None,
    }
}

fn copy(
    id: Option<String>,
    status: Option<SdkCopyStatus>,
    description: Option<&str>,
) -> Option<CopyState> {
    Some(CopyState {
        status: copy_status(status?),
        id: id.unwrap_or_default(),
        failed_with: description
            .and_then(|text| text.split_whitespace().next())
            .and_then(|status| status.parse().ok()),
    })
}

pub(crate) fn copy_status(status: SdkCopyStatus) -> CopyStatus {
    match status {
        SdkCopyStatus::Pending => CopyStatus::Pending,
        SdkCopyStatus::Success => CopyStatus::Success,
        SdkCopyStatus::Aborted | SdkCopyStatus::Failed => CopyStatus::Failed,
        // A status invented later is no proof that the bytes are there.
        #[expect(unreachable_patterns, reason = "the SDK may add a status")]
        _ => CopyStatus::Failed,
    }
}
