//! When walks begin, and what they leave alone, on a clock of the tests' own.

#![expect(
    clippy::unwrap_used,
    reason = "in tests; clippy sees that only inside functions marked as such"
)]

mod account;
#[path = "../reasons/app.rs"]
mod app;
mod batches;
mod deletions;
mod depths;
mod scene;
mod sweeps;
