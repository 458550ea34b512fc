use change::{Depth, Kind};

/// The kinds that have a list of their own, in the order in which they depend on each other. Asset filters are looked at with their assets.
pub const KINDS: [Kind; 5] = [
    Kind::ContentKeyPolicies,
    Kind::StreamingPolicies,
    Kind::AccountFilters,
    Kind::Assets,
    Kind::StreamingLocators,
];

/// The kinds that a sweep of a depth walks: those for which it shows more than the depth before it.
#[must_use]
pub const fn kinds_of_sweep(depth: Depth) -> &'static [Kind] {
    match depth {
        Depth::Updated | Depth::List => &KINDS,
        Depth::Children | Depth::Bytes => &[Kind::Assets],
        Depth::Keys => &[Kind::ContentKeyPolicies, Kind::StreamingLocators],
    }
}

/// Whether resources of a kind have something at this depth that lists do not show, so that each must be looked at.
#[must_use]
pub fn looks_inside(kind: Kind, depth: Depth) -> bool {
    match kind {
        Kind::Assets => depth >= Depth::Children,
        Kind::ContentKeyPolicies | Kind::StreamingLocators => depth >= Depth::Keys,
        Kind::StreamingPolicies | Kind::AccountFilters | Kind::AssetFilters => false,
    }
}
