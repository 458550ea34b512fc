//! One pass over a kind of resource in both accounts.
//!
//! [`walk`] reads the secondary's pages into a table of names and [`mirror::Fingerprint`]s, streams the primary's pages past it in
//! whatever order they come, and tells a [`Visit`] of each resource whether source and replica agree as far as the lists show. Sweep,
//! backfill, plan and verification differ only in what they do with that.
//!
//! Pages that shift, repeat or lose items while they are read do no harm: what a walk says is a hint, and both sides are read again
//! before anything is written or deleted.
//!
//! It costs the pages of both lists, and for assets, where only published ones are mirrored and some are missing, the pages of the
//! primary's locators. Memory: about 200 bytes for each resource of the secondary.

mod depth;
mod selection;
mod table;
#[cfg(test)]
mod tests;
mod walk;

pub use depth::{KINDS, kinds_of_sweep, looks_inside};
pub use selection::Selection;
pub use walk::{Found, Seen, Stopped, Visit, Walked, updated, walk};
