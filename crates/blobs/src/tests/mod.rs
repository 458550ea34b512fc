//! The promises of the copier, kept against a storage service in memory.

mod aside;
#[cfg(feature = "bytes")]
mod bytes;
mod changing;
mod double;
mod looks;
mod mirrors;
mod order;
mod pace;
mod probes;
mod resume;
mod routes;
mod scene;
mod shares;
mod wire;
