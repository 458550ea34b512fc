//! Blobs put in and looked at without a request.

use bytes::Bytes;
use time::OffsetDateTime;

use crate::content::Content;
use crate::store::{Blob, ContentHeaders, CopyRecord, Metadata, Stamp, Tier, md5_to_base64};

/// An access tier of a block blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessTier {
    /// `Hot`.
    Hot,
    /// `Cool`.
    Cool,
    /// `Cold`.
    Cold,
    /// `Archive`: listed, but not readable.
    Archive,
}

impl From<AccessTier> for Tier {
    fn from(tier: AccessTier) -> Self {
        match tier {
            AccessTier::Hot => Self::Hot,
            AccessTier::Cool => Self::Cool,
            AccessTier::Cold => Self::Cold,
            AccessTier::Archive => Self::Archive,
        }
    }
}

/// A blob to put in.
#[derive(Debug, Clone)]
pub struct Seed {
    content: Content,
    headers: ContentHeaders,
    metadata: Metadata,
    tier: Option<AccessTier>,
    md5: bool,
    modified: Option<OffsetDateTime>,
}

impl Seed {
    /// A blob with this content. Like a single put it has an MD5, unless it is a pattern of more than 8 MiB.
    #[must_use]
    pub fn new(content: Content) -> Self {
        let (headers, metadata) = (ContentHeaders::default(), Metadata::new());
        Self {
            content,
            headers,
            metadata,
            tier: None,
            md5: true,
            modified: None,
        }
    }

    /// A blob with these bytes.
    #[must_use]
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self::new(Content::bytes(bytes))
    }

    /// A blob of `length` bytes that follow from `seed` and cost no memory.
    #[must_use]
    pub fn pattern(seed: u64, length: u64) -> Self {
        Self::new(Content::pattern(seed, length))
    }

    /// With this content type.
    #[must_use]
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.headers.content_type = Some(content_type.into());
        self
    }

    /// With this cache control.
    #[must_use]
    pub fn cache_control(mut self, cache_control: impl Into<String>) -> Self {
        self.headers.cache_control = Some(cache_control.into());
        self
    }

    /// With this item of metadata.
    #[must_use]
    pub fn metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata
            .insert(name.into().to_ascii_lowercase(), value.into());
        self
    }

    /// In this tier, explicitly.
    #[must_use]
    pub fn tier(mut self, tier: AccessTier) -> Self {
        self.tier = Some(tier);
        self
    }

    /// Without an MD5, like a blob committed from blocks.
    #[must_use]
    pub fn without_md5(mut self) -> Self {
        self.md5 = false;
        self
    }

    /// Last modified at this time.
    #[must_use]
    pub fn modified(mut self, at: OffsetDateTime) -> Self {
        self.modified = Some(at);
        self
    }

    pub(crate) fn into_blob(self, stamp: Stamp) -> Blob {
        let stamp = Stamp {
            modified: self.modified.unwrap_or(stamp.modified),
            ..stamp
        };
        let mut blob = Blob::new(self.content, stamp);
        blob.headers = self.headers;
        blob.metadata = self.metadata;
        blob.tier = self.tier.map(Tier::from);
        blob.md5 = if self.md5 { blob.content.md5() } else { None };
        blob
    }
}

/// A blob as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobState {
    /// Its content.
    pub content: Content,
    /// Its content type; `None` where none was given.
    pub content_type: Option<String>,
    /// Its cache control.
    pub cache_control: Option<String>,
    /// Its metadata.
    pub metadata: Metadata,
    /// Its MD5 in base64.
    pub md5: Option<String>,
    /// Its access tier's name, where it was set explicitly.
    pub tier: Option<&'static str>,
    /// Its ETag, without quotes.
    pub etag: String,
    /// When it was last modified, by its account's clock.
    pub modified: OffsetDateTime,
    /// How many blocks it was committed from; 0 for one that was put whole.
    pub blocks: usize,
    /// The status of the last copy onto it: `pending`, `success`, `aborted` or `failed`.
    pub copy_status: Option<&'static str>,
}

impl BlobState {
    pub(crate) fn of(blob: &Blob) -> Self {
        Self {
            content: blob.content.clone(),
            content_type: blob.headers.content_type.clone(),
            cache_control: blob.headers.cache_control.clone(),
            metadata: blob.metadata.clone(),
            md5: blob.md5.as_ref().map(md5_to_base64),
            tier: blob.tier.map(Tier::name),
            etag: blob.stamp.etag.clone(),
            modified: blob.stamp.modified,
            blocks: blob.blocks.len(),
            copy_status: blob
                .copy
                .as_ref()
                .map(|copy: &CopyRecord| copy.status.name()),
        }
    }
}
