//! The fake as its users meet it: through the official clients.
#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot go on fails its test"
)]

#[path = "it/clients.rs"]
mod clients;
#[path = "it/conformance.rs"]
mod conformance;
#[path = "it/copies.rs"]
mod copies;
#[path = "it/disturbances.rs"]
mod disturbances;
#[path = "it/large.rs"]
mod large;
#[path = "it/listing.rs"]
mod listing;
