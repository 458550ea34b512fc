//! The mirror in random histories, on virtual time and without a network.
//!
//! The handler's functions run as they are, between doubles: two accounts of the media services, the storage of two regions, the
//! app's queues, the Functions host and Event Grid, all in memory. A seed decides everything that happens: what the accounts
//! hold, what the platform does to the primary, which events are lost, doubled or late, which calls fail and how, and when a handler
//! process is killed. When the changes and the faults have ended, every resource of the primary is named once more, as a walk would
//! name it, and the promises are asserted against a small model of its own:
//!
//! 1. convergence: the secondary is what it should be, and what differs has a reason that the mirror gave;
//! 2. idempotence: every message handled once more writes nothing;
//! 3. never worse: no write to the primary, no deletion or overwriting that is not allowed, nothing published before its bytes;
//! 4. identity: the same locator IDs, key IDs and key values as the source, or nothing;
//! 5. no secret in any message or line of the log.
//!
//! ```sh
//! cargo test -p simulation                                       # some hundred histories
//! cargo run -p simulation -- --seed 1234 --trace                 # one, line by line
//! cargo run --release -p simulation -- --seeds 0..100000         # as many as there is time for
//! ```

mod ambush;
mod ams;
mod app;
mod chance;
mod clock;
mod documents;
mod history;
mod host;
#[cfg(test)]
mod least_work;
mod line;
mod process;
mod promises;
mod queues;
mod run;
mod sabotage;
mod secrets;
mod state;
mod storage;
mod trace;
mod weather;
mod world;

pub use run::{Failure, Summary, run};
