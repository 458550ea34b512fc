//! A platform's whole library, put into the accounts at once: what walks and backfills are measured with.

use change::Kind;
use fake_storage::Seed;
use serde_json::{Map, Value, json};
use simulator::Filled;
use uuid::Uuid;
use world::{Storage, World, bodies::content_key_policies};

use crate::services::Services;

/// How large it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Library {
    pub(crate) assets: u32,
    pub(crate) locators: u32,
    pub(crate) policies: u32,
}

/// Resources on a page of a list: the simulator's default.
const PAGE: u64 = 1000;

/// The blobs of an asset. Few and small: copying is not what is measured.
const BLOBS: [(&str, u64); 2] = [("title.mp4", 100_000), ("title.ism", 2_000)];

impl Library {
    /// With so many locators, in the proportions of 100,000 locators to 20,000 assets to 200 content key policies.
    pub(crate) const fn of(locators: u32) -> Self {
        Self {
            assets: locators / 5,
            locators,
            policies: locators / 500,
        }
    }

    /// How many resources it has.
    pub(crate) const fn size(self) -> u32 {
        self.assets + self.locators + self.policies
    }

    /// The assets as an account has them whose storage this is.
    pub(crate) fn assets(self, storage: &'static str) -> impl Iterator<Item = Filled> {
        (0..self.assets).map(move |n| asset(n, storage))
    }

    /// The locators; each asset has five.
    pub(crate) fn locators(self) -> impl Iterator<Item = Filled> {
        (0..self.locators).map(move |n| locator(n, n % self.assets))
    }

    /// Puts everything into the primary, with its bytes.
    pub(crate) async fn fill_primary(self, services: &Services) -> anyhow::Result<()> {
        let bytes = services.storage.account(Storage::PRIMARY);
        for n in 0..self.assets {
            for (blob, length) in BLOBS {
                bytes.put(&title(n), blob, Seed::pattern(u64::from(n), length));
            }
        }
        fill(
            services,
            World::PRIMARY,
            Kind::Assets,
            self.assets(Storage::PRIMARY),
        )?;
        fill(
            services,
            World::PRIMARY,
            Kind::StreamingLocators,
            self.locators(),
        )?;
        self.put_policies(services, &[World::PRIMARY]).await
    }

    /// Puts the content key policies into accounts, the same ones into each.
    pub(crate) async fn put_policies(
        self,
        services: &Services,
        accounts: &[&str],
    ) -> anyhow::Result<()> {
        for n in 0..self.policies {
            let policy = content_key_policies::clear_key(&content_key_policies::new_key());
            let path = format!("contentKeyPolicies/policy-{n:04}");
            for account in accounts {
                services.put(account, &path, &policy).await?;
            }
        }
        Ok(())
    }
}

/// How many pages a list of so many resources has.
pub(crate) fn pages(resources: u32) -> u64 {
    u64::from(resources).div_ceil(PAGE).max(1)
}

/// Puts resources into an account without a request.
pub(crate) fn fill(
    services: &Services,
    account: &str,
    kind: Kind,
    resources: impl IntoIterator<Item = Filled>,
) -> anyhow::Result<()> {
    let control = services.simulator.control();
    control.fill(account, kind.as_str(), resources)
}

fn title(n: u32) -> String {
    format!("title-{n:06}")
}

/// The asset of a number.
pub(crate) fn asset(n: u32, storage: &str) -> Filled {
    let name = title(n);
    filled(
        &name,
        None,
        json!({
            "alternateId": format!("urn:library:{n}"),
            "description": format!("The title of number {n}, in three qualities"),
            "container": name,
            "storageAccountName": storage,
        }),
    )
}

/// The locator of a number.
pub(crate) fn locator(n: u32, asset: u32) -> Filled {
    locator_of(n, &title(asset))
}

/// The locator of a number, of an asset of any name.
pub(crate) fn locator_of(n: u32, asset: &str) -> Filled {
    filled(
        &format!("locator-{n:06}"),
        Some(Uuid::from_u128(u128::from(n) + 1).to_string()),
        json!({"assetName": asset, "streamingPolicyName": "Predefined_ClearStreamingOnly"}),
    )
}

fn filled(name: &str, id: Option<String>, properties: Value) -> Filled {
    let properties = match properties {
        Value::Object(properties) => properties,
        _ => Map::new(),
    };
    Filled {
        name: name.to_owned(),
        id,
        properties,
    }
}
