//! What a platform does in the primary, so that the mirror learns of it: where the service announces nothing, the platform puts the
//! documented message into the documented queue.

use anyhow::{Context, bail};
use serde_json::{Value, json};
use world::{Backend, differences};

use super::Scene;

impl Scene {
    /// Creates a resource in the primary, and the mirror learns of it.
    pub(crate) async fn put(&self, path: &str, properties: Value) -> anyhow::Result<()> {
        self.primary()?.put(path, properties).await?;
        // The one kind whose creation both services announce.
        if path.starts_with("streamingLocators/") {
            return Ok(());
        }
        self.tell(path).await
    }

    /// Changes a resource of the primary, and the mirror learns of it. A locator of Azure Media Services is deleted and made anew.
    pub(crate) async fn change(&self, path: &str, properties: Value) -> anyhow::Result<()> {
        let primary = self.primary()?;
        match path.split_once('/') {
            Some(("contentKeyPolicies", name)) => {
                primary.change_content_key_policy(name, properties).await?;
            }
            Some(("streamingLocators", _)) if self.backend == Backend::Ams => {
                primary.delete(path).await?;
                primary.put(path, properties).await?;
            }
            Some(("assets", name)) if !name.contains('/') => {
                primary.put_asset(name, properties, json!({})).await?;
            }
            _ => {
                primary.put(path, properties).await?;
            }
        }
        self.tell(path).await
    }

    /// Deletes a resource of the primary, and the mirror learns of it.
    pub(crate) async fn delete(&self, path: &str) -> anyhow::Result<()> {
        self.primary()?.delete(path).await?;
        self.tell(path).await
    }

    /// Lets the mirror know of a change that was just made, if the service does not.
    pub(crate) async fn tell(&self, path: &str) -> anyhow::Result<()> {
        if differences::WHO_TELLS.on(self.backend) == "message" {
            self.hint(path).await?;
        }
        Ok(())
    }

    /// Puts the message that a resource may differ into its queue, and returns where the records of the log end before.
    pub(crate) async fn hint(&self, path: &str) -> anyhow::Result<usize> {
        self.told(path, None).await
    }

    /// The same, with the reason why.
    pub(crate) async fn hint_because(&self, path: &str, cause: &str) -> anyhow::Result<usize> {
        self.told(path, Some(cause)).await
    }

    async fn told(&self, path: &str, cause: Option<&str>) -> anyhow::Result<usize> {
        let from = self.log.end();
        let parts: Vec<&str> = path.split('/').collect();
        let (kind, name, parent) = match parts[..] {
            [kind, name] => (kind, name, None),
            ["assets", parent, kind, name] => (kind, name, Some(parent)),
            _ => bail!("{path} is not the path of a resource"),
        };
        let queue = match kind {
            "assets" => "mirror-asset",
            "streamingLocators" => "mirror-locator",
            "contentKeyPolicies" => "mirror-content-key-policy",
            "streamingPolicies" => "mirror-streaming-policy",
            "accountFilters" | "assetFilters" => "mirror-filter",
            _ => bail!("{kind} is not mirrored"),
        };
        let mut message = json!({"v": 1, "kind": kind, "name": name});
        if let Some(cause) = cause {
            message["cause"] = json!(cause);
        }
        if let Some(parent) = parent {
            message["parent"] = json!(parent);
        }
        self.enqueue(queue, message.to_string().as_bytes())
            .await
            .with_context(|| format!("a hint about {path}"))?;
        Ok(from)
    }
}
