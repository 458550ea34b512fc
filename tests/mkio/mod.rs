//! On MK.IO: what there is on that service only.

mod alone;
mod bad_input;
mod keys;
mod rates;
mod switches;
mod webhook;

use anyhow::ensure;
use serde_json::Value;

use crate::support::{Record, Scene};

pub(crate) fn tests() -> Vec<libtest_mimic::Trial> {
    [
        alone::tests(),
        bad_input::tests(),
        keys::tests(),
        rates::tests(),
        switches::tests(),
        webhook::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The platform says that a locator may differ, since MK.IO does not, and the mirror does this with it.
async fn hinted(scene: &Scene, locator: &str, outcome: &str) -> anyhow::Result<Record> {
    let path = format!("streamingLocators/{locator}");
    let from = scene.hint(&path).await?;
    scene.expect_after(from, &path, outcome).await
}

/// The properties that a locator has in the secondary.
async fn replica(scene: &Scene, locator: &str) -> anyhow::Result<Option<Value>> {
    let path = format!("streamingLocators/{locator}");
    let found = scene.secondary()?.find(&path).await?;
    Ok(found.map(|mut locator| locator["properties"].take()))
}

/// Nothing was written to a locator of the secondary, or everything was refused.
fn nothing_written(scene: &Scene, locator: &str) -> anyhow::Result<()> {
    let writes = scene.writes(locator);
    let refused = |status: Option<u16>| status.is_some_and(|status| status >= 400);
    ensure!(
        writes
            .iter()
            .filter(|request| request.kind.as_deref() == Some("streamingLocators"))
            .all(|request| refused(request.status)),
        "{writes:#?}"
    );
    Ok(())
}
