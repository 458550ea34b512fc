//! The AMS dialect: the Azure Resource Manager API of `Microsoft.Media/mediaServices`, as published and recorded until
//! its retirement in June 2024.

mod account;
mod address;
mod admission;
mod answer;
mod assets;
mod auth;
mod body;
mod call;
mod content_key_policies;
mod dispatch;
mod filter;
mod filter_text;
mod filters;
mod headers;
mod jobs;
mod list;
mod locators;
mod login;
mod paths;
mod policy_options;
mod rates;
mod render;
mod reply;
mod secrets;
mod streaming_policies;
mod transforms;
mod version;

pub(crate) use answer::answer;
pub(crate) use jobs::finish_job;
pub(crate) use rates::Rates;

/// The tenant that every identity belongs to.
pub(crate) const TENANT: &str = "11111111-2222-3333-4444-555555555555";
