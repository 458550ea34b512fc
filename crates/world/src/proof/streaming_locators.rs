//! Streaming locators: what players see.

use anyhow::ensure;
use serde_json::Value;

use super::{Proof, compare, text};

/// What two equal locators have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SameLocator {
    /// The streaming locator ID.
    pub id: String,
    /// How many streaming paths.
    pub paths: usize,
    /// How many content keys.
    pub keys: usize,
    /// The alternative media ID.
    pub alternative_media_id: Option<String>,
    /// The names of its filters.
    pub filters: Vec<String>,
    /// Whether viewers are told that it is not there (MK.IO).
    pub suppressed: bool,
}

impl Proof {
    /// A locator is the same on both sides: its properties, at least one streaming path, and its content keys with their values.
    ///
    /// # Errors
    /// As [`Proof::asset`].
    pub async fn locator(&self, name: &str) -> anyhow::Result<SameLocator> {
        let path = format!("streamingLocators/{name}");
        // The content keys are asked for with their values, below.
        let locator = self.resource(&path, &["created", "contentKeys"]).await?;
        let listed = self
            .action(&format!("{path}/listPaths"), without_licence_servers)
            .await?;
        let listed = listed["streamingPaths"].as_array().into_iter().flatten();
        let paths = listed
            .filter_map(|protocol| protocol["paths"].as_array())
            .map(Vec::len)
            .sum();
        ensure!(paths > 0, "{path} has no streaming path");
        let keys = self
            .action(&format!("{path}/listContentKeys"), sorted_keys)
            .await?;
        let keys = keys.as_array().map(Vec::as_slice).unwrap_or_default();
        for key in keys {
            text(key, "id")?;
            text(key, "value")?;
        }
        let filters = locator["filters"].as_array().into_iter().flatten();
        Ok(SameLocator {
            id: text(&locator, "streamingLocatorId")?.to_owned(),
            paths,
            keys: keys.len(),
            alternative_media_id: locator["alternativeMediaId"].as_str().map(str::to_owned),
            suppressed: locator["suppressed"] == true,
            filters: filters
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
        })
    }
}

/// On MK.IO the answer also says where each region hands out licences.
fn without_licence_servers(mut answer: Value) -> Value {
    compare::remove(&mut answer, &["drm"]);
    answer
}

/// The services keep no order among content keys.
fn sorted_keys(answer: Value) -> Value {
    let mut keys = answer["contentKeys"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    keys.sort_by_key(|key| key["id"].to_string());
    Value::Array(keys)
}
