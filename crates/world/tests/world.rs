//! The building blocks of the local world, driven by the official clients.
#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot go on fails its test"
)]

#[path = "world/azurite.rs"]
mod azurite;
#[path = "world/clients.rs"]
mod clients;
#[path = "world/conformance.rs"]
mod conformance;
#[path = "world/identity.rs"]
mod identity;
