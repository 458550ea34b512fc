//! The mirror itself: observe, plan, apply, confirm.
//!
//! - [`rules`] says, as tables, what each kind is made of;
//! - [`Plan`] is the pure result of comparing a source with its replica;
//! - [`Mirror::mirror`] carries out one change and answers with a [`Report`].
//!
//! Nothing here knows how messages arrive: reports say what follows, and the handler enqueues it.

mod bytes;
mod compare;
mod engine;
mod fingerprint;
mod outcome;
mod plan;
mod policy;
mod problem;
mod reason;
pub mod rules;
mod translate;

pub use bytes::AssetBytes;
pub use compare::Difference;
pub use engine::{Finding, Mirror, MirrorOptions, Verdict, Weight};
pub use fingerprint::Fingerprint;
pub use outcome::{Again, Outcome, Report};
pub use plan::{Maps, Plan};
pub use policy::{Conflicts, Deletes, Policy, Scope};
pub use reason::{Owner, Reason};
