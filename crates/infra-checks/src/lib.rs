//! Holds `infra/` against its own grammar and against the code, without a Bicep compiler and without Azure.
//!
//! [`Tree`] is the part of the repository that the rules look at, in memory; [`check`] runs every rule over it. The
//! tests run it over the repository, where it must find nothing, and over the repository with one thing broken, where it
//! must find just that.

mod bicep;
mod finding;
mod node;
mod rules;
mod tree;

pub use finding::Finding;
pub use rules::{RULES, check, role_actions};
pub use tree::{Tree, TreeError};
