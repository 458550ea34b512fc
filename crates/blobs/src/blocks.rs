//! How a large blob is cut into blocks, and what the blocks are called. Pure.

use crate::settings::MIB;

/// The service's limit of blocks in one blob.
pub(crate) const MOST_BLOCKS: u64 = 50_000;
/// The service's limit of bytes in one block.
pub(crate) const LARGEST_BLOCK: u64 = 4_000 * MIB;

/// A block ID before its base64: always 48 characters, as all IDs of a blob must be of one length.
pub(crate) type BlockId = Vec<u8>;

/// One block: where it lies in the blob and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub id: BlockId,
    pub offset: u64,
    pub length: u64,
}

/// The cut of one blob in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    state: u128,
    pub length: u64,
    pub block_size: u64,
}

impl Plan {
    /// Cuts `length` bytes of the blob in the state `etag` into blocks of `block_size`, or larger
    /// ones (in whole MiB) where more than 50,000 would be needed. `None` if even the largest
    /// blocks are not enough.
    pub(crate) fn new(etag: &str, length: u64, block_size: u64) -> Option<Self> {
        let needed = length.div_ceil(MOST_BLOCKS).div_ceil(MIB) * MIB;
        let block_size = if length.div_ceil(block_size) <= MOST_BLOCKS {
            block_size
        } else {
            needed
        };
        (block_size <= LARGEST_BLOCK).then(|| Self::exact(etag, length, block_size))
    }

    /// The cut with exactly this block size, as somebody else has planned it.
    pub(crate) fn exact(etag: &str, length: u64, block_size: u64) -> Self {
        Self {
            state: fnv(etag.as_bytes()),
            length,
            block_size,
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.length.div_ceil(self.block_size)
    }

    /// The block with this index; its length is 0 beyond the end.
    pub(crate) fn block(&self, index: u64) -> Block {
        let offset = index.saturating_mul(self.block_size).min(self.length);
        Block {
            id: format!("{:032x}{offset:016x}", self.state).into_bytes(),
            offset,
            length: self.block_size.min(self.length - offset),
        }
    }

    /// All blocks, in order.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = Block> + Send + '_ {
        (0..self.count()).map(|index| self.block(index))
    }
}

/// FNV-1a of 128 bits: gives any ETag the same length. It only has to tell the states of one blob
/// apart, so it need not withstand an adversary.
fn fnv(bytes: &[u8]) -> u128 {
    bytes
        .iter()
        .fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash, byte| {
            (hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const GIB: u64 = 1024 * MIB;

    #[test]
    fn the_blocks_cover_the_blob_without_gap_or_overlap() {
        let size = 64 * MIB;
        for length in [
            1,
            size - 1,
            size,
            size + 1,
            7 * size,
            7 * size + 5,
            300 * GIB,
        ] {
            let plan = Plan::new("0x1", length, size).unwrap();
            let mut next = 0;
            let mut ids = HashSet::new();
            for block in plan.blocks() {
                assert_eq!(block.offset, next);
                assert!(block.length > 0 && block.length <= size);
                assert_eq!(block.id.len(), 48);
                assert!(ids.insert(block.id));
                next += block.length;
            }
            assert_eq!(next, length);
        }
        assert_eq!(Plan::new("0x1", 0, size).unwrap().count(), 0);
    }

    #[test]
    fn larger_blocks_only_to_stay_under_fifty_thousand() {
        let size = 64 * MIB;
        let last = size * MOST_BLOCKS;
        let plan = Plan::new("e", last, size).unwrap();
        assert_eq!((plan.block_size, plan.count()), (size, MOST_BLOCKS));
        let plan = Plan::new("e", last + 1, size).unwrap();
        assert_eq!(plan.block_size, 65 * MIB);
        assert!(plan.count() <= MOST_BLOCKS);
        let most = LARGEST_BLOCK * MOST_BLOCKS;
        assert_eq!(Plan::new("e", most, size).unwrap().count(), MOST_BLOCKS);
        assert_eq!(Plan::new("e", most + 1, size), None);
    }

    #[test]
    fn the_ids_change_with_the_state_and_the_offset_only() {
        let id = |etag: &str, index| Plan::new(etag, 10 * GIB, 64 * MIB).unwrap().block(index).id;
        assert_eq!(id("0x1", 3), id("0x1", 3));
        assert_ne!(id("0x1", 3), id("0x2", 3));
        assert_ne!(id("0x1", 3), id("0x1", 4));
        assert_eq!(id("", 0).len(), id(&"x".repeat(500), 159).len());
        let longer = Plan::new("0x1", 11 * GIB, 64 * MIB).unwrap().block(3).id;
        assert_eq!(id("0x1", 3), longer);
    }

    #[test]
    fn the_hash_is_fnv_1a() {
        // The published test vector for 128 bits of "a".
        assert_eq!(fnv(b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    }
}
