//! The official Azure SDK set up once for the whole process: one HTTP client, one credential, the queues, the pages of a listing.

mod credential;
mod messages;
mod page;
mod queues;
mod transport;

pub use credential::{Identity, credential};
pub use messages::{Peeked, Received};
pub use page::{BlobPage, ListedBlob, ListedProperties};
pub use queues::{QueueError, Queues};
pub use transport::{client_options, http_client, transport};
