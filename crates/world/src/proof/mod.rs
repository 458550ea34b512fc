//! The proof that both accounts serve the same, by asking both and comparing plainly: nothing of the mirror's code is used.
//!
//! Everything that the service does not make up for itself must be equal. What is bound to the region differs, and only as the
//! world's own maps say: the storage account, and the hosts given to [`Proof::with_hosts`].

mod blobs;
mod compare;
mod policies;
mod regions;
mod streaming_locators;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::{Backend, World, platform::Platform};
use regions::Regions;

pub use blobs::versions;
pub use streaming_locators::SameLocator;

/// The kinds that are mirrored and live in the account itself.
const KINDS: [&str; 5] = [
    "assets",
    "accountFilters",
    "contentKeyPolicies",
    "streamingPolicies",
    "streamingLocators",
];

/// Asks both accounts of a world.
pub struct Proof {
    primary: Platform,
    secondary: Platform,
    client: reqwest::Client,
    backend: Backend,
    regions: Regions,
}

impl Proof {
    /// A proof about a world.
    ///
    /// # Errors
    /// Never while the world runs.
    pub fn new(world: &World) -> anyhow::Result<Self> {
        Ok(Self {
            primary: Platform::new(world, World::PRIMARY)?,
            secondary: Platform::new(world, World::SECONDARY)?,
            client: world.tls.client(),
            backend: world.backend,
            regions: Regions::new(world.backend, &[]),
        })
    }

    /// Expects these counterparts of hosts inside URLs, and all others equal.
    #[must_use]
    pub fn with_hosts(mut self, hosts: &[(&str, &str)]) -> Self {
        self.regions = Regions::new(self.backend, hosts);
        self
    }

    /// An asset has the same properties and labels on both sides, in the storage accounts that stand for each other, and its
    /// container has the same name. On MK.IO the replica's container outlives it, whatever the source's does. Its blobs are
    /// [`Proof::blobs`].
    ///
    /// # Errors
    /// Says what differs; no value is quoted, since values may be keys.
    pub async fn asset(&self, name: &str) -> anyhow::Result<()> {
        let path = format!("assets/{name}");
        let asset = |mut asset: Value| {
            compare::remove(
                &mut asset["properties"],
                &["assetId", "created", "lastModified"],
            );
            json!({"labels": asset["labels"].take(), "properties": asset["properties"].take()})
        };
        let mut primary = asset(self.primary.get(&path).await?);
        if self.backend == Backend::Mkio {
            primary["properties"]["containerDeletionPolicy"] = json!("Retain");
        }
        let secondary = asset(self.secondary.get(&path).await?);
        self.equal(&path, primary, &secondary).map(drop)
    }

    /// A filter is the same on both sides: of the account (`accountFilters/mobile`) or of an asset
    /// (`assets/film/assetFilters/clip`).
    ///
    /// # Errors
    /// As [`Proof::asset`].
    pub async fn filter(&self, path: &str) -> anyhow::Result<()> {
        let filter = self.resource(path, &[]).await?;
        let says_something = filter.as_object().is_some_and(|fields| !fields.is_empty());
        ensure!(says_something, "{path} has no properties");
        Ok(())
    }

    /// A resource is in neither account.
    ///
    /// # Errors
    /// Says where it is.
    pub async fn absent(&self, path: &str) -> anyhow::Result<()> {
        for (account, platform) in [
            (World::PRIMARY, &self.primary),
            (World::SECONDARY, &self.secondary),
        ] {
            let found = platform.find(path).await?;
            ensure!(found.is_none(), "{path} is in {account}");
        }
        Ok(())
    }

    /// Both accounts hold resources of the same names, of every kind and in every asset. Returns how many there are, without those
    /// that every account has.
    ///
    /// # Errors
    /// Says which kind differs, and in which names.
    pub async fn names(&self) -> anyhow::Result<usize> {
        let mut count = 0;
        let mut paths: Vec<String> = KINDS.map(str::to_owned).to_vec();
        while let Some(path) = paths.pop() {
            let primary = self.primary.names(&path).await?;
            let secondary = self.secondary.names(&path).await?;
            ensure!(
                primary == secondary,
                "{path} differ: {primary:?} in the primary, {secondary:?} in the secondary"
            );
            if path == "assets" {
                let filters = primary
                    .iter()
                    .map(|name| format!("assets/{name}/assetFilters"));
                paths.extend(filters);
            }
            let own = primary
                .iter()
                .filter(|name| !name.starts_with("Predefined_"));
            count += own.count();
        }
        Ok(count)
    }

    /// The properties of a resource, equal without what the service made up.
    async fn resource(&self, path: &str, made_up: &[&str]) -> anyhow::Result<Value> {
        let properties = |mut resource: Value| {
            let mut properties = resource["properties"].take();
            compare::remove(&mut properties, made_up);
            properties
        };
        let primary = self.primary.get(path).await?;
        let secondary = self.secondary.get(path).await?;
        self.equal(path, properties(primary), &properties(secondary))
    }

    async fn action(&self, path: &str, part: fn(Value) -> Value) -> anyhow::Result<Value> {
        let primary = self.primary.post(path).await?;
        let secondary = self.secondary.post(path).await?;
        self.equal(path, part(primary), &part(secondary))
    }

    /// Returns what the secondary should have, which is what it has.
    fn equal(&self, path: &str, primary: Value, secondary: &Value) -> anyhow::Result<Value> {
        let expected = self.regions.counterpart(primary);
        // The values may be keys, so they are not printed.
        match compare::first_difference("", &expected, secondary) {
            None => Ok(expected),
            Some(at) => anyhow::bail!("{path} differs between the two accounts, in {at}"),
        }
    }
}

/// What an answer calls by a name and the proof needs.
fn text<'v>(value: &'v Value, field: &str) -> anyhow::Result<&'v str> {
    let text = value[field].as_str().filter(|text| !text.is_empty());
    text.with_context(|| format!("there is no {field}"))
}
