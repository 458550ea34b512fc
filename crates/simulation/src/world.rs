//! The world of one history: what all its parts share.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use mirror::rules::Backend;

use crate::{
    account::{Account, Lists, Service, Unknown},
    ambush::Ambush,
    chance::Chance,
    clock::Clock,
    documents::Papers,
    host::{Log, grid::Delivery},
    mkio::{AssetUpdates, Served, Switches},
    promises::watch::Watch,
    queues::Queues,
    sabotage::Sabotage,
    state::{Chronicle, Journal, State},
    storage::{Operation, REPLICAS, SOURCES, Storage},
    trace::Trace,
    weather::Weather,
};

/// What projects of MK.IO call their storage.
const SOURCE_RECORDS: [&str; 2] = ["east media", "east archive"];
const REPLICA_RECORDS: [&str; 2] = ["west media", "west archive"];

pub(crate) struct World {
    pub(crate) backend: Backend,
    pub(crate) clock: Clock,
    pub(crate) trace: Trace,
    pub(crate) log: Log,
    pub(crate) weather: Weather,
    pub(crate) queues: Queues,
    pub(crate) ambush: Ambush,
    pub(crate) delivery: Delivery,
    pub(crate) sabotage: Sabotage,
    /// No event is lost, nothing fails for good, and nobody else touches the secondary: then events alone must be enough.
    pub(crate) by_events: bool,
    /// How many deletions may wait.
    pub(crate) delete_cap: usize,
    /// Whether walks delete locators that were withdrawn.
    pub(crate) converges: bool,
    /// Whether an operator lets locators be replaced that have content keys.
    pub(crate) replaces: bool,
    /// Whether sweeps start walks.
    walks: AtomicBool,
    /// Assets with more blobs than this are shared out.
    pub(crate) large_blobs: u64,
    state: Mutex<State>,
    /// Events that have been sent and not yet taken.
    events: Mutex<i64>,
    latency: Chance,
    /// What the services choose: IDs, the order of keys.
    pub(crate) answers: Chance,
    /// What befalls the hosts.
    pub(crate) hosting: Chance,
    /// What befalls events.
    pub(crate) delivery_chance: Chance,
}

impl World {
    /// A world without faults in which nothing has happened yet.
    #[cfg(test)]
    pub(crate) fn quiet(backend: Backend, seed: u64) -> Self {
        let service = match backend {
            Backend::Ams => Service::Ams,
            Backend::Mkio => Service::Mkio(Switches::USUAL),
        };
        let chance = Chance::new(0, "quiet");
        let mut world = Self::new(service, seed, false, Delivery::PERFECT, &chance);
        world.large_blobs = 2_000;
        world.state().storage.page = 5_000;
        world
    }

    /// A world whose properties follow from the seed.
    pub(crate) fn random(backend: Backend, seed: u64, trace: bool) -> Self {
        let chance = Chance::new(seed, "world");
        let switches = Chance::new(seed, "switches");
        let service = match backend {
            Backend::Ams => Service::Ams,
            Backend::Mkio => Service::Mkio(Switches::random(&switches)),
        };
        let delivery = Delivery {
            lost: *chance.pick(&[0.0, 0.0, 0.1, 0.3, 1.0]),
            doubled: *chance.pick(&[0.0, 0.1, 0.5]),
            late: *chance.pick(&[0.0, 0.1, 0.5]),
        };
        let mut world = Self::new(service, seed, trace, delivery, &chance);
        world.by_events = chance.happens(0.3);
        if world.by_events {
            world.delivery.lost = 0.0;
            world.weather.passing_only();
        }
        {
            let mut state = world.state();
            if chance.happens(0.3) {
                state.secondary.unknown = Unknown::Refused;
            }
            state.storage.lacks = match chance.below(6) {
                0 => BTreeSet::from([Operation::PutBlobFromUrl]),
                1 => BTreeSet::from([Operation::PutBlobFromUrl, Operation::CopyBlobFromUrl]),
                _ => BTreeSet::new(),
            };
        }
        world.converges = chance.happens(0.5);
        world.replaces = backend == Backend::Mkio && switches.happens(0.3);
        // Where events must be enough, no walk helps them.
        world.walk(!world.by_events);
        {
            let mut state = world.state();
            let state = &mut *state;
            state.watch.converges = world.converges;
            state.watch.replaces = world.replaces;
            for account in [&mut state.primary, &mut state.secondary] {
                account.lists.counted = chance.happens(0.5);
                account.lists.slips = chance.happens(0.5);
            }
        }
        world.weather.turn();
        world
    }

    fn new(service: Service, seed: u64, trace: bool, delivery: Delivery, chance: &Chance) -> Self {
        let account = |service, names: [&'static str; 2], accounts: [&'static str; 2]| Account {
            service,
            records: BTreeMap::new(),
            storage: names.into_iter().zip(accounts).collect(),
            unknown: Unknown::Kept,
            taken: BTreeSet::new(),
            lists: Lists {
                page: chance.between(2, 5),
                counted: false,
                slips: false,
                lie: None,
            },
        };
        let (sources, replicas) = match service {
            Service::Ams => (SOURCES, REPLICAS),
            Service::Mkio(_) => (SOURCE_RECORDS, REPLICA_RECORDS),
        };
        let state = State {
            primary: account(changing(service), sources, SOURCES),
            secondary: account(service, replicas, REPLICAS),
            storage: Storage::new(chance.between(2, 6)),
            journal: Journal::default(),
            chronicle: Chronicle::default(),
            watch: Watch::default(),
            papers: Papers::default(),
            served: Served::default(),
        };
        Self {
            backend: service.backend(),
            clock: Clock::start(),
            trace: Trace::new(trace),
            log: Log::default(),
            weather: Weather::new(seed),
            queues: Queues::new(),
            ambush: Ambush::default(),
            delivery,
            sabotage: Sabotage::None,
            by_events: false,
            converges: false,
            replaces: false,
            walks: AtomicBool::new(false),
            delete_cap: *chance.pick(&[1, 10]),
            large_blobs: *chance.pick(&[1, 3, 2_000]),
            state: Mutex::new(state),
            events: Mutex::default(),
            latency: Chance::new(seed, "latency"),
            answers: Chance::new(seed, "answers"),
            hosting: Chance::new(seed, "hosting"),
            delivery_chance: Chance::new(seed, "delivery"),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn say(&self, what: fmt::Arguments<'_>) {
        self.trace.say(self.clock, what);
    }

    /// From now on sweeps start walks, or do not.
    pub(crate) fn walk(&self, walks: bool) {
        self.walks.store(walks, Ordering::SeqCst);
    }

    pub(crate) fn walks(&self) -> bool {
        self.walks.load(Ordering::SeqCst)
    }

    /// From now on everything works.
    pub(crate) fn calm(&self) {
        self.weather.clear();
        let mut state = self.state();
        let state = &mut *state;
        for account in [&mut state.primary, &mut state.secondary] {
            account.lists.slips = false;
            account.lists.lie = None;
        }
    }

    /// Half of what a call takes.
    pub(crate) fn latency(&self) -> Duration {
        self.latency.millis(1, 150)
    }

    /// More or fewer events are on their way.
    pub(crate) fn under_way(&self, events: i64) {
        *self.events.lock().unwrap_or_else(PoisonError::into_inner) += events;
        self.queues.change();
    }

    /// Whether nothing is left to be done: no event on its way, no message waiting.
    pub(crate) fn at_rest(&self) -> bool {
        let events = *self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events == 0 && self.queues.dry()
    }

    /// Returns when nothing is left to be done, or false when that takes longer than `most`.
    pub(crate) async fn rest(&self, most: Duration) -> bool {
        let waiting = async {
            loop {
                let changes = self.queues.changes();
                if self.at_rest() {
                    return;
                }
                self.queues.changed(changes).await;
            }
        };
        tokio::time::timeout(most, waiting).await.is_ok()
    }
}

/// The primary's service: where an asset does not change, there is nothing to mirror.
const fn changing(service: Service) -> Service {
    match service {
        Service::Ams => Service::Ams,
        Service::Mkio(switches) => Service::Mkio(Switches {
            asset_updates: AssetUpdates::All,
            ..switches
        }),
    }
}
