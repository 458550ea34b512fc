//! The stand-in against a real child process: each trap of the protocol, and each part of the host.
#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod app;
mod config;
mod conformance;
mod crashes;
mod event_grid;
mod front;
mod outputs;
mod queues;
mod timers;
mod traps;
