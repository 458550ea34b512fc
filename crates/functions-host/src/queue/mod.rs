//! Storage queues: access to them, and the loop that drives a queue-triggered function.

mod azure;
mod backoff;
mod listener;
mod memory;
mod processor;
mod service;
mod wake;

pub use azure::AzureQueues;
pub use memory::MemoryQueues;
pub use service::{QueueError, QueueService, ReceivedMessage};

pub(crate) use listener::Listener;
pub(crate) use processor::{Processor, poison_name, send as send_to_queue};
pub(crate) use wake::Wake;
