//! Bytes that follow from a seed and a position, so that a large blob needs no memory.

use bytes::Bytes;

/// Eight bytes share one word of the sequence.
const WORD: u64 = 8;

/// The bytes of the sequence `seed` from `offset`, `length` of them.
pub(crate) fn bytes(seed: u64, offset: u64, length: usize) -> Bytes {
    let mut out = Vec::with_capacity(length + 8);
    let mut word = offset / WORD;
    let skip = usize::try_from(offset % WORD).unwrap_or_default();
    while out.len() < length + skip {
        out.extend_from_slice(&mix(seed ^ word.rotate_left(32)).to_le_bytes());
        word += 1;
    }
    Bytes::from(out).slice(skip..skip + length)
}

/// The finaliser of SplitMix64: neighbouring inputs give unrelated outputs, so a block that was moved,
/// repeated or lost shows.
fn mix(input: u64) -> u64 {
    let mut z = input.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_the_same_bytes_as_in_the_whole() {
        let whole = bytes(7, 0, 100);
        assert_eq!(bytes(7, 13, 50), whole.slice(13..63));
        assert_ne!(bytes(8, 13, 50), whole.slice(13..63));
        assert_ne!(whole.slice(0..50), whole.slice(50..100));
    }
}
