//! A world with eyes: what a test does in it and sees of it.

use std::{ops::Deref, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use change::{Kind, Name, ResourceId};
use serde_json::Value;
use simulator::Request;
use state::{BlobDocuments, Documents, Exception, Exceptions};
use tokio::time::Instant;
use url::Url;
use world::{
    AccountSas, Backend, LocalCredential, Storage, World, WorldOptions, platform::Platform,
    proof::Proof,
};

use super::{
    PATIENCE,
    log::{Log, Record},
    poison::Poison,
    secrets::Secrets,
    variants,
};

/// A running world.
pub(crate) struct Scene {
    world: World,
    pub(crate) log: Log,
    pub(crate) poison: Poison,
    pub(crate) secrets: Secrets,
}

impl Deref for Scene {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Scene {
    /// `sas`: whether the handler reaches storage by SAS rather than by its identity. `settings`: of the handler, beside the world's.
    pub(crate) async fn start(
        backend: Backend,
        sas: bool,
        settings: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let log = Log::default();
        let settings = settings
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()));
        let world = World::start(WorldOptions {
            backend,
            handler: PathBuf::from(env!("CARGO_BIN_EXE_handler")),
            settings: settings.collect(),
            sas,
            console: Some(log.sink()),
            ..WorldOptions::default()
        })
        .await?;
        world.control().set_settings(variants::settings()?);
        let secrets = Secrets::default();
        for secret in &world.secrets {
            secrets.add("what the handler was given", secret.as_bytes());
        }
        Ok(Self {
            world,
            log,
            poison: Poison::default(),
            secrets,
        })
    }

    pub(crate) async fn end(self) {
        self.world.stop().await;
    }

    /// The platform on the account that is mirrored.
    pub(crate) fn primary(&self) -> anyhow::Result<Platform> {
        Platform::new(self, World::PRIMARY)
    }

    /// A client of the account that is kept ready.
    pub(crate) fn secondary(&self) -> anyhow::Result<Platform> {
        Platform::new(self, World::SECONDARY)
    }

    pub(crate) fn proof(&self) -> anyhow::Result<Proof> {
        Proof::new(self)
    }

    /// No event arrives from now on.
    pub(crate) fn lose_events(&self) {
        self.control()
            .change_settings(|settings| settings.delivery.lose = u32::MAX);
    }

    /// Waits until a change of a resource has an outcome, such as `assets/film` and `applied`.
    pub(crate) async fn expect(&self, resource: &str, outcome: &str) -> anyhow::Result<Record> {
        self.expect_after(0, resource, outcome).await
    }

    /// The same, in the records from a place on.
    pub(crate) async fn expect_after(
        &self,
        from: usize,
        resource: &str,
        outcome: &str,
    ) -> anyhow::Result<Record> {
        let wanted = |record: &Record| {
            record.is_change() && record.resource() == resource && record.outcome() == outcome
        };
        let found = self.log.wait(from, PATIENCE, wanted).await;
        found.with_context(|| {
            let all = self.log.records(from);
            let said: Vec<&Record> = all
                .iter()
                .filter(|record| record.resource() == resource)
                .collect();
            format!(
                "no change of {resource} is {outcome} after {PATIENCE:?}; of it there is: {said:#?}"
            )
        })
    }

    /// Waits until a change of a resource leaves it mirrored, whether this change or another did it.
    pub(crate) async fn expect_mirrored(
        &self,
        from: usize,
        resource: &str,
    ) -> anyhow::Result<Record> {
        let wanted = |record: &Record| {
            record.is_change()
                && record.resource() == resource
                && ["applied", "in-sync"].contains(&record.outcome().as_str())
        };
        let found = self.log.wait(from, PATIENCE, wanted).await;
        found.with_context(|| format!("{resource} is not mirrored after {PATIENCE:?}"))
    }

    /// Waits for what an event function says about an event.
    pub(crate) async fn expect_event(
        &self,
        function: &str,
        subject: &str,
    ) -> anyhow::Result<Record> {
        let wanted = |record: &Record| {
            record.text("message") == "event"
                && record.text("function") == function
                && record.text("subject") == subject
        };
        let found = self.log.wait(0, PATIENCE, wanted).await;
        found.with_context(|| format!("{function} said nothing about {subject}"))
    }

    /// Waits until nothing is under way and nothing waits. For a world that one test has for itself.
    pub(crate) async fn calm(&self) -> anyhow::Result<()> {
        self.quiet(PATIENCE).await
    }

    /// Waits for a message in a queue's poison queue, as JSON.
    pub(crate) async fn poisoned(
        &self,
        queue: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<Value> {
        let queue = format!("{queue}-poison");
        let found = self.poison.wait(&*self.queues, &queue, PATIENCE, wanted);
        found.await
    }

    /// The state documents.
    pub(crate) fn state(&self) -> anyhow::Result<Arc<dyn Documents>> {
        Ok(Arc::new(BlobDocuments::new(
            self.storage.app.blob_endpoint(Storage::APP),
            "mirror-state",
            Arc::new(LocalCredential::new()),
            &self.tls.client(),
        )?))
    }

    /// What is recorded about a resource that is not mirrored.
    pub(crate) async fn exception(&self, kind: Kind, name: &str) -> anyhow::Result<Exception> {
        let id = ResourceId::new(kind, Name::new(name)?);
        let exceptions = Exceptions::new(self.state()?);
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(exception) = exceptions.get(&id).await? {
                return Ok(exception);
            }
            ensure!(Instant::now() < deadline, "nothing is recorded about {id}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The requests that would write a resource of this name in the secondary, whatever came of them.
    pub(crate) fn writes(&self, name: &str) -> Vec<Request> {
        let requests = self.control().requests(Some(World::SECONDARY));
        requests
            .into_iter()
            .filter(|request| request.write && request.name.as_deref() == Some(name))
            .collect()
    }

    /// Posts an event to a function as Event Grid does.
    pub(crate) async fn post_event(&self, function: &str, event: Value) -> anyhow::Result<()> {
        let request = self.tls.client().post(self.event_url(function));
        let request = request
            .header("aeg-event-type", "Notification")
            .header("content-type", "application/json")
            .body(Value::Array(vec![event]).to_string());
        request.send().await?.error_for_status()?;
        Ok(())
    }

    /// A container of the secondary's storage account, with a SAS that may do everything.
    pub(crate) fn replica_container(&self, name: &str) -> anyhow::Result<Url> {
        let account = self.storage.regions.account(Storage::SECONDARY);
        let sas = account.context("the storage account exists")?;
        let sas = sas.sas(&AccountSas::default());
        let endpoint = self.storage.regions.blob_endpoint(Storage::SECONDARY);
        Ok(format!("{endpoint}/{name}?{sas}").parse()?)
    }
}
