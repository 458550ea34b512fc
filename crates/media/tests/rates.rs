//! The mirror's own pace against the limits that the services publish, as the simulator enforces them, over loopback.
//!
//! A process is one client with a pace of its own. Its workers ask as fast as the pace lets them: most calls are GETs, one in three reads
//! secrets by POST, which both services count as writing.

#![expect(
    clippy::unwrap_used,
    reason = "in tests; clippy sees that only inside functions marked as such"
)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use change::{Kind, Name, ResourceId};
use media::{
    Ams, Authorize, Body, ErrorKind, MediaService, Mkio, NoToken, Pace, Rate, Rates, Side, Wire,
    WireOptions,
};
use serde_json::{Value, json};
use simulator::{AccountOptions, Settings, Simulator, SimulatorOptions, StorageOptions};
use tokio::task::JoinSet;

const ACCOUNT: &str =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Media/mediaServices/primary";

/// How many calls a process has under way at once.
const WORKERS: usize = 4;

/// MK.IO counts in windows of a minute, which is too long for a test: these are windows of six seconds with limits in proportion.
const WINDOW: f64 = 6.0;

/// How long the service is left alone after a 429 that asks for nothing (MK.IO's); Azure Resource Manager asks for a second at least.
const SILENCE: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, PartialEq, Debug)]
enum Service {
    Ams,
    Mkio,
}

impl Service {
    /// The rates that the product keeps to, for the windows of this test: in a tenth of a minute a tenth of the burst.
    fn rates(self) -> Rates {
        match self {
            Self::Ams => Rates::ARM,
            Self::Mkio => {
                let shortened = |rate: Rate| Rate {
                    burst: rate.burst * WINDOW / 60.0,
                    ..rate
                };
                let rates = Rates::MKIO;
                Rates {
                    reads: shortened(rates.reads),
                    writes: shortened(rates.writes),
                    deletes: rates.deletes,
                }
            }
        }
    }
}

struct Token;

#[async_trait]
impl Authorize for Token {
    async fn token(&self) -> Result<String, NoToken> {
        Ok("e30.e30.".to_owned())
    }
}

/// An account with an asset and a content key policy, behind the published limits.
async fn account(service: Service) -> Simulator {
    let simulator = Simulator::start(SimulatorOptions {
        accounts: vec![AccountOptions {
            name: "primary".to_owned(),
            region: "westeurope".to_owned(),
            storage: vec![StorageOptions {
                account: "store".to_owned(),
                key: "a2V5".to_owned(),
                blob_endpoint: None,
            }],
        }],
        http: Some(([127, 0, 0, 1], 0).into()),
        ..SimulatorOptions::default()
    })
    .await
    .unwrap();
    let platform = client(&simulator, service, Pace::unlimited());
    let asset = match service {
        Service::Ams => json!({"properties": {}}),
        Service::Mkio => json!({"properties": {"storageAccountName": "store"}}),
    };
    let policy = json!({"properties": {"options": [{
        "name": "open",
        "configuration": {"@odata.type": "#Microsoft.Media.ContentKeyPolicyClearKeyConfiguration"},
        "restriction": {"@odata.type": "#Microsoft.Media.ContentKeyPolicyOpenRestriction"},
    }]}});
    for (id, body) in [(film(), asset), (viewers(), policy)] {
        let Value::Object(body) = body else {
            unreachable!()
        };
        platform.create(&Body::new(id, body)).await.unwrap();
    }
    let mut settings = Settings {
        throttling_scale: Some(1.0),
        ..Settings::default()
    };
    settings.mkio.rate_window = WINDOW;
    simulator.control().set_settings(settings);
    // The platform is there too: its calls, and not the first of a process, open MK.IO's windows.
    for id in [film(), viewers()] {
        platform.read(&id).await.unwrap();
    }
    simulator.control().reset_requests();
    simulator
}

fn film() -> ResourceId {
    ResourceId::new(Kind::Assets, Name::new("film").unwrap())
}

fn viewers() -> ResourceId {
    ResourceId::new(Kind::ContentKeyPolicies, Name::new("viewers").unwrap())
}

fn client(simulator: &Simulator, service: Service, pace: Pace) -> Arc<dyn MediaService> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap();
    let wire = Wire::new(
        Side::Primary,
        http,
        Arc::new(Token),
        pace,
        WireOptions::default(),
    );
    let endpoint = simulator.http_url().unwrap();
    match service {
        Service::Ams => {
            let id = ACCOUNT.parse().unwrap();
            Arc::new(Ams::new(wire, &endpoint, &id, "2023-01-01").unwrap())
        }
        Service::Mkio => Arc::new(Mkio::new(wire, &endpoint, "primary").unwrap()),
    }
}

/// The `number`th piece of work of a process.
async fn read(
    client: &dyn MediaService,
    number: usize,
) -> Result<(), (ErrorKind, Option<Duration>)> {
    let id = if number.is_multiple_of(3) {
        viewers()
    } else {
        film()
    };
    match client.read(&id).await {
        Ok(found) => {
            assert!(found.is_some(), "{id}");
            Ok(())
        }
        Err(error) => Err((error.kind, error.retry_after)),
    }
}

/// Does so many pieces of work as the product does: what is throttled waits for as long as it is asked to, or its own time, and is done then.
async fn process(client: Arc<dyn MediaService>, pieces: usize) {
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..WORKERS {
        let (client, next) = (Arc::clone(&client), Arc::clone(&next));
        workers.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::SeqCst);
                if number >= pieces {
                    return;
                }
                while let Err((kind, asked)) = read(&*client, number).await {
                    assert_eq!(kind, ErrorKind::Throttled);
                    tokio::time::sleep(asked.unwrap_or(SILENCE)).await;
                }
            }
        });
    }
    while let Some(done) = workers.join_next().await {
        done.unwrap();
    }
}

/// The statuses of all requests: how many were answered, how many refused with 429, and how many were POSTs.
fn statuses(simulator: &Simulator) -> (usize, usize, usize) {
    let requests = simulator.control().requests(Some("primary"));
    let with = |status| {
        let with = requests.iter().filter(|one| one.status == Some(status));
        with.count()
    };
    let posts = requests.iter().filter(|one| one.method == "POST").count();
    (with(200), with(429), posts)
}

/// With the whole of the published budget and work without end.
async fn alone(service: Service) {
    let simulator = account(service).await;
    let client = client(&simulator, service, Pace::new(service.rates()));
    let endless = process(client, usize::MAX);
    let started = Instant::now();
    assert!(
        tokio::time::timeout(Duration::from_secs(8), endless)
            .await
            .is_err(),
        "there was an end"
    );
    let took = started.elapsed().as_secs_f64();
    let (answered, refused, posts) = statuses(&simulator);
    assert_eq!(refused, 0, "of {answered} calls");
    // It was a hammering: nearly all that the pace allows for was asked, and secrets were among it.
    let allowed = |rate: Rate| rate.burst + rate.per_second * took;
    let rates = service.rates();
    let most = posts as f64 / allowed(rates.writes);
    assert!((0.4..=1.01).contains(&most), "{posts} POSTs: {most}");
    let reads = (answered - posts) as f64 / allowed(rates.reads);
    assert!(reads > 0.4, "{reads}");
    simulator.stop().await;
}

/// Four processes that each believe half of the budget is theirs, with more work than the limits let through at once.
///
/// A process sends nothing for [`SILENCE`] after it got a 429, and has no more than [`WORKERS`] calls under way when it gets it. So in each
/// stretch of [`SILENCE`] it gets at most [`WORKERS`] of them: in a time T all processes together at most
/// `processes × WORKERS × (T / SILENCE + 1)`.
async fn together(service: Service) {
    const PROCESSES: usize = 4;
    let pieces = match service {
        // Over the burst of 200 POSTs of the service, a third of the pieces being POSTs.
        Service::Ams => 170,
        Service::Mkio => 100,
    };
    let simulator = account(service).await;
    let started = Instant::now();
    let mut processes = JoinSet::new();
    for _ in 0..PROCESSES {
        let pace = Pace::new(service.rates().scaled(0.5));
        processes.spawn(process(client(&simulator, service, pace), pieces));
    }
    while let Some(done) = processes.join_next().await {
        done.unwrap();
    }
    let stretches = started.elapsed().as_secs_f64() / SILENCE.as_secs_f64() + 1.0;
    let bound = (PROCESSES * WORKERS) as f64 * stretches;
    let (answered, refused, _) = statuses(&simulator);
    assert_eq!(answered, PROCESSES * pieces, "all work is done");
    assert!(refused > 0, "the limits were never reached");
    assert!((refused as f64) < bound, "{refused} of at most {bound}");
    println!("{service:?}: {refused} refused of at most {bound:.0}, {stretches:.1} stretches");
    simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alone_azure_resource_manager_never_refuses() {
    alone(Service::Ams).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alone_mkio_never_refuses() {
    alone(Service::Mkio).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn together_with_azure_resource_manager_all_work_is_done() {
    together(Service::Ams).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn together_with_mkio_all_work_is_done() {
    together(Service::Mkio).await;
}
