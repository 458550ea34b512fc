//! The blob service's operations.

mod blocks;
mod containers;
mod copy;
mod delegation;
mod describe;
mod get;
mod listing;
mod properties;
mod put;
mod source;

use crate::answer::Answer;
use crate::operation::Operation;
use crate::refusal::Refusal;
use crate::turn::Turn;

pub(crate) use copy::end as end_copy;

/// Serves one request to the blob service.
pub(crate) fn serve(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    match turn.call.operation {
        Operation::ListContainers => listing::containers(turn),
        Operation::GetUserDelegationKey => delegation::key(turn),
        Operation::CreateContainer => containers::create(turn),
        Operation::GetContainerProperties => containers::properties(turn),
        Operation::SetContainerMetadata => containers::set_metadata(turn),
        Operation::DeleteContainer => containers::delete(turn),
        Operation::ListBlobs => listing::blobs(turn),
        Operation::PutBlob => put::put(turn),
        Operation::PutBlobFromUrl => copy::put_from_url(turn),
        Operation::PutBlock => blocks::put(turn),
        Operation::PutBlockFromUrl => blocks::put_from_url(turn),
        Operation::PutBlockList => blocks::put_list(turn),
        Operation::GetBlockList => blocks::get_list(turn),
        Operation::CopyBlob => copy::start(turn),
        Operation::CopyBlobFromUrl => copy::copy_from_url(turn),
        Operation::AbortCopyBlob => copy::abort(turn),
        Operation::GetBlob => get::get(turn),
        Operation::GetBlobProperties => get::properties(turn),
        Operation::SetBlobMetadata => properties::set_metadata(turn),
        Operation::SetBlobProperties => properties::set_headers(turn),
        Operation::SetBlobTier => properties::set_tier(turn),
        Operation::DeleteBlob => put::delete(turn),
        _ => Err(Refusal::not_implemented()),
    }
}
