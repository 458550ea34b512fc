//! Get Blob and Get Blob Properties.

use super::{copy, describe};
use crate::answer::Answer;
use crate::conditions::Conditions;
use crate::refusal::Refusal;
use crate::store::md5_to_base64;
use crate::turn::Turn;

pub(super) fn properties(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    copy::look(turn)?;
    let blob = turn.blob()?;
    Conditions::own(&turn.call.headers)?.check_read(&blob.stamp)?;
    let answer =
        Answer::length(200, blob.content.len()).with_some("content-md5", describe::md5(blob));
    Ok(describe::tier(describe::headers(answer, blob), blob))
}

pub(super) fn get(turn: &mut Turn<'_>) -> Result<Answer, Refusal> {
    let blob = turn.blob()?.online()?;
    Conditions::own(&turn.call.headers)?.check_read(&blob.stamp)?;
    let length = blob.content.len();
    let range = turn
        .call
        .header("x-ms-range")
        .or_else(|| turn.call.header("range"));
    let Some((start, wanted)) = range.map(parse_range).transpose()? else {
        let answer = Answer::content(200, blob.content.clone())
            .with_some("content-md5", describe::md5(blob));
        return Ok(describe::headers(answer, blob));
    };
    if start >= length {
        return Err(Refusal::invalid_range());
    }
    let part = blob.content.slice(start, wanted);
    let last = start + part.len() - 1;
    let checked = turn.call.header("x-ms-range-get-content-md5") == Some("true");
    let part_md5 = if checked {
        part.md5().as_ref().map(md5_to_base64)
    } else {
        None
    };
    let answer = Answer::content(206, part)
        .with("content-range", format!("bytes {start}-{last}/{length}"))
        .with_some("content-md5", part_md5)
        .with_some("x-ms-blob-content-md5", describe::md5(blob));
    Ok(describe::headers(answer, blob))
}

/// Offset and length from `bytes=a-b` or `bytes=a-`.
pub(super) fn parse_range(text: &str) -> Result<(u64, u64), Refusal> {
    let parse = || -> Option<(u64, u64)> {
        let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
        let first: u64 = first.parse().ok()?;
        if last.is_empty() {
            return Some((first, u64::MAX));
        }
        Some((
            first,
            last.parse::<u64>()
                .ok()?
                .checked_sub(first)?
                .checked_add(1)?,
        ))
    };
    parse().ok_or_else(Refusal::invalid_header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_inclusive() {
        assert_eq!(parse_range("bytes=0-0").unwrap(), (0, 1));
        assert_eq!(parse_range("bytes=10-").unwrap(), (10, u64::MAX));
        assert!(parse_range("bytes=5-4").is_err());
        assert!(parse_range("bytes=-5").is_err());
    }
}
