//! The operator's tool, as operators use it: the real binary between the same accounts as the handler.

mod agreement;
mod backfill;
mod bad_input;
mod config_check;
mod replay;
mod status;
mod webhook;

use serde_json::{Value, json};
use uuid::Uuid;
use world::bodies::{filters, streaming_policies};

use crate::support::{Scene, clear, made, viewers};

pub(crate) fn tests() -> Vec<libtest_mimic::Trial> {
    [
        agreement::tests(),
        backfill::tests(),
        bad_input::tests(),
        config_check::tests(),
        replay::tests(),
        status::tests(),
        webhook::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Publishes a title in the primary, with a filter, twice: for everybody, and for viewers who signed in.
async fn published(scene: &Scene, name: &str) -> anyhow::Result<()> {
    let primary = scene.primary()?;
    made(scene, name).await?;
    let filter = format!("assets/{name}/assetFilters/hd");
    primary.put(&filter, filters::small_screens()).await?;
    let policy = format!("contentKeyPolicies/{name}");
    let key = scene.secrets.base64("verification-key");
    primary.put(&policy, viewers(&key)).await?;
    let path = format!("streamingPolicies/{name}");
    primary
        .put(&path, streaming_policies::clear_key(name))
        .await?;
    let free = format!("streamingLocators/{name}-free");
    primary.put(&free, clear(name)).await?;
    let members = json!({
        "assetName": name, "streamingPolicyName": name, "defaultContentKeyPolicyName": name,
        "streamingLocatorId": Uuid::new_v4().to_string(),
    });
    primary
        .put(&format!("streamingLocators/{name}-members"), members)
        .await?;
    Ok(())
}

/// What is said of each resource: its path and the word for it.
fn plans(lines: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    lines
        .iter()
        .filter(|line| line["plan"].is_string())
        .map(|line| (text(&line["resource"]), text(&line["plan"])))
        .collect()
}
