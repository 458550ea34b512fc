//! The content of a blob: real bytes, or a pattern that costs no memory, or both in a row.

use bytes::Bytes;
use md5::{Digest, Md5};

use crate::pattern;

/// How much is generated, compared or sent at a time, in bytes.
const CHUNK: u64 = 256 * 1024;
/// Up to this many patterned bytes an MD5 is computed; beyond it the work would outweigh the test.
const HASHED: u64 = 8 * 1024 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Bytes(Bytes),
    Pattern { seed: u64, offset: u64, length: u64 },
}

impl Segment {
    fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Pattern { length, .. } => *length,
        }
    }

    /// The part from `start`, at most `length` long; both lie within the segment.
    fn part(&self, start: u64, length: u64) -> Self {
        match self {
            Self::Bytes(bytes) => {
                let (start, length) = (size(start), size(length));
                Self::Bytes(bytes.slice(start..start + length))
            }
            Self::Pattern { seed, offset, .. } => Self::Pattern {
                seed: *seed,
                offset: offset + start,
                length,
            },
        }
    }

    fn bytes(&self) -> Bytes {
        match self {
            Self::Bytes(bytes) => bytes.clone(),
            Self::Pattern {
                seed,
                offset,
                length,
            } => pattern::bytes(*seed, *offset, size(*length)),
        }
    }
}

/// The content of a blob or a block. Clones, parts and joins share what they are made of, so copying ten
/// gigabytes is a matter of microseconds.
#[derive(Debug, Clone, Default)]
pub struct Content {
    segments: Vec<Segment>,
    length: u64,
}

impl Content {
    /// Real bytes.
    #[must_use]
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        let mut content = Self::default();
        content.push(Segment::Bytes(bytes.into()));
        content
    }

    /// `length` bytes that follow from `seed`. Different seeds give different bytes.
    #[must_use]
    pub fn pattern(seed: u64, length: u64) -> Self {
        let mut content = Self::default();
        content.push(Segment::Pattern {
            seed,
            offset: 0,
            length,
        });
        content
    }

    /// The length in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The part from `offset`, at most `length` bytes of it; what lies beyond the end is left out.
    #[must_use]
    pub fn slice(&self, offset: u64, length: u64) -> Self {
        let end = offset.saturating_add(length).min(self.length);
        let mut part = Self::default();
        let mut position = 0;
        for segment in &self.segments {
            let (from, to) = (offset.max(position), end.min(position + segment.len()));
            if from < to {
                part.push(segment.part(from - position, to - from));
            }
            position += segment.len();
        }
        part
    }

    /// Adds `other` at the end.
    pub fn append(&mut self, other: &Self) {
        for segment in &other.segments {
            self.push(segment.clone());
        }
    }

    /// Everything as bytes in memory. Meant for small content.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let mut out = Vec::with_capacity(size(self.length));
        for chunk in self.chunks() {
            out.extend_from_slice(&chunk);
        }
        out.into()
    }

    /// The bytes in order, a quarter of a mebibyte at a time.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = Bytes> + Send + 'static {
        let whole = self.clone();
        let mut position = 0;
        std::iter::from_fn(move || {
            let part = whole.slice(position, CHUNK);
            position += part.len();
            match part.segments.as_slice() {
                [] => None,
                [only] => Some(only.bytes()),
                several => Some(
                    several
                        .iter()
                        .flat_map(|segment| segment.bytes().to_vec())
                        .collect(),
                ),
            }
        })
    }

    /// The MD5, or `None` when more than 8 MiB of it are a pattern.
    pub(crate) fn md5(&self) -> Option<[u8; 16]> {
        let patterned: u64 = self
            .segments
            .iter()
            .filter(|segment| matches!(segment, Segment::Pattern { .. }))
            .map(Segment::len)
            .sum();
        if patterned > HASHED {
            return None;
        }
        let mut hash = Md5::new();
        for chunk in self.chunks() {
            hash.update(&chunk);
        }
        Some(hash.finalize().into())
    }

    fn push(&mut self, segment: Segment) {
        self.length += segment.len();
        if segment.len() == 0 {
            return;
        }
        // Blocks of one pattern that follow each other are one pattern again.
        if let (
            Some(Segment::Pattern {
                seed,
                offset,
                length,
            }),
            Segment::Pattern {
                seed: s,
                offset: o,
                length: l,
            },
        ) = (self.segments.last_mut(), &segment)
            && seed == s
            && *offset + *length == *o
        {
            *length += l;
            return;
        }
        self.segments.push(segment);
    }
}

impl PartialEq for Content {
    /// Compares the bytes; two equal patterns are equal without generating them.
    fn eq(&self, other: &Self) -> bool {
        self.length == other.length
            && (self.segments == other.segments || self.chunks().eq(other.chunks()))
    }
}

impl Eq for Content {}

/// A length as an index. Only lengths of what is in memory, or about to be, get here.
fn size(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1024 * 1024 * 1024;

    #[test]
    fn ten_gibibytes_cut_into_blocks_and_joined_are_one_pattern_again() {
        let whole = Content::pattern(3, 10 * GIB);
        let mut joined = Content::default();
        for block in 0..160 {
            joined.append(&whole.slice(block * 64 * 1024 * 1024, 64 * 1024 * 1024));
        }
        assert_eq!(joined.segments.len(), 1);
        assert_eq!(joined, whole);
    }

    #[test]
    fn blocks_in_the_wrong_order_are_not_the_same_content() {
        let whole = Content::pattern(3, 1_000_000);
        let mut swapped = whole.slice(500_000, 500_000);
        swapped.append(&whole.slice(0, 500_000));
        assert_eq!(swapped.len(), whole.len());
        assert_ne!(swapped, whole);
    }

    #[test]
    fn equality_does_not_depend_on_where_the_parts_begin() {
        let whole = Content::bytes((0..=255_u8).cycle().take(600_000).collect::<Vec<_>>());
        let mut joined = whole.slice(0, 1);
        joined.append(&whole.slice(1, 299_999));
        joined.append(&whole.slice(300_000, u64::MAX));
        assert_eq!(joined, whole);
        assert_eq!(joined.md5(), whole.md5());
        assert_eq!(
            Content::pattern(1, 100),
            Content::bytes(Content::pattern(1, 100).to_bytes())
        );
    }

    #[test]
    fn the_md5_is_the_usual_one_and_left_out_for_large_patterns() {
        let hex = |content: &Content| {
            content
                .md5()
                .map(|md5| md5.map(|byte| format!("{byte:02x}")).concat())
        };
        assert_eq!(
            hex(&Content::bytes("hello")).as_deref(),
            Some("5d41402abc4b2a76b9719d911017c592")
        );
        assert_eq!(
            hex(&Content::default()).as_deref(),
            Some("d41d8cd98f00b204e9800998ecf8427e")
        );
        assert_eq!(hex(&Content::pattern(1, GIB)), None);
    }
}
