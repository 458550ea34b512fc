//! Events: what Event Grid and the webhooks of MK.IO raise, and how it reaches its endpoints.

mod delivery;
mod event;
mod grid;
mod job;
mod post;
mod resource;
mod subscriber;
mod subscription;
mod webhook;

pub use delivery::{Delivery, DeliveryState, RedeliveryOrder};
pub(crate) use event::Event;
pub(crate) use grid::Grid;
pub(crate) use job::job_events;
pub(crate) use resource::{Operation, resource_event};
pub use subscription::EventSubscription;
pub(crate) use webhook::Webhook;
