//! The mirror in random histories, on virtual time and without a network.
//!
//! The handler's functions run as they are, between doubles: two accounts of a media service, Azure Media Services or MK.IO, the
//! storage of two regions, the app's queues, the Functions host, and what tells of events, all in memory. A seed decides everything that happens: what the accounts
//! hold, what the platform does to the primary, which events are lost, doubled or late, which calls fail and how, and when a handler
//! process is killed. A timer starts sweeps, and the walks and batches that follow from them are the handler's own, over lists that
//! shift, repeat and lose items under them, and now and then say that the primary is empty or has lost its second half. In some histories
//! every event is lost. When the changes and the faults have ended, walks go on for some hours, and the promises are asserted against a
//! small model of its own:
//!
//! 1. convergence: what lists show is right after the walks over lists, and the secondary is what it should be after the deep ones;
//!    what differs has a reason that the mirror gave;
//! 2. idempotence: every message handled once more writes nothing;
//! 3. never worse: no write to the primary, no deletion or overwriting that is not allowed, none that the primary did not confirm to the
//!    invocation that does it, no walk that asks for more than the cap, nothing published before its bytes;
//! 4. identity: the same locator IDs, key IDs and key values as the source, or nothing;
//! 5. no secret in any message or line of the log.
//!
//! They hold on both services. What must be different on them is a table, `Terms` in `promises/terms.rs`:
//!
//! | | Azure Media Services | MK.IO |
//! |---|---|---|
//! | what the primary announces, jobs aside | everything | that a locator was created |
//! | whose replicas are deleted, where walks delete none | locators that were withdrawn | nobody's |
//! | how a published locator changes | it is replaced | start, end and suppression where it is; else it is replaced |
//! | how a locator with content keys is published | at once; with other keys it is taken back | suppressed, its keys read back, then released |
//! | how a content key policy changes | it is written whole | it is patched: what the source has no more may stay, and is reported |
//! | what is to become of the container of a replica | as the source has it | it is retained, always |
//!
//! What nobody knows of MK.IO for certain are switches that the seed sets: content keys that come with a predefined streaming
//! policy are accepted, refused or stripped; key servers are shared or not; an update moves the stamps, by which lists of what was updated
//! go, or not; options of policies are replaced or merged; an update of an asset changes everything or what is documented; streaming locator
//! IDs are unique in a project or everywhere; content key IDs are unique or not; containers are checked or not; streaming policies and
//! locators are updated or not; GET shows key values and secrets, or not, and nobody those of FairPlay, or whoever may; next links are
//! absolute or relative; what is created can be used at once, later, or later than anybody waits for. Where that takes time, all is well
//! when walks look again at what failed, an hour later. [`SWITCHES`] names them all; the tests ask for every value of each and for what
//! follows from it.
//!
//! Sweeps are rarer here than in the app, and deep ones more frequent, so that a history sees all of them: see `app`.
//!
//! ```sh
//! cargo test -p simulation                                       # a hundred histories and more
//! cargo run -p simulation -- --backend mkio --seed 1234 --trace  # one, line by line
//! cargo run --release -p simulation -- --seeds 0..100000         # as many as there is time for
//! ```

mod account;
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
mod mkio;
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

pub use mirror::rules::Backend;
pub use mkio::SWITCHES;
pub use run::{Failure, Summary, name, run};
