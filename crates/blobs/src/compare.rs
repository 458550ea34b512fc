//! Whether a replica blob is the source blob. Pure.

use crate::blob::{Blob, CopyStatus};

/// What comparing a source blob with the replica blob of the same name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Likeness {
    Equal,
    /// Another state of the source, or nothing shows that it is the same.
    Differs,
    /// It says that it is the copy of this state, but its length or MD5 says otherwise.
    Mismatch,
    /// This state is being copied into it right now by Copy Blob.
    Arriving,
}

/// Compares the two blobs of one name.
///
/// The recorded ETag decides. After a swap of roles the record stands on the source and names the
/// replica; a blob without a record is the same only if both MD5s exist and agree. In those two
/// cases nothing records the state of metadata and content headers, so they are compared
/// themselves.
pub(crate) fn compare(source: &Blob, replica: &Blob) -> Likeness {
    let named =
        |mark: &Option<String>, etag: &str| !etag.is_empty() && mark.as_deref() == Some(etag);
    let marked = named(&replica.mark, &source.etag);
    match replica.copy.as_ref().map(|copy| copy.status) {
        Some(CopyStatus::Pending) if marked => return Likeness::Arriving,
        Some(CopyStatus::Pending | CopyStatus::Failed) => return Likeness::Differs,
        Some(CopyStatus::Success) | None => {}
    }
    let md5 = match (&source.md5, &replica.md5) {
        (Some(source), Some(replica)) => Some(source == replica),
        _ => None,
    };
    let same_length = source.length == replica.length;
    if marked {
        return if same_length && md5 != Some(false) {
            Likeness::Equal
        } else {
            Likeness::Mismatch
        };
    }
    let same_extras = source.metadata == replica.metadata && source.headers == replica.headers;
    let swapped = named(&source.mark, &replica.etag) && md5 != Some(false);
    let alike = replica.mark.is_none() && md5 == Some(true);
    if same_length && same_extras && (swapped || alike) {
        Likeness::Equal
    } else {
        Likeness::Differs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::{CopyState, Metadata};

    fn blob(etag: &str, md5: Option<u8>) -> Blob {
        Blob {
            name: "a".into(),
            etag: etag.into(),
            length: 10,
            md5: md5.map(|byte| vec![byte; 16]),
            ..Blob::default()
        }
    }

    fn marked(etag: &str, mark: &str, md5: Option<u8>) -> Blob {
        Blob {
            mark: Some(mark.into()),
            ..blob(etag, md5)
        }
    }

    #[test]
    fn the_recorded_etag_decides() {
        let source = blob("s1", None);
        assert_eq!(compare(&source, &marked("r", "s1", None)), Likeness::Equal);
        assert_eq!(
            compare(&source, &marked("r", "s0", None)),
            Likeness::Differs
        );
        // An older state is an older state even if its bytes are the same.
        assert_eq!(
            compare(&blob("s1", Some(1)), &marked("r", "s0", Some(1))),
            Likeness::Differs
        );
        assert_eq!(
            compare(&blob("", None), &marked("r", "", None)),
            Likeness::Differs
        );
    }

    #[test]
    fn a_marked_replica_of_other_content_is_a_mismatch() {
        let mut short = marked("r", "s1", None);
        short.length = 9;
        assert_eq!(compare(&blob("s1", None), &short), Likeness::Mismatch);
        assert_eq!(
            compare(&blob("s1", Some(1)), &marked("r", "s1", Some(2))),
            Likeness::Mismatch
        );
        assert_eq!(
            compare(&blob("s1", Some(1)), &marked("r", "s1", None)),
            Likeness::Equal
        );
    }

    #[test]
    fn after_a_swap_the_mark_on_the_source_counts() {
        let source = marked("s1", "r1", None);
        assert_eq!(compare(&source, &blob("r1", None)), Likeness::Equal);
        assert_eq!(compare(&source, &blob("r2", None)), Likeness::Differs);
        // Metadata set on the new source since the swap must travel.
        let mut changed = source;
        changed.metadata = Metadata::from([("owner".into(), "new".into())]);
        assert_eq!(compare(&changed, &blob("r1", None)), Likeness::Differs);
    }

    #[test]
    fn without_a_mark_only_two_agreeing_md5s_will_do() {
        assert_eq!(
            compare(&blob("s", Some(1)), &blob("r", Some(1))),
            Likeness::Equal
        );
        for (source, replica) in [
            (Some(1), Some(2)),
            (Some(1), None),
            (None, Some(1)),
            (None, None),
        ] {
            assert_eq!(
                compare(&blob("s", source), &blob("r", replica)),
                Likeness::Differs
            );
        }
    }

    #[test]
    fn the_mark_is_no_difference_of_metadata() {
        let with = |etag: &str, pairs: &[(&str, &str)]| {
            blob(etag, Some(1)).with_metadata(
                pairs
                    .iter()
                    .map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
            )
        };
        let source = with("s", &[("owner", "t"), ("mirrorsource", "long-gone")]);
        assert_eq!(
            compare(&source, &with("r", &[("owner", "t")])),
            Likeness::Equal
        );
        assert_eq!(compare(&source, &with("r", &[])), Likeness::Differs);
    }

    #[test]
    fn an_unfinished_copy_is_not_the_blob() {
        let state = |status| {
            Some(CopyState {
                id: "1".into(),
                status,
                failed_with: None,
            })
        };
        let source = blob("s1", None);
        for (mark, status, expected) in [
            ("s1", CopyStatus::Pending, Likeness::Arriving),
            ("s0", CopyStatus::Pending, Likeness::Differs),
            ("s1", CopyStatus::Failed, Likeness::Differs),
            ("s1", CopyStatus::Success, Likeness::Equal),
        ] {
            let mut replica = marked("r", mark, None);
            replica.copy = state(status);
            assert_eq!(compare(&source, &replica), expected, "{mark} {status:?}");
        }
    }
}
