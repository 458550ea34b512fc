//! The handle within the process.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::ams;
use crate::events::{Delivery, EventSubscription, RedeliveryOrder};
use crate::faults::{ActiveFault, FaultRule};
use crate::journal::Request;
use crate::mkio;
use crate::settings::Settings;
use crate::shared::Core;
use crate::state::{JobOutcome, Key, Kind, Origin, Record};
use crate::times;

/// A cheap handle on a running simulator. The same is to be had over HTTP under `/_sim/`.
#[derive(Clone)]
pub struct Control {
    core: Arc<Core>,
}

/// What an account holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountInfo {
    /// Its name.
    pub name: String,
    /// Its region.
    pub region: String,
    /// How many resources of each kind it holds, predefined ones left out.
    pub resources: std::collections::BTreeMap<String, usize>,
}

/// A resource that [`Control::fill`] puts into an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Filled {
    /// Its name.
    pub name: String,
    /// The service's own ID of it (an asset's `assetId`, a locator's `streamingLocatorId`); a new one if absent.
    pub id: Option<String>,
    /// What a client may set, as the service would keep it.
    pub properties: Map<String, Value>,
}

/// How many requests an account got.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// All of them.
    pub all: usize,
    /// GET.
    pub reads: usize,
    /// POST: actions, which change nothing.
    pub actions: usize,
    /// PUT, PATCH and DELETE.
    pub writes: usize,
}

impl Control {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// What the accounts hold.
    #[must_use]
    pub fn accounts(&self) -> Vec<AccountInfo> {
        let world = self.core.world();
        world
            .accounts()
            .map(|account| {
                let mut resources = std::collections::BTreeMap::new();
                for kind in Kind::ALL {
                    resources.insert(kind.segment().to_owned(), 0);
                }
                for (key, _) in account.all().filter(|(_, record)| !record.predefined) {
                    *resources.entry(key.kind.segment().to_owned()).or_default() += 1;
                }
                AccountInfo {
                    name: account.name.clone(),
                    region: account.region.clone(),
                    resources,
                }
            })
            .collect()
    }

    /// The requests since the journal was last reset, oldest first: of one account, or of all.
    #[must_use]
    pub fn requests(&self, account: Option<&str>) -> Vec<Request> {
        self.core.journal.read(|request| {
            account.is_none_or(|account| {
                request
                    .account
                    .as_deref()
                    .is_some_and(|of| of.eq_ignore_ascii_case(account))
            })
        })
    }

    /// How many requests an account got since the journal was last reset.
    #[must_use]
    pub fn counts(&self, account: &str) -> Counts {
        let mut counts = Counts::default();
        for request in self.requests(Some(account)) {
            counts.all += 1;
            match request.method.as_str() {
                "POST" => counts.actions += 1,
                _ if request.write => counts.writes += 1,
                _ => counts.reads += 1,
            }
        }
        counts
    }

    /// Takes the requests that are answered out of the journal, oldest first: for who counts so many that they should not pile up.
    #[must_use]
    pub fn take_requests(&self) -> Vec<Request> {
        self.core.journal.take_answered()
    }

    /// Puts resources of a kind into an account as if they had been there all along: many at once, without a request, a
    /// check, an event or a container. One of the same name is replaced. Locators get no content keys.
    ///
    /// # Errors
    /// If there is no such account, or the kind (`assets`, `streamingLocators`, ...) is none that stands alone.
    pub fn fill(
        &self,
        account: &str,
        kind: &str,
        resources: impl IntoIterator<Item = Filled>,
    ) -> anyhow::Result<()> {
        let kind = Kind::read(kind, None).with_context(|| format!("no kind is named '{kind}'"))?;
        let mut world = self.core.world();
        anyhow::ensure!(
            world.account(account).is_some(),
            "no account is named '{account}'"
        );
        let now = times::now();
        for Filled {
            name,
            id,
            properties,
        } in resources
        {
            let record = Record {
                id: id.unwrap_or_else(|| Uuid::new_v4().to_string()),
                fields: properties,
                keys: Vec::new(),
                created: now,
                modified: now,
                origin: Origin::default(),
                predefined: false,
                name,
            };
            let key = Key::new(kind, None, &record.name);
            world.put(account, key, record);
        }
        Ok(())
    }

    /// Empties the journal; sequence numbers go on.
    pub fn reset_requests(&self) {
        self.core.journal.reset();
    }

    /// Makes something go wrong; the number clears it again.
    pub fn add_fault(&self, rule: FaultRule) -> u64 {
        self.core.faults.add(rule)
    }

    /// The rules in force.
    #[must_use]
    pub fn faults(&self) -> Vec<ActiveFault> {
        self.core.faults.list()
    }

    /// Clears one rule; nothing happens if it is gone already.
    pub fn clear_fault(&self, id: u64) {
        self.core.faults.clear(Some(id));
    }

    /// Clears the rules of one account, or with `None` every rule.
    pub fn clear_faults(&self, account: Option<&str>) {
        match account {
            Some(account) => self.core.faults.clear_account(account),
            None => self.core.faults.clear(None),
        }
    }

    /// The settings as they stand.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.core.settings()
    }

    /// Replaces the settings.
    pub fn set_settings(&self, settings: Settings) {
        self.core.set_settings(settings);
    }

    /// Changes some of the settings.
    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.settings();
        change(&mut settings);
        self.set_settings(settings);
    }

    /// Subscribes to events after the validation handshake; one of the same name is replaced.
    ///
    /// # Errors
    /// If the endpoint cannot be reached or does not give the validation code back.
    pub async fn subscribe(&self, subscription: EventSubscription) -> anyhow::Result<()> {
        self.core.grid.subscribe(subscription).await
    }

    /// Ends a subscription; what is on its way to it is given up.
    pub fn unsubscribe(&self, name: &str) {
        self.core.grid.unsubscribe(name);
    }

    /// The subscriptions, without the queries of their endpoints.
    #[must_use]
    pub fn subscriptions(&self) -> Vec<EventSubscription> {
        self.core.grid.subscriptions()
    }

    /// What became of each event for each subscription, in the order in which they were raised.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.core.grid.deliveries()
    }

    /// Forgets the deliveries that are over.
    pub fn clear_deliveries(&self) {
        self.core.grid.clear();
    }

    /// Waits until no delivery is on its way.
    ///
    /// # Errors
    /// If one still is after `longest`.
    pub async fn wait_delivered(&self, longest: Duration) -> anyhow::Result<()> {
        self.core.grid.wait_delivered(longest).await
    }

    /// Delivers everything that was delivered once more, one event after the other in the given order, and returns how
    /// many were taken. A delivery that was itself a repetition is not repeated.
    pub async fn redeliver(&self, order: RedeliveryOrder) -> usize {
        self.core.grid.redeliver(order).await
    }

    /// Ends a job that the setting `jobs` holds.
    ///
    /// # Errors
    /// If there is no such job, or it ended before.
    pub fn finish_job(
        &self,
        account: &str,
        transform: &str,
        job: &str,
        outcome: JobOutcome,
    ) -> anyhow::Result<()> {
        mkio::finish_job(&self.core, account, transform, job, outcome)
            .unwrap_or_else(|| ams::finish_job(&self.core, account, transform, job, outcome))
    }

    /// Whether a viewer of a project (in MK.IO's dialect) would get a licence for that content key: false once a locator
    /// with it was deleted on the key server that serves the project.
    #[must_use]
    pub fn licence_served(&self, project: &str, key_id: &str) -> bool {
        mkio::licence_served(&self.core, project, key_id)
    }
}
