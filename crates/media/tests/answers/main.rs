//! What the clients make of what a service answers, over loopback.

#![expect(
    clippy::unwrap_used,
    reason = "in tests; clippy sees that only inside functions marked as such"
)]

mod account;
mod calls;
mod unsettled;
