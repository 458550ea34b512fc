//! What the listeners, the dialects and the control share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::ams::Rates;
use crate::buckets::Buckets;
use crate::events::Grid;
use crate::faults::Faults;
use crate::journal::Journal;
use crate::mkio::{Pending, UserTokens, Windows};
use crate::settings::Settings;
use crate::state::World;
use crate::storage::Storage;

/// One simulator.
pub(crate) struct Core {
    world: Mutex<World>,
    /// One write at a time in each account: an asset's container is made between looking and noting.
    gates: HashMap<String, tokio::sync::Mutex<()>>,
    pub storage: Storage,
    pub journal: Journal,
    pub faults: Faults,
    pub buckets: Buckets,
    pub grid: Grid,
    pub rates: Rates,
    pub pending: Pending,
    pub user_tokens: UserTokens,
    pub windows: Windows,
    /// What the fault that counts has shown.
    count: AtomicU64,
    settings: Mutex<Settings>,
    /// True once the simulator stops.
    pub stopped: watch::Receiver<bool>,
}

impl Core {
    pub(crate) fn new(
        world: World,
        storage: Storage,
        grid: Grid,
        settings: Settings,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        let gates = world
            .accounts()
            .map(|account| (account.name.to_lowercase(), tokio::sync::Mutex::default()))
            .collect();
        Self {
            world: Mutex::new(world),
            gates,
            storage,
            journal: Journal::default(),
            faults: Faults::default(),
            buckets: Buckets::default(),
            grid,
            rates: Rates::default(),
            pending: Pending::default(),
            user_tokens: UserTokens::default(),
            windows: Windows::default(),
            count: AtomicU64::new(0),
            settings: Mutex::new(settings),
            stopped,
        }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    /// The turn to write in an account.
    pub(crate) async fn turn(&self, account: &str) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        match self.gates.get(&account.to_lowercase()) {
            Some(gate) => Some(gate.lock().await),
            None => None,
        }
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings {
            delivery: self.grid.settings(),
            ..lock(&self.settings).clone()
        }
    }

    /// A greater number each time.
    pub(crate) fn next_count(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn set_settings(&self, settings: Settings) {
        self.grid.set_settings(settings.delivery.clone());
        *lock(&self.settings) = settings;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
