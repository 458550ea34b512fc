//! The protocol between the Functions host and a custom handler, default mode.
//!
//! What the host sends differs with binding and version, so it is read leniently; what it accepts is narrow, so every answer has one
//! form: 200, `application/json`, an object. (An empty 2xx answer would hang the invocation until the host kills the handler.)

mod invocation;
mod reply;

pub use invocation::{BadEnvelope, Invocation};
pub use reply::Reply;
