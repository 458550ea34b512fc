//! A simulator of media-services accounts, for development, demonstrations and tests.
//!
//! It speaks the Azure Media Services v3 API of Azure Resource Manager as published and recorded until its retirement:
//! status codes, masked secrets, rounded times, error bodies, headers. The same accounts are projects of MK.IO, as its
//! OpenAPI documents describe them. It raises the events that Event Grid raised and delivers MK.IO's webhooks, and it
//! can be told to throttle, fail, lose replies and go dark. Behind it stands a real storage emulator, or none.
//!
//! ```no_run
//! # async fn run() -> anyhow::Result<()> {
//! use simulator::{AccountOptions, Fault, FaultRule, Simulator, SimulatorOptions, StorageOptions};
//!
//! let simulator = Simulator::start(SimulatorOptions {
//!     accounts: vec![AccountOptions {
//!         name: "primary".into(),
//!         region: "westeurope".into(),
//!         storage: vec![StorageOptions { account: "store".into(), key: "a2V5".into(), blob_endpoint: None }],
//!     }],
//!     http: Some(([127, 0, 0, 1], 0).into()),
//!     ..SimulatorOptions::default()
//! })
//! .await?;
//! simulator.control().add_fault(FaultRule::for_account("primary", Fault::Throttle { retry_after: 1 }).times(3));
//! simulator.stop().await;
//! # Ok(())
//! # }
//! ```

mod ams;
mod buckets;
mod control;

mod events;
mod exchange;
mod faults;
mod journal;
mod mkio;
mod options;
mod persistence;
mod server;
mod settings;
mod shared;
mod simulator;
mod state;
mod storage;
mod times;

pub use control::{AccountInfo, Control, Counts, Filled};
pub use events::{Delivery, DeliveryState, EventSubscription, RedeliveryOrder};
pub use faults::{ActiveFault, Darkness, Fault, FaultRule};
pub use journal::Request;
pub use mkio::{
    AssetPlaces, AssetPut, AssetUpdates, Creations, EventSource, ExplicitKeys, KeyIdScope,
    KeyServers, KeysInGet, ListFilters, ListOrder, LocatorChanges, LocatorIds, MkioSettings,
    NextLink, PatchOptions, Permission, PutStatus, Requirement, Secrets, TokenCheck,
};
pub use options::{AccountOptions, SimulatorOptions, StorageOptions, TlsFiles};
pub use settings::{DeliverySettings, JobsMode, Settings, UnknownFields, WebhookContentType};
pub use simulator::Simulator;
pub use state::JobOutcome;
