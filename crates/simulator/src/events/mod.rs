//! Event Grid: what is raised when, and how it reaches its endpoints.

mod delivery;
mod event;
mod grid;
mod job;
mod post;
mod resource;
mod subscription;

pub use delivery::{Delivery, DeliveryState, RedeliveryOrder};
pub(crate) use event::Event;
pub(crate) use grid::Grid;
pub(crate) use job::job_events;
pub(crate) use resource::{Operation, resource_event};
pub use subscription::EventSubscription;
