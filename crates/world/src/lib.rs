//! The local world: what a person needs to develop, demonstrate and test the mirror without an account
//! anywhere. This crate holds its building blocks:
//!
//! - [`Tls`]: one self-signed certificate and a client that trusts it;
//! - [`Azurite`]: the official storage emulator, installed once and ended for certain;
//! - [`Storage`]: the two emulators the mirror needs, one for both regions and one for the app;
//! - [`IdentityEndpoint`] and [`LocalCredential`]: managed identity, from outside and inside a process;
//! - [`Account`]: a storage account's name and key, and the account SAS that key can sign;
//! - [`executable`]: a program of this workspace, built for whoever is to run it.
//!
//! [`World`] puts them together with the media-services simulator, the Functions host stand-in and the real handler.
//! [`platform`] is a video platform on one of its accounts, [`bodies`] is what platforms put there, and [`proof`] asks both accounts
//! whether they serve the same. [`differences`] is what comes out differently on the two services, [`costs`] what each
//! change costs.
//!
//! Everything listens on loopback. The production code does not know this crate exists: only its
//! configuration differs.

mod account;
mod ams;
mod azurite;
mod backend;
pub mod bodies;
mod cargo;
pub mod costs;
pub mod differences;
mod error;
mod identity;
mod layout;
mod mkio;
pub mod platform;
pub mod proof;
mod recorded;
mod storage;
mod storage_events;
mod token;
mod world;

pub use account::{Account, AccountSas};
pub use azurite::{AZURITE_VERSION, Azurite, Services};
pub use backend::Backend;
pub use cargo::{cargo, executable};
pub use error::Error;
pub use fake_storage::{Tls, TlsError, install_ring};
pub use identity::{IdentityAnswer, IdentityEndpoint, TokenRequest};
pub use layout::{lay_out, workspace_root};
pub use recorded::{PassedMessage, RecordedQueues};
pub use storage::Storage;
pub use storage_events::BlobEvent;
pub use token::{LocalCredential, mint_token};
pub use world::{World, WorldOptions};
