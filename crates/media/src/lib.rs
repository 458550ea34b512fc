//! Clients of the media services: one trait, [`MediaService`], and what stands behind it.
//!
//! - [`Ams`]: the Azure Media Services v3 ARM API, api-version 2023-01-01;
//! - [`Mkio`]: MK.IO by MediaKind, its media API under `/api/v1/projects/`.
//!
//! Resources travel as [`Body`], JSON that the code need not understand and that cannot be shown by accident. The rest of
//! the program holds the primary as [`Primary`], which has no method that writes, and the secondary as [`Secondary`].

mod ams;
mod authorize;
mod body;
mod calls;
mod container;
mod error;
mod locator;
mod mkio;
mod pace;
mod predefined;
mod resource;
mod service;
mod token;
mod token_request;
mod webhook_rules;
mod wire;

pub use ams::{AccountId, Ams, BadAccountId};
pub use authorize::{Authorize, Entra, NoToken};
pub use body::Body;
pub use calls::{Calls, counted, record};
pub use error::{ErrorKind, ServiceError};
pub use mkio::{BadProject, Mkio};
pub use pace::{Pace, Rate, Rates, background_until, in_background};
pub use predefined::encrypts_nothing;
pub use service::{ListRequest, MediaService, Page, Primary, Secondary, Storage};
pub use token::{BadToken, StaticToken};
pub use token_request::{TokenUse, token_request};
pub use webhook_rules::{WebhookRule, WebhookRules};
pub use wire::{Side, Wire, WireOptions};
