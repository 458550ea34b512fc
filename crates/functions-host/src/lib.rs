#![doc = include_str!("../README.md")]

mod call;
mod config;
mod dotnet;
mod envelope;
mod front;
mod host;
mod invoke;
mod journal;
mod lines;
mod options;
mod queue;
mod reply;
mod timer;
mod worker;

pub use config::ConfigError;
pub use host::Host;
pub use journal::{HostEvent, Invocation};
pub use lines::{ConsoleSink, Level, LogLine};
pub use options::{HostOptions, Timings};
pub use queue::{AzureQueues, MemoryQueues, QueueError, QueueService, ReceivedMessage};
