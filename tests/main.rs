//! The promises of the product, kept end to end: the real handler behind the Functions host stand-in, both accounts in the
//! simulator, real Azurite over https, and nothing between them but HTTP, queues and environment variables.
//!
//! Each module is named after what it checks, each test after the promise. What holds on both services is told once and runs on both; what
//! comes out differently is a table (`world::differences`). A few worlds serve them all: one on each service is shared by tests that keep
//! apart by the names of their resources, the others belong to one test at a time, for those that break accounts, kill things or count
//! everything. The harness is not the standard one, because the worlds must be ended for certain after the last test.

mod blobs;
mod cli;
mod configuration;
mod copying;
mod costs;
mod events;
mod heartbeat;
mod messages;
mod mkio;
mod publishing;
mod refusals;
mod repetition;
mod secrecy;
mod support;
mod walks;
mod weather;

use std::process::ExitCode;

fn main() -> ExitCode {
    support::run(
        [
            blobs::tests(),
            cli::tests(),
            configuration::tests(),
            copying::tests(),
            costs::tests(),
            events::tests(),
            heartbeat::tests(),
            messages::tests(),
            mkio::tests(),
            publishing::tests(),
            refusals::tests(),
            repetition::tests(),
            secrecy::tests(),
            walks::tests(),
            weather::tests(),
        ]
        .into_iter()
        .flatten()
        .collect(),
    )
}
