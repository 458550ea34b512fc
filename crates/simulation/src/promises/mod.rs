//! The promises, each in a file of its own.
//!
//! - [`watch`]: never worse, and identity: checked at every write, while it happens;
//! - [`model`]: what the secondary should be, worked out from the primary by rules of its own;
//! - [`converged`]: convergence, against the model;
//! - [`terms`]: in what the services must differ;
//! - [`secret`]: no secret in any message or line of the log.

pub(crate) mod canonical;
pub(crate) mod converged;
pub(crate) mod model;
pub(crate) mod secret;
pub(crate) mod terms;
pub(crate) mod watch;
