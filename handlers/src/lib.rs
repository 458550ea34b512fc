//! The functions of the app, and how the Azure Functions host calls them.
//!
//! [`serve`] is the whole handler. [`App`] and [`answer`] are its parts without the network, so that the functions can be driven
//! against other accounts and queues than real ones.

mod app;
mod backoff;
mod blob_events;
mod debounce;
mod functions;
mod lines;
mod log;
mod protocol;
mod server;

pub use app::{App, Enqueue, Walks};
pub use blob_events::BlobEvents;
pub use log::start as start_logging;
pub use protocol::{BadEnvelope, Invocation, Reply};
pub use server::{answer, receive, serve};
