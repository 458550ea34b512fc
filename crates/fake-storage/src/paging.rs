//! How listings are cut into pages.

/// How the listings of an account are cut into pages. The service promises less than it usually does: a page
/// may hold fewer than asked for, none at all, or, when the container changes meanwhile, items seen before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging {
    /// At most so many items a page, whatever is asked for. The service's own limit is 5,000.
    pub size: usize,
    /// How many items of a page the next one repeats. Less than `size`.
    pub repeat: usize,
    /// Whether every page is followed by an empty one with a marker.
    pub empty_pages: bool,
}

impl Default for Paging {
    fn default() -> Self {
        Self {
            size: 5000,
            repeat: 0,
            empty_pages: false,
        }
    }
}
