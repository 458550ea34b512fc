//! A blob as a listing shows it, in the few fields the copier needs.

use std::collections::BTreeMap;
use time::OffsetDateTime;

/// The metadata key under which a replica blob carries its source's ETag.
pub(crate) const MARK: &str = "mirrorsource";

/// User metadata with lower-case keys (HTTP header names have no case).
pub(crate) type Metadata = BTreeMap<String, String>;

/// A blob of an asset. The name is relative to the asset's [`Place`](crate::Place); the ETag is
/// without quotes; the mark is not in `metadata`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Blob {
    pub name: String,
    pub etag: String,
    pub length: u64,
    pub modified: Option<OffsetDateTime>,
    pub md5: Option<Vec<u8>>,
    pub headers: ContentHeaders,
    pub metadata: Metadata,
    pub mark: Option<String>,
    pub kind: BlobKind,
    pub tier: Option<Tier>,
    pub copy: Option<CopyState>,
}

/// The content headers a blob is served with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ContentHeaders {
    pub content_type: Option<String>,
    pub encoding: Option<String>,
    pub language: Option<String>,
    pub disposition: Option<String>,
    pub cache_control: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum BlobKind {
    #[default]
    Block,
    /// A page or append blob: only its bytes can be read over, by URL.
    Other,
}

/// A tier that somebody chose; a tier inferred from the account's default is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tier {
    Hot,
    Cool,
    Cold,
    Archive,
}

/// A copy into this blob that was started by Copy Blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CopyState {
    pub id: String,
    pub status: CopyStatus,
    /// The HTTP status with which the service's description of a failure begins.
    pub failed_with: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CopyStatus {
    Pending,
    Success,
    /// Failed or aborted: what is there are not the source's bytes.
    Failed,
}

impl Blob {
    /// Takes the mark out of metadata just read.
    pub(crate) fn with_metadata(
        mut self,
        metadata: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        self.metadata.clear();
        for (key, value) in metadata {
            self.metadata.insert(key.to_ascii_lowercase(), value);
        }
        self.mark = self
            .metadata
            .remove(MARK)
            .map(|etag| unquoted(&etag).to_owned());
        self
    }

    /// The metadata its replica gets: its own, and this blob's ETag as the mark.
    pub(crate) fn replica_metadata(&self) -> Metadata {
        let mut metadata = self.metadata.clone();
        metadata.insert(MARK.to_owned(), self.etag.clone());
        metadata
    }

    /// A directory of an account with a hierarchical namespace shows up as an empty blob.
    pub(crate) fn is_directory(&self) -> bool {
        self.metadata
            .get("hdi_isfolder")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Whether a copy into this very blob has not ended.
    pub(crate) fn is_arriving(&self) -> bool {
        self.copy
            .as_ref()
            .is_some_and(|copy| copy.status == CopyStatus::Pending)
    }
}

impl Tier {
    /// The tier the replica is created with: a copy cannot be created in the archive.
    pub(crate) fn for_replica(self) -> Self {
        match self {
            Self::Archive => Self::Cool,
            online => online,
        }
    }
}

/// An ETag without the quotes that headers have and listings lack.
pub(crate) fn unquoted(etag: &str) -> &str {
    let etag = etag.strip_prefix("W/").unwrap_or(etag);
    etag.strip_prefix('"')
        .and_then(|etag| etag.strip_suffix('"'))
        .unwrap_or(etag)
}

/// The place of a blob in the order of copying: a manifest must not be there before its media.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Media,
    ClientManifest,
    ServerManifest,
}

impl Stage {
    pub(crate) fn of(name: &str) -> Self {
        let name = name.as_bytes();
        let ends = |suffix: &[u8]| {
            name.len() >= suffix.len()
                && name[name.len() - suffix.len()..].eq_ignore_ascii_case(suffix)
        };
        if ends(b".ismc") {
            Self::ClientManifest
        } else if ends(b".ism") {
            Self::ServerManifest
        } else {
            Self::Media
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_kept_apart_from_the_metadata() {
        let blob = Blob {
            etag: "0x2".into(),
            ..Blob::default()
        }
        .with_metadata([
            ("MirrorSource".to_owned(), "\"0x1\"".to_owned()),
            ("Owner".to_owned(), "t".to_owned()),
        ]);
        assert_eq!(blob.mark.as_deref(), Some("0x1"));
        assert_eq!(
            blob.metadata,
            Metadata::from([("owner".into(), "t".into())])
        );
        assert_eq!(
            blob.replica_metadata(),
            Metadata::from([("owner".into(), "t".into()), (MARK.into(), "0x2".into())])
        );
    }

    #[test]
    fn etags_lose_their_quotes() {
        for (written, plain) in [
            ("\"0x1\"", "0x1"),
            ("0x1", "0x1"),
            ("W/\"0x1\"", "0x1"),
            ("\"", "\""),
        ] {
            assert_eq!(unquoted(written), plain);
        }
    }

    #[test]
    fn manifests_come_after_media_whatever_their_case() {
        assert_eq!(Stage::of("a/video.mp4"), Stage::Media);
        assert_eq!(Stage::of("a.ISMC"), Stage::ClientManifest);
        assert_eq!(Stage::of("a.ism"), Stage::ServerManifest);
        assert_eq!(Stage::of("a.ismv"), Stage::Media);
        assert_eq!(Stage::of("ism"), Stage::Media);
        assert_eq!(Stage::of("é"), Stage::Media);
        assert!(
            Stage::Media < Stage::ClientManifest && Stage::ClientManifest < Stage::ServerManifest
        );
    }
}
