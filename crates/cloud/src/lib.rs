//! The official Azure SDK set up once for the whole process: one HTTP client, one credential, the queues.

mod credential;
mod messages;
mod queues;
mod transport;

pub use credential::{Identity, credential};
pub use messages::{Peeked, Received};
pub use queues::{QueueError, Queues};
pub use transport::{client_options, http_client, transport};
