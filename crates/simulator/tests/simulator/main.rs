//! Drives a simulator over HTTP as its clients do.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod harness;

mod admission;
mod assets;
mod content_key_policies;
mod events;
mod faults;
mod jobs;
mod listing;
mod locators;
mod mkio;
mod program;
mod recordings;
mod restart;
mod storage;
mod streaming_policies;
