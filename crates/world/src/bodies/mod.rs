//! What platforms put into their account: bodies of requests, as the properties of each kind, in the shapes that the service's
//! OpenAPI examples show. For the demo and for tests; names and secrets are the caller's.

pub mod content_key_policies;
pub mod filters;
pub mod streaming_locators;
pub mod streaming_policies;
