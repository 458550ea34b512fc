//! What a platform does on MK.IO and nowhere else: storage records, webhook rules, and SAS of its own.

use anyhow::Context;
use reqwest::Method;
use serde_json::{Value, json};
use time::Duration;
use url::Url;

use super::{Platform, success};
use crate::{
    Account, AccountSas, Storage, World,
    mkio::{PRIMARY_STORAGE, SECONDARY_STORAGE},
};

/// The storage account in a project's region, which belongs to the platform.
pub(super) struct OwnStorage {
    account: Account,
    endpoint: Url,
    record: &'static str,
}

impl OwnStorage {
    pub(super) fn of(world: &World, project: &str) -> anyhow::Result<Self> {
        let (name, record) = if project == World::PRIMARY {
            (Storage::PRIMARY, PRIMARY_STORAGE)
        } else {
            (Storage::SECONDARY, SECONDARY_STORAGE)
        };
        let regions = &world.storage.regions;
        Ok(Self {
            account: regions
                .account(name)
                .cloned()
                .context("the storage account exists")?,
            endpoint: regions.blob_endpoint(name),
            record,
        })
    }

    /// The name of the project's storage record.
    pub(super) const fn record(&self) -> &'static str {
        self.record
    }

    /// A container with a SAS. The permissions have the names that Azure Media Services gives them.
    pub(super) fn container(&self, name: &str, permissions: &str) -> anyhow::Result<Url> {
        let sas = self.account.sas(&AccountSas {
            services: "b",
            resource_types: "co",
            permissions: match permissions {
                "Read" => "rl",
                "ReadWrite" => "rwl",
                _ => "rwdl",
            },
            valid_for: Duration::hours(1),
        });
        Ok(format!("{}/{name}?{sas}", self.endpoint).parse()?)
    }
}

impl Platform {
    /// Makes a storage record: the name under which a project knows a storage account. What it gives the service to sign in
    /// with is never shown again.
    ///
    /// # Errors
    /// As [`Platform::put`].
    pub async fn add_storage(
        &self,
        name: &str,
        blob_endpoint: &Url,
        account: &Account,
    ) -> anyhow::Result<()> {
        let sas = account.sas(&AccountSas {
            services: "b",
            permissions: "rwdlac",
            ..AccountSas::default()
        });
        let spec = json!({
            "type": "Microsoft.Storage",
            "url": blob_endpoint.as_str(),
            "credential": {"sasToken": format!("?{sas}")}
        });
        self.put_body(&format!("storage/{name}"), json!({"spec": spec}))
            .await?;
        Ok(())
    }

    /// Makes a webhook rule of the management API: what the project announces is posted to a URL, with a secret in a header.
    ///
    /// # Errors
    /// As [`Platform::put`].
    pub async fn add_webhook_rule(
        &self,
        name: &str,
        url: &str,
        events: &[&str],
        secret: (&str, &str),
    ) -> anyhow::Result<()> {
        let (header, secret) = secret;
        let spec = json!({
            "enabled": true,
            "url": url,
            "events": events,
            "authentication": {"headers": {header: secret}}
        });
        self.put_webhook_rule(name, json!({"spec": spec})).await
    }

    async fn put_webhook_rule(&self, name: &str, rule: Value) -> anyhow::Result<()> {
        let mut url = self.account.clone();
        url.path_segments_mut()
            .ok()
            .context("an account URL")?
            .pop()
            .extend(["webhook", "rules", name]);
        let response = self
            .client
            .put(url)
            .bearer_auth(&self.token)
            .header("content-type", "application/json")
            .body(rule.to_string())
            .send()
            .await?;
        let status = response.status();
        let text = response.text().await?;
        success(&Method::PUT, "webhook/rules", status, &text).map(drop)
    }
}
