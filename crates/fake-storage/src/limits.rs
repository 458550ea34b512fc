//! How large things may be.

/// The largest sources of the copying calls, in bytes. The defaults are the service's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Put Blob From URL: 5,000 MiB.
    pub put_blob_from_url: u64,
    /// A block of Put Block From URL: 4,000 MiB.
    pub put_block_from_url: u64,
    /// Copy Blob From URL: 256 MiB.
    pub copy_blob_from_url: u64,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self {
            put_blob_from_url: 5000 * MIB,
            put_block_from_url: 4000 * MIB,
            copy_blob_from_url: 256 * MIB,
        }
    }
}
