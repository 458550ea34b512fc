//! A block blob and its blocks.

use std::collections::BTreeMap;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;

use super::{CopyRecord, Metadata, Stamp};
use crate::content::Content;
use crate::refusal::Refusal;

/// What stands under a name: a blob, or blocks that may become one, or both.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    pub(crate) blob: Option<Blob>,
    /// Staged blocks by block ID, in base64 as the client gave it.
    pub(crate) uncommitted: BTreeMap<String, Content>,
}

#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(crate) id: String,
    pub(crate) content: Content,
}

/// A committed block blob.
#[derive(Debug, Clone)]
pub(crate) struct Blob {
    pub(crate) content: Content,
    pub(crate) headers: ContentHeaders,
    pub(crate) metadata: Metadata,
    pub(crate) md5: Option<[u8; 16]>,
    /// `None`: the account's default, which is inferred to be hot.
    pub(crate) tier: Option<Tier>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) copy: Option<CopyRecord>,
    pub(crate) created: OffsetDateTime,
    pub(crate) stamp: Stamp,
}

impl Blob {
    pub(crate) fn new(content: Content, stamp: Stamp) -> Self {
        Self {
            content,
            headers: ContentHeaders::default(),
            metadata: Metadata::new(),
            md5: None,
            tier: None,
            blocks: Vec::new(),
            copy: None,
            created: stamp.modified,
            stamp,
        }
    }

    pub(crate) fn is_archived(&self) -> bool {
        self.tier == Some(Tier::Archive)
    }

    /// Fails as the service does when an archived blob's bytes or metadata are asked for.
    pub(crate) fn online(&self) -> Result<&Self, Refusal> {
        if self.is_archived() {
            Err(Refusal::blob_archived())
        } else {
            Ok(self)
        }
    }
}

/// The headers a blob is served with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ContentHeaders {
    pub(crate) content_type: Option<String>,
    pub(crate) encoding: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) disposition: Option<String>,
    pub(crate) cache_control: Option<String>,
}

impl ContentHeaders {
    /// The content type, or what the service says where none was given.
    pub(crate) fn content_type(&self) -> &str {
        self.content_type
            .as_deref()
            .unwrap_or("application/octet-stream")
    }

    /// The given headers, and those of `self` where none was given.
    pub(crate) fn overlaid(&self, given: Self) -> Self {
        let own = self.clone();
        Self {
            content_type: given.content_type.or(own.content_type),
            encoding: given.encoding.or(own.encoding),
            language: given.language.or(own.language),
            disposition: given.disposition.or(own.disposition),
            cache_control: given.cache_control.or(own.cache_control),
        }
    }
}

/// An access tier of a block blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tier {
    Hot,
    Cool,
    Cold,
    Archive,
}

impl Tier {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hot => "Hot",
            Self::Cool => "Cool",
            Self::Cold => "Cold",
            Self::Archive => "Archive",
        }
    }
}

impl FromStr for Tier {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        [Self::Hot, Self::Cool, Self::Cold, Self::Archive]
            .into_iter()
            .find(|tier| tier.name().eq_ignore_ascii_case(text))
            .ok_or_else(Refusal::invalid_header)
    }
}

pub(crate) fn md5_to_base64(md5: &[u8; 16]) -> String {
    STANDARD.encode(md5)
}

pub(crate) fn md5_from_base64(text: &str) -> Result<[u8; 16], Refusal> {
    STANDARD
        .decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(Refusal::invalid_md5)
}
