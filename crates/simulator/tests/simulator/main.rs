//! Drives a simulator over HTTP as its clients do.

mod harness;

mod admission;
mod assets;
mod content_key_policies;
mod events;
mod faults;
mod jobs;
mod listing;
mod locators;
mod recordings;
mod streaming_policies;
