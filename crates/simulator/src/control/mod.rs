//! The handle to look into a simulator and to make it misbehave, in the process and over HTTP.

mod handle;
mod http;

pub use handle::{AccountInfo, Control, Counts, Filled};
pub(crate) use http::routes;
