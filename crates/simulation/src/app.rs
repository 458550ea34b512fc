//! The handler, as it is, between the doubles.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use azure_core::{
    credentials::Secret,
    http::{RetryOptions, Transport as SdkTransport},
};
use blobs::{Access, Copier, EndpointTemplate, SasTokens, SourceAuth, StorageSide};
use change::{Depth, Kind};
use handlers::{App, BlobEvents, Walks};
use health::{NoQueues, Watch, WatchOptions};
use media::{MediaService, Primary, Secondary, Side};
use mirror::{Conflicts, Deletes, Maps, Mirror, MirrorOptions, Policy, rules::Backend};
use settings::{AccountIdentity, EventTopics, StorageMap, Webhook};
use state::{Arrivals, Documents, Exceptions, MemoryDocuments};
use wildmatch::WildMatch;

use crate::{
    account::caller::Caller,
    ams, clock,
    documents::Clerk,
    host::{TICK, grid::PRIMARY, webhooks},
    line::Line,
    mkio,
    process::Process,
    promises::{
        canonical::HOSTS,
        terms::terms,
        watch::{KEPT, SETTLE},
    },
    queues::Sender,
    sabotage::Sabotage,
    storage::http::{SIGNATURE, Transport, endpoint},
    world::World,
};

/// What opens the projects of MK.IO: a secret like any other.
const TOKEN: &str = "CANARYtoken";

/// How long one invocation copies blobs.
const COPY_BUDGET: Duration = Duration::from_secs(20);

/// A handler process's whole inside.
pub(crate) fn build(world: &Arc<World>, process: &Arc<Process>) -> App {
    let line = Line {
        world: Arc::clone(world),
        process: Arc::clone(process),
    };
    let client = |side| -> Arc<dyn MediaService> {
        let line = line.clone();
        let caller = Caller { line, side };
        match world.backend {
            Backend::Ams => Arc::new(ams::client::Client(caller)),
            Backend::Mkio => Arc::new(mkio::client::Client::new(caller)),
        }
    };
    let documents: Arc<dyn Documents> = Arc::new(Clerk(line.clone()));
    let jitter = Arc::clone(world);
    let primary = match world.backend {
        Backend::Ams => AccountIdentity::Ams {
            id: PRIMARY.parse().expect("the ID of an account"),
            audience: "https://management.azure.com".to_owned(),
        },
        Backend::Mkio => AccountIdentity::Mkio {
            project: webhooks::PRIMARY.to_owned(),
            token: Secret::new(TOKEN),
        },
    };
    App {
        mirror: Mirror::new(
            Primary::new(client(Side::Primary)),
            Secondary::new(client(Side::Secondary)),
            Arc::new(copier(&line)),
            Arc::clone(&documents),
            MirrorOptions {
                backend: world.backend,
                policy: policy(world),
                maps: Maps {
                    storage: storage_map(world),
                    encryption_scopes: HashMap::new(),
                    hosts: HashMap::from([(HOSTS.0.to_owned(), HOSTS.1.to_owned())]),
                },
                delete_cap: match world.sabotage {
                    Sabotage::ExceedsTheCap => 1_000,
                    _ => world.delete_cap,
                },
                copy_budget: COPY_BUDGET,
                clock: clock::now,
                ..MirrorOptions::default()
            },
        ),
        queues: Box::new(Sender(line.clone())),
        walks: Walks::new(&documents, sweeps(world.backend), 8),
        // Nobody asks how far behind the replica is: the promises do.
        watch: Watch::new(
            Primary::new(client(Side::Primary)),
            Arc::new(NoQueues),
            &documents,
            WatchOptions::default(),
        ),
        // When events last arrived matters to people alone, and is written down beside everything else.
        arrivals: Arrivals::new(Arc::new(MemoryDocuments::default())),
        exceptions: Exceptions::new(documents),
        primary: primary.clone(),
        webhook: Webhook {
            secret: (world.backend == Backend::Mkio).then(|| Secret::new(webhooks::SECRET)),
            header: webhooks::HEADER.to_owned(),
        },
        event_topics: EventTopics::System,
        // No storage account sends events here.
        blob_events: BlobEvents::new(&primary, &StorageMap::new(Vec::new()), Duration::ZERO),
        clock: clock::now,
        jitter: Box::new(move || jitter.hosting.share()),
    }
}

/// What is announced is deleted; or what walks find, too.
fn policy(world: &World) -> Policy {
    let deletes = terms(world.backend).deletes.iter();
    let mut deletes: HashMap<_, _> = deletes.map(|kind| (*kind, Deletes::Events)).collect();
    if world.converges {
        deletes.insert(Kind::StreamingLocators, Deletes::Converge);
    }
    let conflicts = match world.replaces {
        true => Conflicts::Replace,
        false => Conflicts::ReplaceWithoutKeys,
    };
    Policy {
        deletes,
        conflicts: [(Kind::StreamingLocators, conflicts)].into(),
        keep: vec![WildMatch::new(KEPT)],
    }
}

/// How often what lists show is compared, and everything else.
pub(crate) const LISTS: Duration = Duration::from_secs(1_200);
pub(crate) const DEPTHS: Duration = Duration::from_secs(7_200);

fn sweeps(backend: Backend) -> BTreeMap<Depth, Duration> {
    let mut sweeps = BTreeMap::from([
        (Depth::List, LISTS),
        (Depth::Children, DEPTHS),
        (Depth::Keys, DEPTHS),
        (Depth::Bytes, DEPTHS),
    ]);
    if backend == Backend::Mkio {
        sweeps.insert(Depth::Updated, TICK);
    }
    sweeps
}

/// By the names that assets give it.
fn storage_map(world: &World) -> HashMap<String, String> {
    let state = world.state();
    let names = |side| {
        state
            .account(side)
            .storage
            .iter()
            .map(|(name, _)| (*name).to_owned())
    };
    names(Side::Primary).zip(names(Side::Secondary)).collect()
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
