//! The handler, as it is, between the doubles.

use std::{collections::HashMap, sync::Arc, time::Duration};

use azure_core::http::{RetryOptions, Transport as SdkTransport};
use blobs::{Access, Copier, EndpointTemplate, SasTokens, SourceAuth, StorageSide};
use handlers::App;
use media::{Primary, Secondary, Side};
use mirror::{Maps, Mirror, MirrorOptions};
use settings::{AccountIdentity, EventTopics, Webhook};
use state::{Documents, Exceptions};

use crate::{
    ams::client::Client,
    clock,
    documents::Clerk,
    host::grid::PRIMARY,
    line::Line,
    process::Process,
    promises::{canonical::HOSTS, watch::SETTLE},
    queues::Sender,
    storage::{
        REPLICAS, SOURCES,
        http::{SIGNATURE, Transport, endpoint},
    },
    world::World,
};

/// How long one invocation copies blobs.
const COPY_BUDGET: Duration = Duration::from_secs(20);

/// A handler process's whole inside.
pub(crate) fn build(world: &Arc<World>, process: &Arc<Process>) -> App {
    let line = Line {
        world: Arc::clone(world),
        process: Arc::clone(process),
    };
    let client = |side| {
        Arc::new(Client {
            line: line.clone(),
            side,
        })
    };
    let documents: Arc<dyn Documents> = Arc::new(Clerk(line.clone()));
    let jitter = Arc::clone(world);
    App {
        mirror: Mirror::new(
            Primary::new(client(Side::Primary)),
            Secondary::new(client(Side::Secondary)),
            Arc::new(copier(&line)),
            Arc::clone(&documents),
            MirrorOptions {
                maps: Maps {
                    storage: SOURCES
                        .iter()
                        .zip(REPLICAS)
                        .map(|(source, replica)| ((*source).to_owned(), replica.to_owned()))
                        .collect(),
                    encryption_scopes: HashMap::new(),
                    hosts: HashMap::from([(HOSTS.0.to_owned(), HOSTS.1.to_owned())]),
                },
                delete_cap: world.delete_cap,
                copy_budget: COPY_BUDGET,
                clock: clock::now,
                ..MirrorOptions::default()
            },
        ),
        queues: Box::new(Sender(line)),
        exceptions: Exceptions::new(documents),
        primary: AccountIdentity::Ams {
            id: PRIMARY.parse().expect("the ID of an account"),
            audience: "https://management.azure.com".to_owned(),
        },
        webhook: Webhook {
            secret: None,
            header: "x-webhook-secret".to_owned(),
        },
        event_topics: EventTopics::System,
        clock: clock::now,
        jitter: Box::new(move || jitter.hosting.share()),
    }
}

/// The real copier over the real SDK. Blobs here are small, so the limits are too: both ways of copying are used.
fn copier(line: &Line) -> Copier {
    let sas = || SasTokens::one(format!("sp=rl&sig={SIGNATURE}"));
    let side = || StorageSide {
        endpoint: EndpointTemplate::new(endpoint()).expect("a template"),
        access: Access::Sas(sas()),
        transport: SdkTransport::new(Arc::new(Transport(line.clone()))),
        // Retries inside a call draw their waits from a source that has no seed; the queue tries again anyway.
        retry: RetryOptions::none(),
    };
    Copier::new(
        side(),
        side(),
        SourceAuth::Sas(sas()),
        blobs::Settings {
            one_call_limit: 60,
            block_size: 40,
            concurrency: 4,
            settle: SETTLE,
            large_blobs: line.world.large_blobs,
            large_bytes: 100 * line.world.large_blobs,
            share_bytes: 100,
            shares: 3,
            ..blobs::Settings::default()
        },
    )
    .expect("limits that are allowed")
}
