//! The dialect of MK.IO: each trap of its API, each setting for what no source settles.

mod client;
mod instances;
mod openapi;
mod receiver;

mod assets;
mod conformance;
mod content_key_policies;
mod endpoints;
mod faults;
mod filters;
mod jobs;
mod keys;
mod listing;
mod locators;
mod requests;
mod restart;
mod settings;
mod storage;
mod storage_records;
mod streaming_policies;
mod tokens;
mod webhook_rules;
mod webhooks;
