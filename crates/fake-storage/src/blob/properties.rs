//! Set Blob Metadata, Set Blob Properties and Set Blob Tier.

use super::put::{given_headers, given_md5, given_tier};
use crate::answer::Answer;
use crate::refusal::Refusal;
use crate::store::Tier;
use crate::turn::Turn;

pub(super) fn set_metadata(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    turn.blob()?.online()?;
    turn.writable()?;
    let metadata = turn.call.metadata()?.unwrap_or_default();
    let stamp = turn.stamp();
    let blob = turn.blob_mut()?;
    blob.metadata = metadata;
    blob.stamp = stamp.clone();
    Ok(Answer::new(200)
        .stamped(&stamp)
        .with("x-ms-request-server-encrypted", "true"))
}

/// Sets all content headers: one that is not given is cleared.
pub(super) fn set_headers(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    turn.blob()?;
    turn.writable()?;
    let md5 = given_md5(turn.call)?;
    let headers = given_headers(turn.call);
    let stamp = turn.stamp();
    let blob = turn.blob_mut()?;
    blob.headers = headers;
    blob.md5 = md5;
    blob.copy = None;
    blob.stamp = stamp.clone();
    Ok(Answer::new(200).stamped(&stamp))
}

/// Changes neither ETag nor time. What is archived stays so: bringing it back takes hours, which no test has.
pub(super) fn set_tier(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    let tier = given_tier(turn.call)?.ok_or_else(Refusal::missing_header)?;
    let blob = turn.blob_mut()?;
    if blob.tier == Some(Tier::Archive) && tier != Tier::Archive {
        return Ok(Answer::new(202));
    }
    blob.tier = Some(tier);
    Ok(Answer::new(200))
}
